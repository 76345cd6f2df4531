#pragma once
// The one list of configuration keys and of what numbers may be: reading the file, the environment
// and the documentation's table all walk it.

#include "pipeline/config.h"

namespace tomoscribe::pipeline::detail {

/// What a whole number may be, both ends included.
struct Range {
  int least = 0, most = 1'000'000;
};
inline constexpr Range any_port{0, 65535};

template <class Visitor>
void describe(DestinationConfig& destination, Visitor& visit) {
  visit("name", destination.name);
  visit("kind", destination.kind);
  visit("host", destination.host);
  visit("port", destination.port, {1, 65535});
  visit("title", destination.title);
  visit("receiving_application", destination.receiving_application);
  visit("receiving_facility", destination.receiving_facility);
  visit("timeout_s", destination.timeout_s, {1});
}

template <class Visitor>
void describe(DicomConfig& dicom, Visitor& visit) {
  visit("listen", dicom.listen);
  visit("port", dicom.port, any_port);
  visit("title", dicom.title);
  visit("check_called_title", dicom.check_called_title);
  visit("allowed_calling", dicom.allowed_calling);
  visit("associations", dicom.associations, {1, 256});
  visit("acse_timeout_s", dicom.acse_timeout_s, {1});
  visit("dimse_timeout_s", dicom.dimse_timeout_s, {1});
  visit("idle_timeout_s", dicom.idle_timeout_s, {1});
  visit("max_instance_mib", dicom.max_instance_mib, {1});
  visit("reserve_mib", dicom.reserve_mib);
}

template <class Visitor>
void describe(MllpConfig& mllp, Visitor& visit) {
  visit("listen", mllp.listen);
  visit("port", mllp.port, any_port);
  visit("connections", mllp.connections, {1, 256});
  visit("idle_timeout_s", mllp.idle_timeout_s, {1});
  visit("max_message_mib", mllp.max_message_mib, {1});
}

template <class Visitor>
void describe(HttpConfig& http, Visitor& visit) {
  visit("listen", http.listen);
  visit("port", http.port, any_port);
  visit("tls_certificate", http.tls_certificate);
  visit("tls_key", http.tls_key);
  visit("tokens_file", http.tokens_file);
  visit("hosts", http.hosts);
  visit("page", http.page);
  visit("threads", http.threads, {4, 1024});
  visit("max_body_kib", http.max_body_kib, {1});
  visit("header_timeout_s", http.header_timeout_s, {1});
  visit("body_timeout_s", http.body_timeout_s, {1});
}

template <class Visitor>
void describe(StudyConfig& study, Visitor& visit) {
  visit("quiet_period_s", study.quiet_period_s);
  visit("quiet_period_by_ae_s", study.quiet_period_by_ae_s);
}

template <class Visitor>
void describe(DatabaseConfig& database, Visitor& visit) {
  visit("dsn", database.dsn);
  visit("dsn_file", database.dsn_file);
}

template <class Visitor>
void describe(SiteConfig& site, Visitor& visit) {
  visit("name", site.name);
  visit("assigning_authority", site.assigning_authority);
  visit("timezone", site.timezone);
}

template <class Visitor>
void describe(WorkerConfig& worker, Visitor& visit) {
  visit("threads", worker.threads);
  visit("lease_s", worker.lease_s, {3});
}

template <class Visitor>
void describe(ModelConfig& model, Visitor& visit) {
  visit("folder", model.folder);
  visit("device", model.device);
  visit("type", model.type);
  visit("budget_tokens", model.budget_tokens, {256, 1'000'000});
  visit("answer_tokens", model.answer_tokens, {64, 100'000});
  visit("seed", model.seed, {0, 2'147'483'647});
}

/// Calls `section(name, struct)` for each.
template <class Section>
void describe_sections(Config& config, Section&& section) {
  section("dicom", config.dicom);
  section("mllp", config.mllp);
  section("http", config.http);
  section("study", config.study);
  section("database", config.database);
  section("site", config.site);
  section("worker", config.worker);
  section("model", config.model);
}

}  // namespace tomoscribe::pipeline::detail

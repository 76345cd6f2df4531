#include "pipeline/gateway.h"

#include <chrono>
#include <fstream>
#include <mutex>
#include <system_error>

#include "db/database.h"
#include "dicom/blob_store.h"
#include "dicom/dicomweb.h"
#include "dicom/intake.h"
#include "hl7/fhir.h"
#include "hl7/mllp.h"
#include "pipeline/clock.h"
#include "pipeline/deliveries.h"
#include "pipeline/gateway_metrics.h"
#include "pipeline/http_listener.h"
#include "pipeline/order_intake.h"
#include "pipeline/process.h"
#include "pipeline/study_intake.h"
#include "reporting/review.h"

namespace tomoscribe::pipeline {

using dicom::HttpRequest;
using dicom::HttpResponse;

namespace {

dicom::IntakeSettings intake_settings(const DicomConfig& config,
                                      const std::filesystem::path& spool) {
  dicom::IntakeSettings settings;
  settings.listen_address = config.listen;
  settings.port = static_cast<std::uint16_t>(config.port);
  settings.title = dicom::AeTitle(config.title);
  settings.check_called_title = config.check_called_title;
  for (const auto& title : config.allowed_calling) settings.allowed_calling.emplace_back(title);
  settings.spool_folder = spool;
  settings.crew = config.associations;
  settings.acse_timeout = std::chrono::seconds(config.acse_timeout_s);
  settings.dimse_timeout = std::chrono::seconds(config.dimse_timeout_s);
  settings.idle_timeout = std::chrono::seconds(config.idle_timeout_s);
  settings.max_instance_bytes = static_cast<std::uint64_t>(config.max_instance_mib) << 20U;
  settings.reserve_bytes = static_cast<std::uint64_t>(config.reserve_mib) << 20U;
  return settings;
}

hl7::MllpSettings mllp_settings(const MllpConfig& config) {
  return {.listen_address = config.listen,
          .port = static_cast<std::uint16_t>(config.port),
          .connections = config.connections,
          .idle_timeout = std::chrono::seconds(config.idle_timeout_s),
          .max_frame_bytes = static_cast<std::size_t>(config.max_message_mib) << 20U};
}

ListenerSettings listener_settings(const HttpConfig& config) {
  return {.listen = config.listen,
          .port = static_cast<std::uint16_t>(config.port),
          .tls_certificate = config.tls_certificate,
          .tls_key = config.tls_key,
          .threads = config.threads,
          .max_body_bytes = static_cast<std::size_t>(config.max_body_kib) << 10U,
          .header_timeout = std::chrono::seconds(config.header_timeout_s),
          .body_timeout = std::chrono::seconds(config.body_timeout_s)};
}

GuardSettings guard_settings(const HttpConfig& config) {
  return {.check_host = is_loopback(config.listen) || !config.hosts.empty(),
          .tls = !config.tls_certificate.empty(),
          .hosts = config.hosts};
}

std::string required_dsn(const Config& config) {
  std::string dsn = config.database_dsn();
  if (dsn.empty())
    throw ConfigError(
        "no database is configured: set database.dsn or database.dsn_file, or start by tomoscribe "
        "up");
  return dsn;
}

HttpResponse liveness(const HttpRequest&) {
  return HttpResponse::text(200, "ok\n");
}

}  // namespace

std::filesystem::path page_folder(const Config& config) {
  if (!config.http.page.empty()) return config.http.page;
  const auto here = program_folder();
  const auto installed = here / "../share/tomoscribe/page";
  if (std::filesystem::exists(installed)) return installed.lexically_normal();
  return (here / "../../../reporting/page/dist").lexically_normal();
}

void write_ready_file(const std::filesystem::path& file, const Ports& ports) {
  const std::filesystem::path part = file.string() + ".part";
  std::ofstream stream(part);
  stream << "dicom " << ports.dicom << "\nmllp " << ports.mllp << "\nhttp " << ports.http << "\n";
  stream.close();
  if (!stream)
    throw std::system_error(errno, std::generic_category(), "cannot write " + part.string());
  std::filesystem::rename(part, file);
}

std::optional<Ports> read_ready_file(const std::filesystem::path& file) {
  std::ifstream stream(file);
  Ports ports;
  std::string dicom, mllp, http;
  if (!(stream >> dicom >> ports.dicom >> mllp >> ports.mllp >> http >> ports.http))
    return std::nullopt;
  return ports;
}

struct Gateway::Impl {
  const Config config;
  const Log& log;
  const std::filesystem::path data;
  const std::string dsn;
  std::timed_mutex readiness_mutex;
  Metrics metrics{gateway_metric_families()};
  dicom::BlobStore blobs;
  Spool spool;
  db::IntakeRecords records;
  db::OrderRecords order_records;
  std::unique_ptr<reporting::ReportStore> reports;
  std::unique_ptr<dicom::InstanceIndex> index;
  StudyIntake study_intake;
  IntakeLog intake_log;
  OrderIntake order_intake;
  HttpGuard guard;
  // What has threads stands last and is stopped first, in reverse order.
  Deliveries deliveries;
  HttpListener http;
  hl7::MllpServer mllp;
  dicom::IntakeServer intake;

  Impl(Config settings, std::filesystem::path folder, const Log& out)
      : config(std::move(settings)),
        log(out),
        data(std::move(folder)),
        dsn(required_dsn(config)),
        blobs(data / "store"),
        spool(data / "spool"),
        records(dsn),
        order_records(dsn),
        reports(db::make_report_store(dsn)),
        index(db::make_instance_index(dsn)),
        study_intake(blobs, records, log),
        intake_log(log, metrics),
        order_intake(order_records, config.site.assigning_authority, log, metrics),
        guard(guard_settings(config.http), tokens(), routes()),
        deliveries(announced(), dsn, *reports, blobs, log, metrics),
        http(listener_settings(config.http), guard,
             [this](const Exchange& exchange) { note(exchange); }),
        mllp(
            mllp_settings(config.mllp),
            [this](std::string_view message, const std::string& peer) {
              return order_intake.answer(message, peer);
            },
            [this](const std::string& reason) {
              log.warn("connections wait", {{"listener", "mllp"}, {"reason", reason}});
            }),
        intake(intake_settings(config.dicom, spool.folder()), study_intake, intake_log) {}

  Tokens tokens() const {
    return config.http.tokens_file.empty() ? Tokens() : Tokens::load(config.http.tokens_file);
  }

  std::vector<Route> routes() {
    const auto review =
        reporting::review_handler(*reports, page_folder(config), now,
                                  {.title = config.dicom.title, .port = config.dicom.port});
    return {{"/", "page", review},
            {"/api", "api", review},
            {"/fhir/R4", "fhir", hl7::fhir_handler(*reports), false, true, hl7::fhir_refusal},
            {"/dicom-web", "dicom-web", dicom::dicomweb_handler(*index, blobs)},
            {"/healthz", "health", liveness, true},
            {"/readyz", "ready", [this](const HttpRequest&) { return readiness(); }, true},
            {"/metrics", "metrics", [this](const HttpRequest&) { return scrape(); }}};
  }

  /// Tells the database this gateway's quiet periods and destinations, before anything can arrive
  /// or leave.
  const Config& announced() {
    std::vector<db::QuietPeriod> periods{
        {dicom::AeTitle(), std::chrono::seconds(config.study.quiet_period_s)}};
    for (const auto& [title, seconds] : config.study.quiet_period_by_ae_s)
      periods.push_back({dicom::AeTitle(title), std::chrono::seconds(seconds)});
    records.set_quiet_periods(periods);
    std::vector<db::Destination> destinations;
    destinations.reserve(config.destinations.size());
    for (const auto& destination : config.destinations)
      destinations.push_back({destination.name, destination.kind});
    records.set_destinations(destinations);
    return config;
  }

  HttpResponse readiness() {
    // Anybody may ask, and each question opens a connection: one at a time.
    const std::unique_lock alone(readiness_mutex, std::chrono::seconds(5));
    if (!alone) return HttpResponse::text(503, "The database answers slowly.\n");
    const auto version = db::schema_version(dsn);  // throws Unavailable: 503
    if (version.database != version.program)
      return HttpResponse::text(503, "The database needs `tomoscribe db migrate`.\n");
    const auto reserve = static_cast<std::uintmax_t>(config.dicom.reserve_mib) << 20U;
    if (std::filesystem::space(data).available < reserve)
      return HttpResponse::text(503, "The disk is nearly full.\n");
    return HttpResponse::text(200, "ready\n");
  }

  HttpResponse scrape() {
    try {
      const auto census = db::census(dsn);
      metrics.set("tomoscribe_studies", static_cast<double>(census.studies));
      metrics.set("tomoscribe_stored_instances", static_cast<double>(census.instances));
      metrics.set("tomoscribe_jobs", static_cast<double>(census.jobs_ready), {{"state", "ready"}});
      metrics.set("tomoscribe_jobs", static_cast<double>(census.jobs_running),
                  {{"state", "running"}});
      metrics.set("tomoscribe_jobs", static_cast<double>(census.jobs_dead), {{"state", "dead"}});
      metrics.set("tomoscribe_deliveries", static_cast<double>(census.deliveries_waiting),
                  {{"state", "waiting"}});
      metrics.set("tomoscribe_deliveries", static_cast<double>(census.deliveries_dead),
                  {{"state", "dead"}});
      metrics.set("tomoscribe_database_up", 1);
    } catch (const db::Unavailable&) {
      metrics.set("tomoscribe_database_up", 0);
    }
    metrics.set("tomoscribe_store_free_bytes",
                static_cast<double>(std::filesystem::space(data).available));
    HttpResponse answer = HttpResponse::text(200, metrics.text());
    answer.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8";
    return answer;
  }

  void note(const Exchange& exchange) {
    metrics.count("tomoscribe_http_requests_total", {{"route", exchange.label},
                                                     {"method", exchange.method},
                                                     {"status", std::to_string(exchange.status)}});
    metrics.observe("tomoscribe_http_seconds", exchange.seconds, {{"route", exchange.label}});
    if (exchange.failure.empty()) return;
    log.warn("request failed", {{"route", exchange.label},
                                {"method", exchange.method},
                                {"status", exchange.status},
                                {"reason", exchange.failure}});
  }
};

Gateway::Gateway(const Config& config, const std::filesystem::path& data, const Log& log)
    : impl_(std::make_unique<Impl>(config, data, log)) {}
Gateway::~Gateway() = default;

Ports Gateway::ports() const {
  return {.dicom = impl_->intake.port(), .mllp = impl_->mllp.port(), .http = impl_->http.port()};
}

}  // namespace tomoscribe::pipeline

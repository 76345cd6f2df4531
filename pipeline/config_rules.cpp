#include <arpa/inet.h>
#include <set>

#include "dicom/identity.h"
#include "pipeline/config.h"

namespace tomoscribe::pipeline {
namespace {

void require(bool holds, const std::string& file, const std::string& sentence) {
  if (!holds) throw ConfigError(file + ": " + sentence);
}

void check_title(const std::string& file, const std::string& key, const std::string& title) {
  const auto parsed = dicom::AeTitle::parse(title);
  require(parsed && !parsed->empty(), file, key + " must be an AE title of 1 to 16 characters");
}

void check_destinations(const Config& config, const std::string& file) {
  std::set<std::string> names;
  for (const auto& destination : config.destinations) {
    const std::string which = "destination \"" + destination.name + "\"";
    require(!destination.name.empty(), file, "a destination needs a name");
    require(names.insert(destination.name).second, file, which + " is there twice");
    require(destination.kind == "oru" || destination.kind == "sr", file,
            which + R"( needs kind = "oru" or "sr")");
    require(!destination.host.empty(), file, which + " needs a host");
    require(destination.port >= 1 && destination.port <= 65535, file,
            which + " needs a port from 1 to 65535");
    require(destination.timeout_s >= 1, file, which + " needs timeout_s of at least 1");
    if (destination.kind == "sr") check_title(file, which + ": title", destination.title);
  }
}

void check_http(const HttpConfig& http, const std::string& file) {
  require(http.tls_certificate.empty() == http.tls_key.empty(), file,
          "http.tls_certificate and http.tls_key need each other");
  const bool guarded = !http.tls_certificate.empty() && !http.tokens_file.empty();
  require(is_loopback(http.listen) || guarded, file,
          "http.listen = \"" + http.listen +
              "\" would show patient data to the network: set http.tls_certificate, http.tls_key "
              "and http.tokens_file, or listen on 127.0.0.1");
  require(http.threads >= 4 && http.threads <= 1024, file, "http.threads must be from 4 to 1024");
  require(http.max_body_kib >= 1, file, "http.max_body_kib must be at least 1");
  require(http.header_timeout_s >= 1 && http.body_timeout_s >= 1, file,
          "http.header_timeout_s and http.body_timeout_s must be at least 1");
}

}  // namespace

void validate_config(const Config& config, const std::string& file) {
  require(config.dicom.port <= 65535, file, "dicom.port must be from 0 to 65535");
  require(config.mllp.port <= 65535, file, "mllp.port must be from 0 to 65535");
  require(config.http.port <= 65535, file, "http.port must be from 0 to 65535");
  check_title(file, "dicom.title", config.dicom.title);
  for (const auto& title : config.dicom.allowed_calling)
    check_title(file, "dicom.allowed_calling", title);
  for (const auto& [title, seconds] : config.study.quiet_period_by_ae_s)
    check_title(file, "study.quiet_period_by_ae_s", title);
  require(config.dicom.associations >= 1 && config.dicom.associations <= 256, file,
          "dicom.associations must be from 1 to 256");
  require(config.dicom.acse_timeout_s >= 1 && config.dicom.dimse_timeout_s >= 1 &&
              config.dicom.idle_timeout_s >= 1,
          file, "dicom's timeouts must be at least 1");
  require(config.mllp.connections >= 1 && config.mllp.connections <= 256, file,
          "mllp.connections must be from 1 to 256");
  require(config.mllp.idle_timeout_s >= 1, file, "mllp.idle_timeout_s must be at least 1");
  require(config.dicom.max_instance_mib >= 1, file, "dicom.max_instance_mib must be at least 1");
  require(config.mllp.max_message_mib >= 1, file, "mllp.max_message_mib must be at least 1");
  require(config.worker.lease_s >= 3, file, "worker.lease_s must be at least 3");
  require(config.database.dsn.empty() || config.database.dsn_file.empty(), file,
          "set database.dsn or database.dsn_file, not both");
  check_http(config.http, file);
  check_destinations(config, file);
  const auto& zone = config.site.timezone;
  require(zone.empty() || (zone.find("..") == std::string::npos &&
                           std::filesystem::is_regular_file("/usr/share/zoneinfo/" + zone)),
          file, "site.timezone is no zone of this machine's time zone database");
}

bool is_loopback(const std::string& address) {
  in_addr parsed{};
  return address == "localhost" || address == "::1" ||
         (address.starts_with("127.") && ::inet_pton(AF_INET, address.c_str(), &parsed) == 1);
}

}  // namespace tomoscribe::pipeline

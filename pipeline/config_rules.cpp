#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <set>

#include "dicom/identity.h"
#include "pipeline/config.h"

namespace tomoscribe::pipeline {
namespace {

/// \throws ConfigError that begins with where `key` was set.
void require(bool holds, const Config& config, const std::string& key,
             const std::string& sentence) {
  if (!holds) throw ConfigError(config.where(key) + ": " + sentence);
}

/// The one of two keys that was set, the latter first.
std::string set_one(const Config& config, const std::string& one, const std::string& other) {
  return config.places.contains(other) ? other : one;
}

void check_title(const Config& config, const std::string& key, const std::string& name,
                 const std::string& title) {
  const auto parsed = dicom::AeTitle::parse(title);
  require(parsed && !parsed->empty(), config, key,
          name + " must be an AE title of 1 to 16 characters");
}

void check_destination(const Config& config, const DestinationConfig& destination,
                       const std::string& place) {
  const std::string which = "destination \"" + destination.name + "\"";
  require(destination.kind == "oru" || destination.kind == "sr", config, place + ".kind",
          which + R"( needs kind = "oru" or "sr")");
  require(!destination.host.empty(), config, place + ".host", which + " needs a host");
  require(destination.port >= 1, config, place + ".port", which + " needs a port from 1 to 65535");
  if (destination.kind == "sr")
    check_title(config, place + ".title", which + ": title", destination.title);
}

void check_destinations(const Config& config) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < config.destinations.size(); ++i) {
    const DestinationConfig& destination = config.destinations[i];
    const std::string place = "destination." + std::to_string(i);
    require(!destination.name.empty(), config, place + ".name", "a destination needs a name");
    require(names.insert(destination.name).second, config, place + ".name",
            "destination \"" + destination.name + "\" is there twice");
    check_destination(config, destination, place);
  }
}

/// As a browser sends it in Host, without its port (RFC 9110 7.2).
bool is_host_name(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

/// An IPv6 address stands in brackets.
bool is_host(const std::string& name) {
  in6_addr parsed{};
  if (!name.starts_with('[')) return is_host_name(name);
  return name.ends_with(']') &&
         ::inet_pton(AF_INET6, name.substr(1, name.size() - 2).c_str(), &parsed) == 1;
}

void check_http(const Config& config) {
  const HttpConfig& http = config.http;
  require(http.tls_certificate.empty() == http.tls_key.empty(), config,
          set_one(config, "http.tls_certificate", "http.tls_key"),
          "http.tls_certificate and http.tls_key need each other");
  const bool guarded = !http.tls_certificate.empty() && !http.tokens_file.empty();
  require(is_loopback(http.listen) || guarded, config, "http.listen",
          "http.listen = \"" + http.listen +
              "\" would show patient data to the network: set http.tls_certificate, http.tls_key "
              "and http.tokens_file, or listen on 127.0.0.1");
  for (std::size_t i = 0; i < http.hosts.size(); ++i)
    require(is_host(http.hosts[i]), config, "http.hosts." + std::to_string(i),
            "http.hosts must be names of hosts, without a port");
}

/// Two listeners at one port: the second would fail only after the first has begun.
void check_ports(const Config& config) {
  struct Listener {
    const char* section;
    const std::string* address;
    int port;
  };
  const std::array listeners{Listener{"dicom", &config.dicom.listen, config.dicom.port},
                             Listener{"mllp", &config.mllp.listen, config.mllp.port},
                             Listener{"http", &config.http.listen, config.http.port}};
  const auto everywhere = [](const std::string& address) {
    return address == "0.0.0.0" || address == "::";
  };
  for (const auto* one = listeners.begin(); one != listeners.end(); ++one)
    for (const auto* other = one + 1; other != listeners.end(); ++other) {
      const bool meet = *one->address == *other->address || everywhere(*one->address) ||
                        everywhere(*other->address);
      const std::string first = one->section + std::string(".port"),
                        second = other->section + std::string(".port");
      require(one->port == 0 || one->port != other->port || !meet, config,
              set_one(config, first, second), first + " and " + second + " must differ");
    }
}

void check_titles(const Config& config) {
  check_title(config, "dicom.title", "dicom.title", config.dicom.title);
  for (std::size_t i = 0; i < config.dicom.allowed_calling.size(); ++i)
    check_title(config, "dicom.allowed_calling." + std::to_string(i), "dicom.allowed_calling",
                config.dicom.allowed_calling[i]);
  for (const auto& [title, seconds] : config.study.quiet_period_by_ae_s)
    check_title(config, "study.quiet_period_by_ae_s." + title, "study.quiet_period_by_ae_s", title);
}

void check_model(const Config& config) {
  const std::string& type = config.model.type;
  require(type.empty() || type == "f32" || type == "bf16" || type == "f16", config, "model.type",
          R"(model.type must be "f32", "bf16", "f16" or "" (as the files are))");
  require(!config.model.device.empty(), config, "model.device",
          R"(model.device must be "cpu", "cuda" or "cuda:N")");
}

}  // namespace

void validate_config(const Config& config) {
  check_model(config);
  check_titles(config);
  require(config.database.dsn.empty() || config.database.dsn_file.empty(), config,
          set_one(config, "database.dsn", "database.dsn_file"),
          "set database.dsn or database.dsn_file, not both");
  check_ports(config);
  check_http(config);
  check_destinations(config);
  const auto& zone = config.site.timezone;
  require(zone.empty() || (zone.find("..") == std::string::npos &&
                           std::filesystem::is_regular_file("/usr/share/zoneinfo/" + zone)),
          config, "site.timezone", "site.timezone is no zone of this machine's time zone database");
}

bool is_loopback(const std::string& address) {
  in_addr parsed{};
  return address == "localhost" || address == "::1" ||
         (address.starts_with("127.") && ::inet_pton(AF_INET, address.c_str(), &parsed) == 1);
}

}  // namespace tomoscribe::pipeline

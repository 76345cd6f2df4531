#pragma once
// One TOML file to plain structs. Every key has a default, a wrong key is an error, and
// docs/configuration.md is tested against config_keys().

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tomoscribe::pipeline {

/// The configuration cannot be used; the sentence names the file, the line and the key.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct DicomConfig {
  std::string listen = "127.0.0.1";
  int port = 11112;
  std::string title = "TOMOSCRIBE";
  bool check_called_title = false;
  std::vector<std::string> allowed_calling;
  int associations = 16;
  int acse_timeout_s = 30, dimse_timeout_s = 60, idle_timeout_s = 300;
  int max_instance_mib = 2048, reserve_mib = 1024;
};

struct MllpConfig {
  std::string listen = "127.0.0.1";
  int port = 2575;
  int connections = 16;
  int idle_timeout_s = 300;
  int max_message_mib = 50;
};

struct HttpConfig {
  std::string listen = "127.0.0.1";
  int port = 8080;
  std::string tls_certificate, tls_key, tokens_file;
  std::vector<std::string> hosts;
  std::string page;
  int threads = 64;
  int max_body_kib = 4096;
  int header_timeout_s = 10, body_timeout_s = 30;
};

struct StudyConfig {
  int quiet_period_s = 60;
  std::map<std::string, int> quiet_period_by_ae_s;
};

struct DatabaseConfig {
  std::string dsn, dsn_file;
};

struct SiteConfig {
  std::string name, assigning_authority, timezone;
};

struct WorkerConfig {
  int threads = 0;
  int lease_s = 60;
};

/// The language model; no folder: none.
struct ModelConfig {
  std::string folder, device = "cpu", type;
  int budget_tokens = 16384, answer_tokens = 1024;
  int seed = 0;
};

/// A [[destination]] of signed reports.
struct DestinationConfig {
  std::string name, kind, host;
  int port = 0;
  std::string title, receiving_application, receiving_facility;
  int timeout_s = 30;
};

struct Config {
  DicomConfig dicom;
  MllpConfig mllp;
  HttpConfig http;
  StudyConfig study;
  DatabaseConfig database;
  SiteConfig site;
  WorkerConfig worker;
  ModelConfig model;
  std::vector<DestinationConfig> destinations;

  std::string file = "configuration";         ///< its name in error sentences
  std::map<std::string, std::string> places;  ///< what was set, and where: \see where()

  /// Where a key ("dicom.port", "destination.0.host") or what it belongs to was set, as an error
  /// sentence begins: file and line, or the variable; the file alone where it has its default.
  std::string where(const std::string& key) const;
  /// The DSN itself: `dsn`, or what `dsn_file` holds; empty: a private cluster. \throws
  /// ConfigError.
  std::string database_dsn() const;
};

/// Variables of the environment, by name. \see environment()
using Environment = std::map<std::string, std::string>;
/// This process's TOMOSCRIBE_… variables.
Environment environment();

/// Defaults, then the file (none: no file), then the variables TOMOSCRIBE_<SECTION>_<KEY>; then
/// validated. \throws ConfigError.
Config load_config(const std::optional<std::filesystem::path>& file, const Environment& variables);
/// The same from text; `name` stands in error sentences.
Config parse_config(const std::string& toml, const std::string& name, const Environment& variables);

/// The rules between values. \throws ConfigError.
void validate_config(const Config& config);

/// One row of docs/configuration.md.
struct ConfigKey {
  std::string key;       ///< "dicom.port"; of a destination "destination.port"
  std::string standard;  ///< the default as TOML
  std::string variable;  ///< "TOMOSCRIBE_DICOM_PORT"; empty where there is none
};
std::vector<ConfigKey> config_keys();

/// True for 127.0.0.0/8, ::1 and localhost.
bool is_loopback(const std::string& address);

/// The first line of a file that holds a secret. \throws ConfigError when it cannot be read or
/// others may read it.
std::string read_secret(const std::filesystem::path& file);

}  // namespace tomoscribe::pipeline

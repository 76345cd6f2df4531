#include "pipeline/config.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <unistd.h>

#include <toml++/toml.h>

namespace tomoscribe::pipeline {
namespace {

// ---- the one list of keys: every visitor below walks it
// ------------------------------------------

template <class Visitor>
void describe(DestinationConfig& destination, Visitor& visit) {
  visit("name", destination.name);
  visit("kind", destination.kind);
  visit("host", destination.host);
  visit("port", destination.port);
  visit("title", destination.title);
  visit("receiving_application", destination.receiving_application);
  visit("receiving_facility", destination.receiving_facility);
  visit("timeout_s", destination.timeout_s);
}

template <class Visitor>
void describe(DicomConfig& dicom, Visitor& visit) {
  visit("listen", dicom.listen);
  visit("port", dicom.port);
  visit("title", dicom.title);
  visit("check_called_title", dicom.check_called_title);
  visit("allowed_calling", dicom.allowed_calling);
  visit("associations", dicom.associations);
  visit("acse_timeout_s", dicom.acse_timeout_s);
  visit("dimse_timeout_s", dicom.dimse_timeout_s);
  visit("idle_timeout_s", dicom.idle_timeout_s);
  visit("max_instance_mib", dicom.max_instance_mib);
  visit("reserve_mib", dicom.reserve_mib);
}

template <class Visitor>
void describe(MllpConfig& mllp, Visitor& visit) {
  visit("listen", mllp.listen);
  visit("port", mllp.port);
  visit("connections", mllp.connections);
  visit("idle_timeout_s", mllp.idle_timeout_s);
  visit("max_message_mib", mllp.max_message_mib);
}

template <class Visitor>
void describe(HttpConfig& http, Visitor& visit) {
  visit("listen", http.listen);
  visit("port", http.port);
  visit("tls_certificate", http.tls_certificate);
  visit("tls_key", http.tls_key);
  visit("tokens_file", http.tokens_file);
  visit("hosts", http.hosts);
  visit("page", http.page);
  visit("threads", http.threads);
  visit("max_body_kib", http.max_body_kib);
  visit("header_timeout_s", http.header_timeout_s);
  visit("body_timeout_s", http.body_timeout_s);
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
  visit("lease_s", worker.lease_s);
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
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string variable_name(const std::string& section, const std::string& key) {
  return "TOMOSCRIBE_" + upper(section) + "_" + upper(key);
}

// ---- TOML
// -----------------------------------------------------------------------------------------

/// Reads one table, key by key; what no visit asked for is unknown.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string section, std::string file)
      : table_(table), section_(std::move(section)), file_(std::move(file)) {}

  template <class Value>
  void operator()(const char* key, Value& value) {
    asked_.insert(key);
    if (const toml::node* node = table_.get(key)) read(key, *node, value);
  }

  /// \throws ConfigError at the first key nobody asked for.
  void refuse_others() const {
    for (const auto& [key, node] : table_)
      if (!asked_.contains(std::string(key.str())))
        fail(node, "unknown key " + section_ + "." + std::string(key.str()));
  }

 private:
  [[noreturn]] void fail(const toml::node& node, const std::string& what) const {
    throw ConfigError(file_ + ":" + std::to_string(node.source().begin.line) + ": " + what);
  }
  [[noreturn]] void fail_type(const toml::node& node, const char* key, const char* type) const {
    fail(node, section_ + "." + key + " must be " + type);
  }
  void read(const char* key, const toml::node& node, std::string& value) const {
    const auto* text = node.as_string();
    if (text == nullptr) fail_type(node, key, "a string");
    value = text->get();
  }
  void read(const char* key, const toml::node& node, bool& value) const {
    const auto* flag = node.as_boolean();
    if (flag == nullptr) fail_type(node, key, "true or false");
    value = flag->get();
  }
  void read(const char* key, const toml::node& node, int& value) const {
    const auto* number = node.as_integer();
    if (number == nullptr || number->get() < 0 || number->get() > 1'000'000)
      fail_type(node, key, "a whole number from 0 to 1000000");
    value = static_cast<int>(number->get());
  }
  void read(const char* key, const toml::node& node, std::vector<std::string>& value) const {
    const auto* list = node.as_array();
    if (list == nullptr) fail_type(node, key, "a list of strings");
    value.clear();
    for (const toml::node& item : *list) read(key, item, value.emplace_back());
  }
  void read(const char* key, const toml::node& node, std::map<std::string, int>& value) const {
    const auto* table = node.as_table();
    if (table == nullptr) fail_type(node, key, "a table of whole numbers");
    for (const auto& [name, item] : *table) read(key, item, value[std::string(name.str())]);
  }

  const toml::table& table_;
  std::string section_, file_;
  std::set<std::string> asked_;
};

void read_destinations(const toml::node& node, const std::string& file, Config& config) {
  const auto* list = node.as_array();
  if (list == nullptr || !list->is_array_of_tables())
    throw ConfigError(file + ":" + std::to_string(node.source().begin.line) +
                      ": write each destination as [[destination]]");
  for (const toml::node& item : *list) {
    TableReader reader(*item.as_table(), "destination", file);
    describe(config.destinations.emplace_back(), reader);
    reader.refuse_others();
  }
}

void read_toml(const toml::table& root, const std::string& file, Config& config) {
  std::set<std::string> sections;
  describe_sections(config, [&](const std::string& name, auto& section) {
    sections.insert(name);
    const toml::node* node = root.get(name);
    if (node == nullptr) return;
    if (!node->is_table())
      throw ConfigError(file + ":" + std::to_string(node->source().begin.line) + ": " + name +
                        " must be a section [" + name + "]");
    TableReader reader(*node->as_table(), name, file);
    describe(section, reader);
    reader.refuse_others();
  });
  for (const auto& [key, node] : root) {
    if (key.str() == "destination") {
      read_destinations(node, file, config);
    } else if (!sections.contains(std::string(key.str()))) {
      throw ConfigError(file + ":" + std::to_string(node.source().begin.line) + ": unknown key " +
                        std::string(key.str()));
    }
  }
}

// ---- environment
// ----------------------------------------------------------------------------------

class VariableReader {
 public:
  VariableReader(const Environment& variables, std::string section, std::set<std::string>& known)
      : variables_(variables), section_(std::move(section)), known_(known) {}

  template <class Value>
  void operator()(const char* key, Value& value) {
    const std::string name = variable_name(section_, key);
    known_.insert(name);
    if (const auto found = variables_.find(name); found != variables_.end())
      read(name, found->second, value);
  }

 private:
  static void read(const std::string&, const std::string& text, std::string& value) {
    value = text;
  }
  static void read(const std::string& name, const std::string& text, bool& value) {
    if (text != "true" && text != "false") throw ConfigError(name + " must be true or false");
    value = text == "true";
  }
  static void read(const std::string& name, const std::string& text, int& value) {
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size() || value < 0 || value > 1'000'000)
      throw ConfigError(name + " must be a whole number from 0 to 1000000");
  }
  static void read(const std::string&, const std::string& text, std::vector<std::string>& value) {
    value.clear();
    std::istringstream items(text);
    for (std::string item; std::getline(items, item, ',');) value.push_back(item);
  }
  /// "CT1=30,CT2=90"
  static void read(const std::string& name, const std::string& text,
                   std::map<std::string, int>& value) {
    value.clear();
    std::istringstream items(text);
    for (std::string item; std::getline(items, item, ',');) {
      const auto equals = item.find('=');
      if (equals == std::string::npos) throw ConfigError(name + " must be AE=SECONDS,AE=SECONDS");
      read(name, item.substr(equals + 1), value[item.substr(0, equals)]);
    }
  }

  const Environment& variables_;
  std::string section_;
  std::set<std::string>& known_;
};

void read_variables(const Environment& variables, Config& config) {
  std::set<std::string> known;
  std::vector<std::string> prefixes;
  describe_sections(config, [&](const std::string& name, auto& section) {
    VariableReader reader(variables, name, known);
    describe(section, reader);
    prefixes.push_back(variable_name(name, ""));
  });
  for (const auto& variable : variables) {
    const std::string& name = variable.first;
    const bool ours = std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) {
      return name.starts_with(prefix);
    });
    if (ours && !known.contains(name)) throw ConfigError("unknown variable " + name);
  }
}

// ---- the documentation's table
// ----------------------------------------------------------------------

class KeyLister {
 public:
  KeyLister(std::string section, bool variables, std::vector<ConfigKey>& keys)
      : section_(std::move(section)), variables_(variables), keys_(keys) {}
  template <class Value>
  void operator()(const char* key, const Value& value) {
    keys_.push_back({section_ + "." + key, written(value),
                     variables_ ? variable_name(section_, key) : std::string()});
  }

 private:
  static std::string written(const std::string& value) { return "\"" + value + "\""; }
  static std::string written(bool value) { return value ? "true" : "false"; }
  static std::string written(int value) { return std::to_string(value); }
  static std::string written(const std::vector<std::string>&) { return "[]"; }
  static std::string written(const std::map<std::string, int>&) { return "{}"; }
  std::string section_;
  bool variables_;
  std::vector<ConfigKey>& keys_;
};

}  // namespace

std::string Config::database_dsn() const {
  return database.dsn_file.empty() ? database.dsn : read_secret(database.dsn_file);
}

Environment environment() {
  Environment found;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (text.starts_with("TOMOSCRIBE_") && equals != text.npos)
      found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

Config parse_config(const std::string& toml, const std::string& name,
                    const Environment& variables) {
  Config config;
  try {
    read_toml(toml::parse(toml), name, config);
  } catch (const toml::parse_error& fault) {
    throw ConfigError(name + ":" + std::to_string(fault.source().begin.line) + ": " +
                      std::string(fault.description()));
  }
  read_variables(variables, config);
  validate_config(config, name);
  return config;
}

Config load_config(const std::optional<std::filesystem::path>& file, const Environment& variables) {
  if (!file) return parse_config("", "configuration", variables);
  std::ifstream stream(*file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream || std::filesystem::is_directory(*file))
    throw ConfigError(file->string() + " cannot be read");
  return parse_config(text.str(), file->string(), variables);
}

std::vector<ConfigKey> config_keys() {
  std::vector<ConfigKey> keys;
  Config defaults;
  describe_sections(defaults, [&](const std::string& name, auto& section) {
    KeyLister lister(name, true, keys);
    describe(section, lister);
  });
  DestinationConfig destination;
  KeyLister lister("destination", false, keys);
  describe(destination, lister);
  return keys;
}

std::string read_secret(const std::filesystem::path& file) {
  std::error_code fault;
  const auto permissions = std::filesystem::status(file, fault).permissions();
  std::ifstream stream(file);
  std::string line;
  if (fault || !stream || !std::getline(stream, line))
    throw ConfigError(file.string() + " cannot be read, or is empty");
  if ((permissions & std::filesystem::perms::others_read) != std::filesystem::perms::none)
    throw ConfigError(file.string() + " holds a secret and everybody may read it: chmod o-r it");
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0)
    line.pop_back();
  return line;
}

}  // namespace tomoscribe::pipeline

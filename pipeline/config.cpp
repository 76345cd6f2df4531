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

#include "pipeline/detail/config_keys.h"

namespace tomoscribe::pipeline {
namespace {

using detail::describe;
using detail::describe_sections;
using detail::Range;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string variable_name(const std::string& section, const std::string& key) {
  return "TOMOSCRIBE_" + upper(section) + "_" + upper(key);
}

std::string whole_number(const Range& range) {
  return "a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most);
}

// ---- TOML
// -----------------------------------------------------------------------------------------

/// Reads one table, key by key, and notes in `config` where each stands; what no visit asked for is
/// unknown.
class TableReader {
 public:
  /// `place` is the table in Config::places, where it is not `section` itself.
  TableReader(const toml::table& table, std::string section, Config& config, std::string place = {})
      : table_(table),
        section_(std::move(section)),
        place_(place.empty() ? section_ : std::move(place)),
        config_(config) {}

  template <class Value>
  void operator()(const char* key, Value& value, Range range = {}) {
    asked_.insert(key);
    if (const toml::node* node = table_.get(key)) read(key, *node, value, range);
  }

  /// \throws ConfigError at the first key nobody asked for.
  void refuse_others() const {
    for (const auto& [key, node] : table_)
      if (!asked_.contains(std::string(key.str())))
        fail(node, "unknown key " + section_ + "." + std::string(key.str()));
  }

 private:
  std::string line(const toml::node& node) const {
    return config_.file + ":" + std::to_string(node.source().begin.line);
  }
  [[noreturn]] void fail(const toml::node& node, const std::string& what) const {
    throw ConfigError(line(node) + ": " + what);
  }
  [[noreturn]] void fail_type(const toml::node& node, const std::string& key,
                              const std::string& type) const {
    fail(node, section_ + "." + key.substr(0, key.find('.')) + " must be " + type);
  }
  void note(const std::string& key, const toml::node& node) {
    config_.places[place_ + "." + key] = line(node);
  }

  void read(const std::string& key, const toml::node& node, std::string& value, Range) {
    note(key, node);
    const auto* text = node.as_string();
    if (text == nullptr) fail_type(node, key, "a string");
    value = text->get();
  }
  void read(const std::string& key, const toml::node& node, bool& value, Range) {
    note(key, node);
    const auto* flag = node.as_boolean();
    if (flag == nullptr) fail_type(node, key, "true or false");
    value = flag->get();
  }
  void read(const std::string& key, const toml::node& node, int& value, Range range) {
    note(key, node);
    const auto* number = node.as_integer();
    if (number == nullptr || number->get() < range.least || number->get() > range.most)
      fail_type(node, key, whole_number(range));
    value = static_cast<int>(number->get());
  }
  void read(const std::string& key, const toml::node& node, std::vector<std::string>& value,
            Range range) {
    note(key, node);
    const auto* list = node.as_array();
    if (list == nullptr) fail_type(node, key, "a list of strings");
    value.clear();
    for (const toml::node& item : *list) {
      const std::string place = key + "." + std::to_string(value.size());
      read(place, item, value.emplace_back(), range);
    }
  }
  void read(const std::string& key, const toml::node& node, std::map<std::string, int>& value,
            Range range) {
    note(key, node);
    const auto* table = node.as_table();
    if (table == nullptr) fail_type(node, key, "a table of whole numbers");
    for (const auto& [name, item] : *table)
      read(key + "." + std::string(name.str()), item, value[std::string(name.str())], range);
  }

  const toml::table& table_;
  std::string section_, place_;
  Config& config_;
  std::set<std::string> asked_;
};

[[noreturn]] void fail(const Config& config, const toml::node& node, const std::string& what) {
  throw ConfigError(config.file + ":" + std::to_string(node.source().begin.line) + ": " + what);
}

void read_destinations(const toml::node& node, Config& config) {
  const auto* list = node.as_array();
  if (list == nullptr || !list->is_array_of_tables())
    fail(config, node, "write each destination as [[destination]]");
  for (const toml::node& item : *list) {
    const std::string place = "destination." + std::to_string(config.destinations.size());
    config.places[place] = config.file + ":" + std::to_string(item.source().begin.line);
    TableReader reader(*item.as_table(), "destination", config, place);
    describe(config.destinations.emplace_back(), reader);
    reader.refuse_others();
  }
}

void read_toml(const toml::table& root, Config& config) {
  std::set<std::string> sections;
  describe_sections(config, [&](const std::string& name, auto& section) {
    sections.insert(name);
    const toml::node* node = root.get(name);
    if (node == nullptr) return;
    if (!node->is_table()) fail(config, *node, name + " must be a section [" + name + "]");
    TableReader reader(*node->as_table(), name, config);
    describe(section, reader);
    reader.refuse_others();
  });
  for (const auto& [key, node] : root) {
    if (key.str() == "destination") {
      read_destinations(node, config);
    } else if (!sections.contains(std::string(key.str()))) {
      fail(config, node, "unknown key " + std::string(key.str()));
    }
  }
}

// ---- environment
// ----------------------------------------------------------------------------------

class VariableReader {
 public:
  VariableReader(const Environment& variables, std::string section, std::set<std::string>& known,
                 Config& config)
      : variables_(variables), section_(std::move(section)), known_(known), config_(config) {}

  template <class Value>
  void operator()(const char* key, Value& value, Range range = {}) {
    const std::string name = variable_name(section_, key), place = section_ + "." + key;
    known_.insert(name);
    const auto found = variables_.find(name);
    if (found == variables_.end()) return;
    std::erase_if(config_.places,
                  [&](const auto& old) { return old.first.starts_with(place + "."); });
    config_.places[place] = name;
    read(name, found->second, value, range);
  }

 private:
  static void read(const std::string&, const std::string& text, std::string& value, Range) {
    value = text;
  }
  static void read(const std::string& name, const std::string& text, bool& value, Range) {
    if (text != "true" && text != "false") throw ConfigError(name + " must be true or false");
    value = text == "true";
  }
  static void read(const std::string& name, const std::string& text, int& value, Range range) {
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size() || value < range.least ||
        value > range.most)
      throw ConfigError(name + " must be " + whole_number(range));
  }
  static void read(const std::string&, const std::string& text, std::vector<std::string>& value,
                   Range) {
    value.clear();
    std::istringstream items(text);
    for (std::string item; std::getline(items, item, ',');) value.push_back(item);
  }
  /// "CT1=30,CT2=90"
  static void read(const std::string& name, const std::string& text,
                   std::map<std::string, int>& value, Range range) {
    value.clear();
    std::istringstream items(text);
    for (std::string item; std::getline(items, item, ',');) {
      const auto equals = item.find('=');
      if (equals == std::string::npos) throw ConfigError(name + " must be AE=SECONDS,AE=SECONDS");
      read(name, item.substr(equals + 1), value[item.substr(0, equals)], range);
    }
  }

  const Environment& variables_;
  std::string section_;
  std::set<std::string>& known_;
  Config& config_;
};

void read_variables(const Environment& variables, Config& config) {
  std::set<std::string> known;
  std::vector<std::string> prefixes;
  describe_sections(config, [&](const std::string& name, auto& section) {
    VariableReader reader(variables, name, known, config);
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
  void operator()(const char* key, const Value& value, Range = {}) {
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

std::string Config::where(const std::string& key) const {
  for (std::string part = key;; part.resize(part.rfind('.'))) {
    if (const auto found = places.find(part); found != places.end()) return found->second;
    if (part.find('.') == std::string::npos) return file;
  }
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
  config.file = name;
  try {
    read_toml(toml::parse(toml), config);
  } catch (const toml::parse_error& fault) {
    throw ConfigError(name + ":" + std::to_string(fault.source().begin.line) + ": " +
                      std::string(fault.description()));
  }
  read_variables(variables, config);
  validate_config(config);
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

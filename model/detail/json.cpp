#include "model/detail/json.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "model/detail/safetensors_header.h"
#include "model/refused.h"

namespace tomoscribe::model::detail {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr int deepest = 64;
constexpr int most_containers = 10000;  ///< the parser's time grows with their square
constexpr std::size_t longest_index = 16 << 20;

/// Watches the parser: the tree alone would hide a key's first value.
class KeysOnce {
 public:
  explicit KeysOnce(const std::string& file) : file_(file) {}

  bool operator()(int depth, Json::parse_event_t event, const Json& value) {
    if (depth > deepest)
      throw Refused(file_ + " nests deeper than " + std::to_string(deepest) + " levels");
    const bool begins =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (begins && ++containers_ > most_containers)
      throw Refused(file_ + " has more than " + std::to_string(most_containers) +
                    " objects and lists");
    if (event == Json::parse_event_t::object_start) seen_.emplace_back();
    if (event == Json::parse_event_t::object_end) seen_.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& key = value.get_ref<const std::string&>();
      if (!seen_.back().insert(key).second)
        throw Refused(file_ + " has the key " + in_quotes(key) + " twice");
    }
    return true;
  }

 private:
  const std::string& file_;
  int containers_ = 0;
  std::vector<std::set<std::string>> seen_;
};

bool is_plain_file_name(const std::string& name) {
  return !name.empty() && name.find('/') == std::string::npos &&
         name.find('\\') == std::string::npos && name.find('\0') == std::string::npos &&
         name != "." && name != "..";
}

std::string shown(const Json& value) {
  constexpr std::size_t most = 60;
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > most) text = text.substr(0, most) + "…";
  return text;
}

template <typename Number>
std::string from_to(Number least, Number most) {
  std::ostringstream text;
  text << least << " to " << most;
  return text.str();
}

}  // namespace

std::string read_text(const fs::path& file, std::size_t most_bytes) {
  std::error_code fault;
  const auto size = fs::file_size(file, fault);
  if (fault && fs::is_directory(file)) throw Refused(file.filename().string() + " is not a file");
  if (fault) throw std::runtime_error(file.string() + " cannot be read: " + fault.message());
  if (size > most_bytes)
    throw Refused(file.filename().string() + " has " + std::to_string(size) + " bytes; " +
                  std::to_string(most_bytes) + " are the most");
  std::string text(static_cast<std::size_t>(size), '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream) throw std::runtime_error(file.string() + " cannot be read");
  return text;
}

Json parse_object(std::string_view json, const std::string& file) {
  // The parser would take a null byte for the end.
  if (json.find('\0') != std::string_view::npos) throw Refused(file + " has a null byte");
  Json read;
  try {
    read = Json::parse(json.begin(), json.end(), KeysOnce(file));
  } catch (const Json::exception& fault) {
    const auto* const where = dynamic_cast<const Json::parse_error*>(&fault);
    throw Refused(file + " is not JSON" +
                  (where == nullptr ? "" : " (byte " + std::to_string(where->byte) + ")"));
  }
  if (!read.is_object()) throw Refused(file + " is not a JSON object");
  return read;
}

std::map<std::string, std::string> read_weight_map(const fs::path& index) {
  const std::string file = index.filename().string();
  const Json json = parse_object(read_text(index, longest_index), file);
  const auto found = json.find("weight_map");
  if (found == json.end() || !found->is_object()) throw Refused(file + " has no weight_map");
  std::map<std::string, std::string> shard_of;
  for (const auto& [tensor, shard] : found->items()) {
    if (!shard.is_string() || !is_plain_file_name(shard.get_ref<const std::string&>()))
      throw Refused(file + " puts tensor " + in_quotes(tensor) + " into " + shown(shard) +
                    ", which is not a file name");
    shard_of[tensor] = shard.get<std::string>();
  }
  if (shard_of.empty()) throw Refused(file + " names no tensor");
  return shard_of;
}

const Json* Object::find(const char* key) const {
  const auto found = json_->find(key);
  return found == json_->end() || found->is_null() ? nullptr : &*found;
}

void Object::refuse(const char* key, const std::string& need) const {
  throw Refused(file_ + ": " + path_ + key + " is " + shown(json_->at(key)) + "; " + need);
}

void Object::refuse_missing(const char* key) const {
  throw Refused(file_ + ": " + path_ + key + " is missing");
}

std::optional<std::int64_t> Object::whole(const char* key, std::int64_t least,
                                          std::int64_t most) const {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  const bool unsigned_fits = !value->is_number_unsigned() ||
                             value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX);
  if (value->is_number_integer() && unsigned_fits)
    if (const auto number = value->get<std::int64_t>(); number >= least && number <= most)
      return number;
  refuse(key, "a whole number of " + from_to(least, most) + " is needed");
}

std::optional<double> Object::number(const char* key, double least, double most) const {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number())
    if (const auto number = value->get<double>(); number >= least && number <= most) return number;
  refuse(key, "a number of " + from_to(least, most) + " is needed");
}

std::optional<bool> Object::truth(const char* key) const {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) refuse(key, "true or false is needed");
  return value->get<bool>();
}

std::optional<std::string> Object::word(const char* key) const {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) refuse(key, "a text is needed");
  return value->get<std::string>();
}

std::optional<Object> Object::object(const char* key) const {
  const Json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) refuse(key, "an object is needed");
  return Object(*value, file_, path_ + key + ".");
}

std::int64_t Object::needed_whole(const char* key, std::int64_t least, std::int64_t most) const {
  const auto value = whole(key, least, most);
  if (!value) refuse_missing(key);
  return *value;
}

double Object::needed_number(const char* key, double least, double most) const {
  const auto value = number(key, least, most);
  if (!value) refuse_missing(key);
  return *value;
}

}  // namespace tomoscribe::model::detail

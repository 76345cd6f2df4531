#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace tomoscribe::model::detail {

/// The whole file, if it has no more bytes than that.
/// \throws Refused when it is longer or not a file; runtime_error when it cannot be read
std::string read_text(const std::filesystem::path& file, std::size_t most_bytes);

/// One JSON object, no key twice, at most 64 deep.
/// \throws Refused naming `file`
nlohmann::json parse_object(std::string_view json, const std::string& file);

/// "weight_map" of an index: tensor name to shard, each a plain file name.
/// \throws Refused, runtime_error
std::map<std::string, std::string> read_weight_map(const std::filesystem::path& index);

/// One object of a file, read key by key. A key that is absent or null is nullopt; a value of
/// another kind or outside the limits is refused, by its whole path. Borrows the JSON.
class Object {
 public:
  Object(const nlohmann::json& json, std::string file, std::string path = "")
      : json_(&json), file_(std::move(file)), path_(std::move(path)) {}

  bool has(const char* key) const { return find(key) != nullptr; }       ///< present and not null
  bool mentions(const char* key) const { return json_->contains(key); }  ///< present, may be null
  std::optional<std::int64_t> whole(const char* key, std::int64_t least, std::int64_t most) const;
  std::optional<double> number(const char* key, double least, double most) const;
  std::optional<bool> truth(const char* key) const;
  std::optional<std::string> word(const char* key) const;
  std::optional<Object> object(const char* key) const;

  /// The same, and refused when absent.
  std::int64_t needed_whole(const char* key, std::int64_t least, std::int64_t most) const;
  double needed_number(const char* key, double least, double most) const;

  const nlohmann::json& json() const { return *json_; }
  [[noreturn]] void refuse(const char* key,
                           const std::string& need) const;  ///< "<key> is <value>; <need>"
  [[noreturn]] void refuse_missing(const char* key) const;

 private:
  const nlohmann::json* find(const char* key) const;

  const nlohmann::json* json_;
  std::string file_, path_;
};

}  // namespace tomoscribe::model::detail

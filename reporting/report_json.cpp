// The report as versioned JSON. Optional and empty fields are left out, so that old readers and
// people see only what is there.

#include <tuple>
#include <type_traits>

#include "reporting/detail/json_values.h"
#include "reporting/detail/report_fields.h"
#include "reporting/faces.h"

namespace tomoscribe::reporting {
namespace {

using detail::blank;
using detail::describe;
using detail::Json;
using detail::read;
using detail::write;
constexpr int schema_version = 1;

template <class T>
concept Fixed = requires {
  std::tuple_size<T>::value;
};  // std::array: never empty

/// Types that have an empty value, which the file leaves out.
template <class T>
constexpr bool omissible =
    !Fixed<T> && (
                     std::is_same_v<T, bool> || requires(T value) { value.empty(); } ||
                     requires(T value) { value.has_value(); });

template <class T>
bool is_blank(const T& value) {
  if constexpr (!omissible<T>) {
    return false;
  } else if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else {
    return value == T{};
  }
}

class Writer {
 public:
  explicit Writer(Json& json) : json_(json) { json_ = Json::object(); }
  template <class T>
  void field(const char* name, const T& value) {
    if (!is_blank(value)) write_any(json_[name], value);
  }

 private:
  template <class T>
  static void write_any(Json& json, const T& value);
  Json& json_;
};

class Reader {
 public:
  Reader(const Json& json, std::string path) : json_(json), path_(std::move(path)) {
    if (!json_.is_object()) throw dicom::Malformed("report JSON: " + where() + " is not an object");
  }
  template <class T>
  void field(const char* name, T& value) {
    const auto found = json_.find(name);
    if (found == json_.end()) {
      if constexpr (omissible<T>) {
        value = T{};
        return;
      } else {
        throw dicom::Malformed("report JSON: " + path_ + "/" + name + " is missing");
      }
    }
    read_any(*found, value, path_ + "/" + name);
  }

 private:
  template <class T>
  static void read_any(const Json& json, T& value, const std::string& path);
  std::string where() const { return path_.empty() ? "the document" : path_; }
  const Json& json_;
  std::string path_;
};

template <class T>
void Writer::write_any(Json& json, const T& value) {
  if constexpr (requires { write(json, value); }) {
    write(json, value);
  } else if constexpr (requires { value.has_value(); }) {
    write_any(json, *value);
  } else if constexpr (requires { typename T::mapped_type; }) {
    json = Json::object();
    for (const auto& [key, item] : value) write_any(json[key], item);
  } else if constexpr (requires { value.begin(); }) {
    json = Json::array();
    for (const auto& item : value) write_any(json.emplace_back(), item);
  } else {
    Writer writer(json);
    describe(writer, value);
  }
}

template <class T>
void read_array(const Json& json, T& value, const std::string& path, const auto& read_item) {
  if (!json.is_array()) throw dicom::Malformed("report JSON: " + path + " is not an array");
  if constexpr (requires { value.push_back(blank<typename T::value_type>()); }) {
    for (std::size_t i = 0; i < json.size(); ++i) {
      auto item = blank<typename T::value_type>();
      read_item(json[i], item, path + "/" + std::to_string(i));
      value.push_back(std::move(item));
    }
  } else {
    if (json.size() != value.size())
      throw dicom::Malformed("report JSON: " + path + " has the wrong length");
    for (std::size_t i = 0; i < value.size(); ++i)
      read_item(json[i], value[i], path + "/" + std::to_string(i));
  }
}

template <class T>
void Reader::read_any(const Json& json, T& value, const std::string& path) {
  if constexpr (requires { read(json, value); }) {
    try {
      read(json, value);
    } catch (const std::exception&) {
      throw dicom::Malformed("report JSON: " + path + " has the wrong form");
    }
  } else if constexpr (requires { value.has_value(); }) {
    value = blank<typename T::value_type>();
    read_any(json, *value, path);
  } else if constexpr (requires { typename T::mapped_type; }) {
    if (!json.is_object()) throw dicom::Malformed("report JSON: " + path + " is not an object");
    for (const auto& [key, item] : json.items()) read_any(item, value[key], path + "/" + key);
  } else if constexpr (requires { value.begin(); }) {
    read_array(json, value, path,
               [](const Json& item, auto& to, const std::string& at) { read_any(item, to, at); });
  } else {
    Reader reader(json, path);
    describe(reader, value);
  }
}

}  // namespace

std::string to_json(const ReportVersion& version) {
  Json document;
  Writer writer(document);
  const int schema = schema_version;
  writer.field("schema", schema);
  describe(writer, version);
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

ReportVersion from_json(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (document.is_discarded()) throw dicom::Malformed("report JSON: not JSON");
  Reader reader(document, "");
  int schema = 0;
  reader.field("schema", schema);
  if (schema != schema_version)
    throw dicom::Malformed("report JSON: schema " + std::to_string(schema) +
                           " is not known to this program");
  auto version = blank<ReportVersion>();
  describe(reader, version);
  return version;
}

}  // namespace tomoscribe::reporting

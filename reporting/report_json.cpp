// The report as versioned JSON. One describe() a type says its fields once, for writing and for
// reading. Optional and empty fields are left out, so that old readers and people see only what is
// there.

#include <concepts>
#include <tuple>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "reporting/faces.h"

namespace tomoscribe::reporting {
namespace {

using Json = nlohmann::ordered_json;
constexpr int schema_version = 1;

// ---- leaves
// -------------------------------------------------------------------------------------------------------

void write(Json& json, const std::string& value) {
  json = value;
}
void write(Json& json, bool value) {
  json = value;
}
void write(Json& json, int value) {
  json = value;
}
void write(Json& json, double value) {
  json = value;
}
void write(Json& json, std::uint64_t value) {
  json = value;
}
void read(const Json& json, std::string& value) {
  value = json.get<std::string>();
}
void read(const Json& json, bool& value) {
  value = json.get<bool>();
}
void read(const Json& json, int& value) {
  value = json.get<int>();
}
void read(const Json& json, double& value) {
  value = json.get<double>();
}
void read(const Json& json, std::uint64_t& value) {
  value = json.get<std::uint64_t>();
}

template <class Kind>
void write(Json& json, const dicom::Uid<Kind>& value) {
  json = value.str();
}
template <class Kind>
void write(Json& json, const dicom::ShortText<Kind>& value) {
  json = value.str();
}
template <class Kind>
void read(const Json& json, dicom::ShortText<Kind>& value) {
  value = dicom::ShortText<Kind>(json.get<std::string>());
}
void write(Json& json, const dicom::BlobId& value) {
  json = value.str();
}
void write(Json& json, const Moment& value) {
  json = value.iso();
}
void read(const Json& json, Moment& value) {
  value = Moment::parse_iso(json.get<std::string>());
}
void write(Json& json, const std::chrono::year_month_day& value) {
  json = dicom::iso_date(value);
}
void read(const Json& json, std::chrono::year_month_day& value) {
  const auto day = dicom::parse_date(json.get<std::string>());
  if (!day) throw dicom::Malformed("not a date");
  value = *day;
}

template <class T>
concept Worded = requires(T value) {
  { to_text(value) } -> std::same_as<std::string_view>;
};
template <Worded T>
void write(Json& json, T value) {
  json = to_text(value);
}
template <Worded T>
void read(const Json& json, T& value) {
  const auto known = from_text<T>(json.get<std::string>());
  if (!known) throw dicom::Malformed("unknown word");
  value = *known;
}

/// What a value is read into: types that hold an identity cannot be made without one.
template <class T>
T blank() {
  return T{};
}
template <>
dicom::BlobId blank() {
  return dicom::BlobId(std::string(64, '0'));
}
template <>
dicom::StudyUid blank() {
  return dicom::StudyUid("0");
}
template <>
dicom::FrameOfReferenceUid blank() {
  return dicom::FrameOfReferenceUid("0");
}
template <>
SeriesUse blank() {
  return {.uid = dicom::SeriesUid("0")};
}
template <>
Study blank() {
  return {.uid = dicom::StudyUid("0")};
}
template <>
Evidence blank() {
  return {.series = dicom::SeriesUid("0"), .instance = dicom::SopInstanceUid("0")};
}
template <>
Finding blank() {
  return {.tracking = dicom::TrackingUid("0")};
}
template <>
ReportVersion blank() {
  return {.study = blank<Study>()};
}
template <class Kind>
void read(const Json& json, dicom::Uid<Kind>& value) {
  value = dicom::Uid<Kind>(json.get<std::string>());
}
void read(const Json& json, dicom::BlobId& value) {
  value = dicom::BlobId(json.get<std::string>());
}

// ---- fields of a type
// ------------------------------------------------------------------------------------------------

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

// `Self` is T& (reading) or const T& (writing); `io` is Reader or Writer.
template <class Io>
void describe(
    Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, dicom::PersonName> {
  io.field("family", x.family), io.field("given", x.given), io.field("middle", x.middle);
  io.field("prefix", x.prefix), io.field("suffix", x.suffix);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Code> {
  io.field("value", x.value), io.field("scheme", x.scheme), io.field("meaning", x.meaning);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Patient> {
  io.field("id", x.id), io.field("issuer", x.issuer), io.field("name", x.name);
  io.field("birthDate", x.birth_date), io.field("sex", x.sex);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Order> {
  io.field("placer", x.placer_number), io.field("filler", x.filler_number),
      io.field("accession", x.accession);
  io.field("study", x.study), io.field("patient", x.patient), io.field("procedure", x.procedure);
  io.field("indication", x.indication), io.field("history", x.history);
  io.field("orderingProvider", x.ordering_provider), io.field("priority", x.priority);
  io.field("assigningAuthority", x.assigning_authority), io.field("status", x.status);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, SeriesUse> {
  io.field("uid", x.uid), io.field("number", x.number), io.field("modality", x.modality);
  io.field("description", x.description), io.field("instances", x.instances),
      io.field("used", x.used);
  io.field("reason", x.reason);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Study> {
  io.field("uid", x.uid), io.field("patient", x.patient), io.field("accession", x.accession);
  io.field("id", x.study_id), io.field("description", x.description);
  io.field("referringPhysician", x.referring_physician_pn), io.field("institution", x.institution);
  io.field("started", x.started), io.field("bodyPart", x.body_part),
      io.field("procedure", x.procedure);
  io.field("contrast", x.contrast), io.field("instances", x.instances),
      io.field("series", x.series);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Verification> {
  io.field("outcome", x.outcome), io.field("check", x.check), io.field("inputs", x.inputs);
  io.field("reason", x.reason);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Measurement> {
  io.field("id", x.id), io.field("name", x.name), io.field("concept", x.concept_name),
      io.field("value", x.value), io.field("unit", x.unit);
  io.field("decimals", x.decimals), io.field("uncertainty", x.uncertainty),
      io.field("lowerBound", x.lower_bound);
  io.field("method", x.method), io.field("conditions", x.conditions),
      io.field("notAssessed", x.not_assessed);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Region2D> {
  io.field("outline", x.outline);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Evidence> {
  io.field("id", x.id), io.field("series", x.series), io.field("instance", x.instance);
  io.field("sopClass", x.sop_class), io.field("frame", x.frame), io.field("image", x.image),
      io.field("regions", x.regions);
  io.field("pointMm", x.point_mm), io.field("frameOfReference", x.frame_of_reference),
      io.field("mask", x.mask);
  io.field("caption", x.caption);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Citation> {
  io.field("id", x.id), io.field("text", x.text), io.field("doi", x.doi),
      io.field("verified", x.verified);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Finding> {
  io.field("id", x.id), io.field("title", x.title), io.field("tracking", x.tracking),
      io.field("observation", x.observation);
  io.field("site", x.site), io.field("laterality", x.laterality), io.field("presence", x.presence);
  io.field("notAssessed", x.not_assessed), io.field("measurements", x.measurements);
  io.field("evidence", x.evidence), io.field("citations", x.citations);
  io.field("recommendation", x.recommendation), io.field("author", x.author);
  io.field("verification", x.verification), io.field("critical", x.critical);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Statement> {
  io.field("id", x.id), io.field("section", x.section), io.field("language", x.language),
      io.field("text", x.text);
  io.field("findings", x.findings), io.field("author", x.author),
      io.field("verification", x.verification);
  io.field("replaces", x.replaces), io.field("removed", x.removed);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Person> {
  io.field("id", x.id), io.field("name", x.name), io.field("organisation", x.organisation);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Signature> {
  io.field("signer", x.signer), io.field("when", x.when);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Provenance> {
  io.field("product", x.product), io.field("codeVersion", x.code_version),
      io.field("modelName", x.model_name);
  io.field("weightsChecksum", x.weights_checksum), io.field("seed", x.seed),
      io.field("options", x.options);
  io.field("steps", x.steps), io.field("inputs", x.inputs);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, ReportVersion> {
  io.field("reportId", x.report_id), io.field("number", x.number), io.field("state", x.state);
  io.field("language", x.language), io.field("created", x.created),
      io.field("predecessor", x.predecessor);
  io.field("editedBy", x.edited_by), io.field("signature", x.signature), io.field("study", x.study);
  io.field("order", x.order), io.field("findings", x.findings),
      io.field("statements", x.statements);
  io.field("provenance", x.provenance);
}

// ---- containers
// -------------------------------------------------------------------------------------------------------

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

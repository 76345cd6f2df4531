#include "dicom/dicomweb.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "dicom/detail/dicom_json.h"
#include "dicom/detail/media_type.h"
#include "dicom/detail/open_file.h"
#include "dicom/detail/picture.h"

namespace tomoscribe::dicom {
namespace {

using detail::Container;
using detail::json_string;

constexpr std::string_view json_type = "application/dicom+json";
constexpr std::string_view explicit_little_endian = "1.2.840.10008.1.2.1";

/// Ends a request with a status and one sentence.
struct Refusal {
  int status;
  std::string sentence;
};

/// Where a request points; absent parts were not in the path.
struct Target {
  StudyUid study;
  std::optional<SeriesUid> series;
  std::optional<SopInstanceUid> instance;
  std::vector<std::string> rest;  ///< after the identities: {"metadata"}, {"frames","1"}
};

template <class Id>
Id parsed(const std::string& text, const char* what) {
  const auto id = Id::parse(text);
  if (!id) throw Refusal{400, std::string("not a ") + what};
  return *id;
}

/// /dicom-web/studies/{s}[/series/{r}[/instances/{i}]][/…]
Target parse_target(std::string_view path) {
  const auto segments = path_segments(path);
  if (segments.size() < 3 || segments[1] != "studies")
    throw Refusal{404, "no such DICOMweb resource"};
  Target target{parsed<StudyUid>(segments[2], "Study Instance UID"), {}, {}, {}};
  std::size_t next = 3;
  if (segments.size() > next + 1 && segments[next] == "series") {
    target.series = parsed<SeriesUid>(segments[next + 1], "Series Instance UID");
    next += 2;
    if (segments.size() > next + 1 && segments[next] == "instances") {
      target.instance = parsed<SopInstanceUid>(segments[next + 1], "SOP Instance UID");
      next += 2;
    }
  }
  target.rest.assign(segments.begin() + static_cast<std::ptrdiff_t>(next), segments.end());
  return target;
}

std::string attribute(std::string_view tag, std::string_view vr, const std::string& value) {
  std::string text = '"' + std::string(tag) + R"(":{"vr":")" + std::string(vr) + '"';
  if (!value.empty()) text += ",\"Value\":[" + value + ']';
  return text + '}';
}

std::string text_attribute(std::string_view tag, std::string_view vr, std::string_view value) {
  return attribute(tag, vr, value.empty() ? std::string() : json_string(value));
}

std::string number_attribute(std::string_view tag, std::string_view vr, std::optional<int> value) {
  return attribute(tag, vr, value ? std::to_string(*value) : std::string());
}

std::string joined(std::span<const std::string> items) {
  std::string text = "[";
  for (const std::string& item : items) {
    if (text.size() > 1) text += ",\n";
    text += item;
  }
  return text + ']';
}

std::uint32_t frame_number(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == 0)
    throw Refusal{400, "a frame number is a whole number from 1; one frame a request"};
  return number;
}

/// `window=c,w[,linear]` (PS3.18 8.3.5.1.4).
std::optional<detail::Window> window_parameter(const HttpRequest& request) {
  const auto text = request.parameter("window");
  if (!text) return std::nullopt;
  detail::Window window;
  const char* at = text->data();
  const char* const last = at + text->size();
  const auto number = [&](double& value) {
    const auto [end, error] = std::from_chars(at, last, value);
    at = end;
    return error == std::errc{};
  };
  bool sound = number(window.centre) && at != last && *at++ == ',' && number(window.width);
  const std::string_view function(at, static_cast<std::size_t>(last - at));
  sound = sound && (function.empty() || function == ",linear") && window.width >= 1 &&
          window.width <= 1e7 && window.centre >= -1e7 && window.centre <= 1e7;
  if (!sound) throw Refusal{400, "window must be centre,width with a width of 1 or more, linear"};
  return window;
}

/// The header of one file as DICOM JSON. Values over 4 KiB stay in the file until somebody asks, so
/// pixels are not loaded.
std::string file_metadata(const std::filesystem::path& file) {
  return detail::dicom_json(*detail::open_file(file, true)->getDataset());
}

std::string stored_syntax(const std::filesystem::path& file) {
  DcmMetaInfo meta;
  OFString syntax;
  if (meta.loadFile(file.c_str()).bad() ||
      meta.findAndGetOFString(DCM_TransferSyntaxUID, syntax).bad())
    throw Malformed("the stored file cannot be read");
  return syntax;
}

class DicomWeb {
 public:
  DicomWeb(InstanceIndex& index, const BlobStore& blobs) : index_(index), blobs_(blobs) {}
  HttpResponse answer(const HttpRequest& request);

 private:
  using Instances = std::shared_ptr<const std::vector<IndexedInstance>>;

  Instances instances(const StudyUid& study, const SeriesUid& series);
  IndexedInstance instance(const Target& target);
  void require_study(const StudyUid& study);

  HttpResponse route(const HttpRequest& request, const Target& target);
  HttpResponse one_instance(const HttpRequest& request, const Target& target);
  HttpResponse series_list(const HttpRequest& request, const Target& target);
  HttpResponse instance_list(const HttpRequest& request, const Target& target);
  HttpResponse metadata(const HttpRequest& request, const Target& target);
  HttpResponse frame(const HttpRequest& request, const IndexedInstance& instance,
                     const std::string& number);
  HttpResponse file(const HttpRequest& request, const IndexedInstance& instance);
  HttpResponse rendered(const HttpRequest& request, const IndexedInstance& instance,
                        std::uint32_t number);

  struct Remembered {
    std::chrono::steady_clock::time_point until;
    Instances list;
  };
  InstanceIndex& index_;
  const BlobStore& blobs_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Remembered> remembered_;
};

/// A viewer asks for hundreds of frames of one series in a row: the list is asked for once in two
/// seconds.
DicomWeb::Instances DicomWeb::instances(const StudyUid& study, const SeriesUid& series) {
  const auto now = std::chrono::steady_clock::now();
  const std::pair key(study.str(), series.str());
  {
    const std::lock_guard lock(mutex_);
    const auto found = remembered_.find(key);
    if (found != remembered_.end() && found->second.until > now) return found->second.list;
  }
  auto list = std::make_shared<const std::vector<IndexedInstance>>(index_.instances(study, series));
  const std::lock_guard lock(mutex_);
  std::erase_if(remembered_, [&](const auto& entry) { return entry.second.until <= now; });
  if (!list->empty()) remembered_[key] = {now + std::chrono::seconds(2), list};
  return list;
}

IndexedInstance DicomWeb::instance(const Target& target) {
  const Instances list = instances(target.study, *target.series);
  const auto found = std::ranges::find(*list, *target.instance, &IndexedInstance::uid);
  if (found == list->end()) throw Refusal{404, "no such instance in this series"};
  return *found;
}

void DicomWeb::require_study(const StudyUid& study) {
  if (!index_.has_study(study)) throw Refusal{404, "no such study"};
}

bool unchanged(const HttpRequest& request, const std::string& etag) {
  const std::string known = request.header("If-None-Match");
  return !known.empty() && known.find(etag) != std::string::npos;
}

HttpResponse not_modified(const std::string& etag) {
  return {.status = 304, .headers = {{"ETag", etag}}, .body = {}};
}

/// Content under a hash never changes; it is a patient's, so only the reader's own browser may keep
/// it.
HttpResponse immutable(std::string body, std::string content_type, const std::string& etag) {
  return {.status = 200,
          .headers = {{"Content-Type", std::move(content_type)},
                      {"ETag", etag},
                      {"Vary", "Accept"},
                      {"Cache-Control", "private, max-age=31536000, immutable"}},
          .body = std::move(body)};
}

void require_json(const HttpRequest& request) {
  const std::string accept = request.header("Accept");
  const bool fits = detail::container_for(accept, json_type, {}) == Container::single ||
                    detail::container_for(accept, "application/json", {}) == Container::single ||
                    accept.empty() || accept.find("*/*") != std::string::npos;
  if (!fits) throw Refusal{406, "this resource is application/dicom+json"};
}

HttpResponse json_answer(const HttpRequest& request, std::string body) {
  const std::string etag = '"' + sha256(body).str() + '"';
  if (unchanged(request, etag)) return not_modified(etag);
  HttpResponse response = HttpResponse::json(200, std::move(body), std::string(json_type));
  response.headers["ETag"] = etag;
  response.headers["Cache-Control"] = "private, no-cache";
  return response;
}

HttpResponse DicomWeb::series_list(const HttpRequest& request, const Target& target) {
  require_json(request);
  std::vector<std::string> rows;
  for (const IndexedSeries& series : index_.series(target.study)) {
    rows.push_back('{' + text_attribute("00080060", "CS", series.modality) + ',' +
                   text_attribute("0008103E", "LO", series.description) + ',' +
                   text_attribute("00081190", "UR",
                                  request.base_url + "/dicom-web/studies/" + target.study.str() +
                                      "/series/" + series.uid.str()) +
                   ',' + text_attribute("0020000D", "UI", target.study.str()) + ',' +
                   text_attribute("0020000E", "UI", series.uid.str()) + ',' +
                   number_attribute("00200011", "IS", series.number) + ',' +
                   number_attribute("00201209", "IS", series.instances) + '}');
  }
  return json_answer(request, joined(rows));
}

HttpResponse DicomWeb::instance_list(const HttpRequest& request, const Target& target) {
  require_json(request);
  const std::string series_url = request.base_url + "/dicom-web/studies/" + target.study.str() +
                                 "/series/" + target.series->str();
  std::vector<std::string> rows;
  for (const IndexedInstance& instance : *instances(target.study, *target.series)) {
    rows.push_back(
        '{' + text_attribute("00080016", "UI", instance.sop_class) + ',' +
        text_attribute("00080018", "UI", instance.uid.str()) + ',' +
        text_attribute("00081190", "UR", series_url + "/instances/" + instance.uid.str()) + ',' +
        text_attribute("0020000D", "UI", target.study.str()) + ',' +
        text_attribute("0020000E", "UI", target.series->str()) + ',' +
        number_attribute("00200013", "IS", instance.number) + ',' +
        number_attribute("00280008", "IS", instance.frames) + ',' +
        number_attribute("00280010", "US", instance.rows) + ',' +
        number_attribute("00280011", "US", instance.columns) + '}');
  }
  if (rows.empty()) throw Refusal{404, "no such series in this study"};
  return json_answer(request, joined(rows));
}

/// Reads the headers on every core: `files[i]` gives element i.
std::vector<std::string> read_metadata(const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> rows(files.size());
  const std::size_t crew = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
  std::vector<std::exception_ptr> failures(crew);
  {
    std::vector<std::jthread> threads;
    for (std::size_t k = 0; k < std::min(crew, files.size()); ++k) {
      threads.emplace_back([&, k] {
        try {
          for (std::size_t i = k; i < files.size(); i += crew) rows[i] = file_metadata(files[i]);
        } catch (...) {
          failures[k] = std::current_exception();
        }
      });
    }
  }
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return rows;
}

HttpResponse DicomWeb::metadata(const HttpRequest& request, const Target& target) {
  require_json(request);
  std::vector<IndexedInstance> wanted;
  if (target.instance) {
    wanted.push_back(instance(target));
  } else if (target.series) {
    wanted = *instances(target.study, *target.series);
    if (wanted.empty()) throw Refusal{404, "no such series in this study"};
  } else {
    for (const IndexedSeries& series : index_.series(target.study)) {
      const Instances list = instances(target.study, series.uid);
      wanted.insert(wanted.end(), list->begin(), list->end());
    }
  }
  std::string hashes;
  std::vector<std::filesystem::path> files;
  for (const IndexedInstance& one : wanted) {
    hashes += one.file_hash.str();
    files.push_back(blobs_.path_of(one.file_hash));
  }
  const std::string etag = '"' + sha256(hashes).str() + '"';
  if (unchanged(request, etag)) return not_modified(etag);
  HttpResponse response =
      HttpResponse::json(200, joined(read_metadata(files)), std::string(json_type));
  response.headers["ETag"] = etag;
  response.headers["Cache-Control"] = "private, no-cache";
  return response;
}

HttpResponse DicomWeb::frame(const HttpRequest& request, const IndexedInstance& instance,
                             const std::string& number) {
  const std::uint32_t n = frame_number(number);
  const Container container = detail::container_for(
      request.header("Accept"), "application/octet-stream", {std::string(explicit_little_endian)});
  if (container == Container::none)
    throw Refusal{406, "frames are given as application/octet-stream, Explicit VR Little Endian"};
  const bool multipart = container == Container::multipart;
  const std::string etag =
      '"' + instance.file_hash.str() + "-f" + std::to_string(n) + (multipart ? "m\"" : "s\"");
  if (unchanged(request, etag)) return not_modified(etag);
  const auto bytes = detail::decoded_frame(blobs_.path_of(instance.file_hash), n);
  if (!bytes) throw Refusal{404, "the instance has no such frame"};
  const std::string type =
      "application/octet-stream; transfer-syntax=" + std::string(explicit_little_endian);
  if (!multipart) return immutable(*bytes, type, etag);
  // The file's hash cannot be foreseen by whoever wrote the pixels, so it makes a safe boundary.
  const std::string boundary = "frame-" + instance.file_hash.str();
  return immutable(detail::one_part(boundary, type, request.base_url + request.path, *bytes),
                   "multipart/related; type=\"application/octet-stream\"; transfer-syntax=" +
                       std::string(explicit_little_endian) + "; boundary=" + boundary,
                   etag);
}

HttpResponse DicomWeb::file(const HttpRequest& request, const IndexedInstance& instance) {
  const std::string syntax = stored_syntax(blobs_.path_of(instance.file_hash));
  const Container container =
      detail::container_for(request.header("Accept"), "application/dicom", {syntax});
  if (container == Container::none)
    throw Refusal{406,
                  "instances are given as application/dicom in the transfer syntax they came in"};
  const bool multipart = container == Container::multipart;
  const std::string etag = '"' + instance.file_hash.str() + (multipart ? "-m\"" : "\"");
  if (unchanged(request, etag)) return not_modified(etag);
  auto bytes = blobs_.read(instance.file_hash);
  if (!bytes) throw std::runtime_error("an indexed file is not in the store");
  const std::string type = "application/dicom; transfer-syntax=" + syntax;
  if (!multipart) return immutable(std::move(*bytes), type, etag);
  const std::string boundary = "file-" + instance.file_hash.str();
  return immutable(detail::one_part(boundary, type, request.base_url + request.path, *bytes),
                   "multipart/related; type=\"application/dicom\"; boundary=" + boundary, etag);
}

HttpResponse DicomWeb::rendered(const HttpRequest& request, const IndexedInstance& instance,
                                std::uint32_t number) {
  const std::string accept = request.header("Accept");
  const auto accepted = detail::parse_accept(accept);
  const bool png = std::ranges::any_of(accepted, [](const detail::AcceptedType& type) {
    return type.media == "*/*" || type.media == "image/*" || type.media == "image/png";
  });
  if (!png) throw Refusal{406, "rendered images are image/png"};
  const auto window = window_parameter(request);
  const std::string etag = '"' +
                           sha256(instance.file_hash.str() + std::to_string(number) +
                                  request.parameter("window").value_or(""))
                               .str() +
                           '"';
  if (unchanged(request, etag)) return not_modified(etag);
  try {
    auto picture = detail::rendered_png(blobs_.path_of(instance.file_hash), number, window);
    if (!picture) throw Refusal{404, "the instance has no such frame"};
    return immutable(std::move(*picture), "image/png", etag);
  } catch (const detail::NotRenderable& reason) {
    throw Refusal{406, reason.what()};
  }
}

HttpResponse DicomWeb::one_instance(const HttpRequest& request, const Target& target) {
  const IndexedInstance found = instance(target);
  const auto& rest = target.rest;
  if (rest.empty()) return file(request, found);
  if (rest.size() == 1 && rest[0] == "metadata") return metadata(request, target);
  if (rest.size() == 1 && rest[0] == "rendered") return rendered(request, found, 1);
  if (rest[0] == "frames" && rest.size() == 2) return frame(request, found, rest[1]);
  if (rest[0] == "frames" && rest.size() == 3 && rest[2] == "rendered")
    return rendered(request, found, frame_number(rest[1]));
  throw Refusal{404, "no such DICOMweb resource"};
}

HttpResponse DicomWeb::route(const HttpRequest& request, const Target& target) {
  require_study(target.study);
  if (target.instance) return one_instance(request, target);
  const std::string what = target.rest.size() == 1 ? target.rest.front() : std::string();
  if (what == "metadata") return metadata(request, target);
  if (target.series && what == "instances") return instance_list(request, target);
  if (!target.series && what == "series") return series_list(request, target);
  throw Refusal{404, "no such DICOMweb resource"};
}

HttpResponse DicomWeb::answer(const HttpRequest& request) {
  try {
    if (request.method != "GET" && request.method != "HEAD") {
      HttpResponse response = HttpResponse::text(405, "DICOMweb is read only here\n");
      response.headers["Allow"] = "GET, HEAD";
      return response;
    }
    return route(request, parse_target(request.path));
  } catch (const Refusal& refusal) {
    return HttpResponse::text(refusal.status, refusal.sentence + '\n');
  } catch (const detail::NotRenderable& reason) {
    return HttpResponse::text(404, std::string(reason.what()) + '\n');
  } catch (const Malformed& reason) {  // kept as it came, but not to be had in this form
    return HttpResponse::text(406, std::string(reason.what()) + '\n');
  }
}

}  // namespace

HttpHandler dicomweb_handler(InstanceIndex& index, const BlobStore& blobs) {
  return [web = std::make_shared<DicomWeb>(index, blobs)](const HttpRequest& request) {
    return web->answer(request);
  };
}

}  // namespace tomoscribe::dicom

#include "dicom/dicomweb.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "dicom/detail/dicomweb_answer.h"
#include "dicom/detail/dicomweb_request.h"
#include "dicom/detail/media_type.h"
#include "dicom/detail/picture.h"
#include "dicom/detail/qido.h"
#include "dicom/detail/stored_header.h"

namespace tomoscribe::dicom {
namespace {

using detail::Container;
using detail::Refusal;
using detail::Target;

constexpr std::string_view explicit_little_endian = "1.2.840.10008.1.2.1";

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

/// A list is new each time it is asked for: its tag is its content's.
HttpResponse list_answer(const HttpRequest& request, std::string body) {
  const std::string etag = '"' + sha256(body).str() + '"';
  return detail::unchanged(request, etag) ? detail::not_modified(etag)
                                          : detail::json_answer(std::move(body), etag);
}

HttpResponse DicomWeb::series_list(const HttpRequest& request, const Target& target) {
  detail::require_json(request);
  return list_answer(
      request, detail::series_rows(target.study, index_.series(target.study), request.base_url));
}

HttpResponse DicomWeb::instance_list(const HttpRequest& request, const Target& target) {
  detail::require_json(request);
  const Instances found = instances(target.study, *target.series);
  if (found->empty()) throw Refusal{404, "no such series in this study"};
  return list_answer(request,
                     detail::instance_rows(target.study, *target.series, *found, request.base_url));
}

HttpResponse DicomWeb::metadata(const HttpRequest& request, const Target& target) {
  detail::require_json(request);
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
  if (detail::unchanged(request, etag)) return detail::not_modified(etag);
  return detail::json_answer(detail::metadata_of(files), etag);
}

HttpResponse DicomWeb::frame(const HttpRequest& request, const IndexedInstance& instance,
                             const std::string& number) {
  const std::uint32_t n = detail::frame_number(number);
  const Container container = detail::container_for(
      request.header("Accept"), "application/octet-stream", {std::string(explicit_little_endian)});
  if (container == Container::none)
    throw Refusal{406, "frames are given as application/octet-stream, Explicit VR Little Endian"};
  const bool multipart = container == Container::multipart;
  const std::string etag =
      '"' + instance.file_hash.str() + "-f" + std::to_string(n) + (multipart ? "m\"" : "s\"");
  if (detail::unchanged(request, etag)) return detail::not_modified(etag);
  const auto bytes = detail::decoded_frame(blobs_.path_of(instance.file_hash), n);
  if (!bytes) throw Refusal{404, "the instance has no such frame"};
  const std::string type =
      "application/octet-stream; transfer-syntax=" + std::string(explicit_little_endian);
  if (!multipart) return detail::immutable(*bytes, type, etag);
  // The file's hash cannot be foreseen by whoever wrote the pixels, so it makes a safe boundary.
  const std::string boundary = "frame-" + instance.file_hash.str();
  return detail::immutable(
      detail::one_part(boundary, type, request.base_url + request.path, *bytes),
      "multipart/related; type=\"application/octet-stream\"; transfer-syntax=" +
          std::string(explicit_little_endian) + "; boundary=" + boundary,
      etag);
}

HttpResponse DicomWeb::file(const HttpRequest& request, const IndexedInstance& instance) {
  const std::string syntax = detail::stored_syntax(blobs_.path_of(instance.file_hash));
  const Container container =
      detail::container_for(request.header("Accept"), "application/dicom", {syntax});
  if (container == Container::none)
    throw Refusal{406,
                  "instances are given as application/dicom in the transfer syntax they came in"};
  const bool multipart = container == Container::multipart;
  const std::string etag = '"' + instance.file_hash.str() + (multipart ? "-m\"" : "\"");
  if (detail::unchanged(request, etag)) return detail::not_modified(etag);
  auto bytes = blobs_.read(instance.file_hash);
  if (!bytes) throw std::runtime_error("an indexed file is not in the store");
  const std::string type = "application/dicom; transfer-syntax=" + syntax;
  if (!multipart) return detail::immutable(std::move(*bytes), type, etag);
  const std::string boundary = "file-" + instance.file_hash.str();
  return detail::immutable(
      detail::one_part(boundary, type, request.base_url + request.path, *bytes),
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
  const auto window = detail::window_parameter(request);
  const std::string etag = '"' +
                           sha256(instance.file_hash.str() + std::to_string(number) +
                                  request.parameter("window").value_or(""))
                               .str() +
                           '"';
  if (detail::unchanged(request, etag)) return detail::not_modified(etag);
  try {
    auto picture = detail::rendered_png(blobs_.path_of(instance.file_hash), number, window);
    if (!picture) throw Refusal{404, "the instance has no such frame"};
    return detail::immutable(std::move(*picture), "image/png", etag);
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
    return rendered(request, found, detail::frame_number(rest[1]));
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
    return route(request, detail::parse_target(request.path));
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

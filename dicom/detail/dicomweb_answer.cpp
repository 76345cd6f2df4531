#include "dicom/detail/dicomweb_answer.h"

#include <string_view>
#include <utility>

#include "dicom/detail/dicomweb_request.h"
#include "dicom/detail/media_type.h"

namespace tomoscribe::dicom::detail {
namespace {

constexpr std::string_view json_type = "application/dicom+json";

}  // namespace

bool unchanged(const HttpRequest& request, const std::string& etag) {
  const std::string known = request.header("If-None-Match");
  return !known.empty() && known.find(etag) != std::string::npos;
}

HttpResponse not_modified(const std::string& etag) {
  return {.status = 304, .headers = {{"ETag", etag}}, .body = {}};
}

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
  const bool fits = container_for(accept, json_type, {}) == Container::single ||
                    container_for(accept, "application/json", {}) == Container::single ||
                    accept.empty() || accept.find("*/*") != std::string::npos;
  if (!fits) throw Refusal{406, "this resource is application/dicom+json"};
}

HttpResponse json_answer(std::string body, const std::string& etag) {
  HttpResponse response = HttpResponse::json(200, std::move(body), std::string(json_type));
  response.headers["ETag"] = etag;
  response.headers["Cache-Control"] = "private, no-cache";
  return response;
}

}  // namespace tomoscribe::dicom::detail

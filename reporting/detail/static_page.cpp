#include "reporting/detail/static_page.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "dicom/blob_store.h"

namespace tomoscribe::reporting::detail {
namespace {

using dicom::HttpRequest;
using dicom::HttpResponse;

/// What the page and its worker may do: only this service, no style or script inside markup.
/// cornerstone3D draws pictures from blobs; frames come decoded, so no codec has to run.
constexpr const char* content_security_policy =
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' "
    "data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::optional<std::string> content_type(const std::filesystem::path& file) {
  static constexpr std::array<std::pair<const char*, const char*>, 10> types{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".wasm", "application/wasm"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
  }};
  const auto found = std::ranges::find(types, file.extension().string(),
                                       [](const auto& type) { return std::string(type.first); });
  if (found == types.end()) return std::nullopt;
  return found->second;
}

/// No segment may climb, hide or smuggle; the listener refuses ".." too, but this must be safe
/// alone.
bool is_safe(const std::string& segment) {
  return segment.front() != '.' && std::ranges::all_of(segment, [](unsigned char c) {
           return c > 0x20 && c < 0x7f && c != '\\' && c != ':' && c != '/';
         });
}

std::optional<std::string> read_file(const std::filesystem::path& file) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(file, none)) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// The file's bytes, from its .gz neighbour where the client takes that.
std::optional<std::string> read_encoded(const std::filesystem::path& file,
                                        const HttpRequest& request, HttpResponse& response) {
  if (request.header("Accept-Encoding").find("gzip") != std::string::npos) {
    if (auto packed = read_file(file.string() + ".gz")) {
      response.headers["Content-Encoding"] = "gzip";
      return packed;
    }
  }
  return read_file(file);
}

/// The file that a path names; nullopt when it names none of the page's.
std::optional<std::filesystem::path> file_of(const std::filesystem::path& folder,
                                             const std::vector<std::string>& segments,
                                             bool routed) {
  if (routed) return folder / "index.html";
  if (!std::ranges::all_of(segments, is_safe)) return std::nullopt;
  std::filesystem::path file = folder;
  for (const std::string& segment : segments) file /= segment;
  return file;
}

}  // namespace

HttpResponse static_page(const std::filesystem::path& folder, const HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = HttpResponse::text(405, "the page is only read\n");
    response.headers["Allow"] = "GET, HEAD";
    return response;
  }
  const auto segments = dicom::path_segments(request.path);
  const bool routed = segments.empty() || segments.front() == "studies";
  const auto file = file_of(folder, segments, routed);
  const auto type = file ? content_type(*file) : std::nullopt;
  HttpResponse response;
  auto body = type ? read_encoded(*file, request, response) : std::nullopt;
  if (!body && routed)
    return HttpResponse::text(503, "the review page has not been built: run script/bootstrap\n");
  if (!body) return HttpResponse::text(404, "no such page\n");
  const std::string etag = '"' + dicom::sha256(*body).str().substr(0, 32) + '"';
  response.headers["ETag"] = etag;
  response.headers["Vary"] = "Accept-Encoding";
  // Vite puts a hash into every name under assets/, so those never change.
  const bool hashed = !routed && segments.front() == "assets";
  response.headers["Cache-Control"] = hashed ? "public, max-age=31536000, immutable" : "no-cache";
  response.headers["Content-Type"] = *type;
  response.headers["Content-Security-Policy"] = content_security_policy;
  if (request.header("If-None-Match").find(etag) != std::string::npos) {
    response.status = 304;
    return response;
  }
  response.body = std::move(*body);
  return response;
}

}  // namespace tomoscribe::reporting::detail

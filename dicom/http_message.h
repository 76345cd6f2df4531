#pragma once
// One HTTP exchange as plain values, so that DICOMweb, FHIR and the review page can be served, and
// tested, without a web server. pipeline owns the one listener.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomoscribe::dicom {

/// Compares header names without regard to ASCII case (RFC 9110 5.1).
struct HeaderLess {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const;
};

using HeaderMap = std::map<std::string, std::string, HeaderLess>;

struct HttpRequest {
  std::string method;  ///< "GET", upper case
  std::string path;    ///< decoded, begins with '/', no query; never holds ".." segments (the
                       ///< listener refuses them)
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order, repeats kept
  HeaderMap headers;
  std::string body;
  std::string user;       ///< who is signed in, as the listener established it; empty: nobody
  std::string user_name;  ///< that person's name as a DICOM PN, where the account has one
  std::string base_url;   ///< "http://127.0.0.1:8080", for absolute links

  std::optional<std::string> parameter(
      std::string_view name) const;                 ///< first query value of that name
  std::string header(std::string_view name) const;  ///< empty when absent
};

struct HttpResponse {
  int status = 200;
  HeaderMap headers;  ///< the listener adds Content-Length and the security headers
  std::string body;

  static HttpResponse text(int status, std::string body);
  static HttpResponse json(int status, std::string body,
                           std::string content_type = "application/json");
};

/// Answers one request. Must be callable from several threads at once; throws only for faults of
/// ours (answered 500).
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

/// Splits "/a/b//c" into {"a","b","c"}.
std::vector<std::string> path_segments(std::string_view path);

}  // namespace tomoscribe::dicom

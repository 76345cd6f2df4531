#pragma once
// What stands between a socket and the handlers: the rules on paths, hosts, origins and users, as
// pure functions, and the one table from failure to answer.

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dicom/http_message.h"
#include "pipeline/tokens.h"

namespace tomoscribe::pipeline {

/// A handler and the paths it answers: the longest prefix wins.
struct Route {
  std::string prefix;  ///< "/fhir/R4"; matches itself and everything under it; "/" matches all
  std::string label;   ///< for logs and metrics: "fhir"
  dicom::HttpHandler handler;
  bool open = false;        ///< needs no token (health probes)
  bool post_reads = false;  ///< its POST changes nothing (FHIR's _search): readers may use it
  /// How this route's clients are told of a refusal; null: in plain text.
  dicom::HttpResponse (*refusal)(int status, const std::string& sentence) = nullptr;
};

struct GuardSettings {
  bool check_host = true;  ///< the listener is on loopback, or `hosts` is set
  bool tls = false;
  std::vector<std::string> hosts;  ///< further names by which this service is called
  std::chrono::hours session{12};
};

class HttpGuard {
 public:
  HttpGuard(GuardSettings settings, Tokens tokens, std::vector<Route> routes);

  struct Answer {
    dicom::HttpResponse response;
    std::string label;    ///< the route's, or "refused"
    std::string failure;  ///< for the log: what an exception was; empty otherwise
  };
  /// Answers one request whole: rules, login, route, failure table, security headers. Never throws.
  Answer answer(dicom::HttpRequest request, std::chrono::sys_seconds now) const;

 private:
  std::optional<dicom::HttpResponse> refusal(const dicom::HttpRequest& request) const;
  std::optional<std::string> user(const dicom::HttpRequest& request,
                                  std::chrono::sys_seconds now) const;
  dicom::HttpResponse login(const dicom::HttpRequest& request, std::chrono::sys_seconds now) const;
  static dicom::HttpResponse not_signed_in(const dicom::HttpRequest& request, const Route& route);
  static void dress(dicom::HttpResponse& refusal, const Route& route);
  const Route* route(const std::string& path) const;
  /// What the route answers to one who may ask it that.
  dicom::HttpResponse handled(dicom::HttpRequest request, const Route& route,
                              std::chrono::sys_seconds now) const;

  GuardSettings settings_;
  Tokens tokens_;
  std::vector<Route> routes_;
};

/// Path and query of a request target, decoded; nullopt when it is not in origin form, does not
/// decode, holds control characters or backslashes, or has "." or ".." segments.
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
};
std::optional<Target> parse_target(std::string_view target);

/// The name in a Host header without its port: "localhost", "[::1]"; nullopt when it is no host.
std::optional<std::string> host_name(std::string_view host);

/// Adds Content-Security-Policy, nosniff and the like; a handler's own value wins for the policy
/// (a page needs more than "nothing") and for Cache-Control.
void add_security_headers(dicom::HttpResponse& response, bool tls);

/// The one table from failure to answer. `failure` gets a sentence for the log without any value
/// from outside.
dicom::HttpResponse answer_to(const std::exception& fault, std::string& failure);

}  // namespace tomoscribe::pipeline

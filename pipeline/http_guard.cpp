#include "pipeline/http_guard.h"

#include <algorithm>
#include <cctype>

#include "db/database.h"
#include "dicom/utf8.h"
#include "pipeline/failure.h"
#include "pipeline/login_page.h"

namespace tomoscribe::pipeline {

using dicom::HttpRequest;
using dicom::HttpResponse;

namespace {

constexpr std::string_view cookie_name = "tomoscribe";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that a text beginning with "%41" begins with.
std::optional<char> percent_byte(std::string_view text) {
  if (text.size() < 3) return std::nullopt;
  const int high = hex_value(text[1]), low = hex_value(text[2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const auto byte = percent_byte(text.substr(i));
      if (!byte) return std::nullopt;
      result += *byte;
      i += 2;
    } else {
      result += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::optional<Pairs> parse_pairs(std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    const auto end = text.find('&');
    const std::string_view item = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    if (item.empty()) continue;
    const auto equals = item.find('=');
    const auto name = percent_decoded(item.substr(0, equals), true);
    const auto value =
        percent_decoded(equals == item.npos ? std::string_view{} : item.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    pairs.emplace_back(*name, *value);
  }
  return pairs;
}

/// RFC 3986 5.2.4 would resolve dot segments; nobody honest sends them, so they are refused.
bool has_dot_segment(std::string_view path) {
  const auto segments = dicom::path_segments(path);
  return std::any_of(segments.begin(), segments.end(),
                     [](const auto& segment) { return segment == "." || segment == ".."; });
}

std::string cookie_value(const HttpRequest& request) {
  std::string_view text = request.headers.contains("Cookie")
                              ? std::string_view(request.headers.find("Cookie")->second)
                              : std::string_view{};
  while (!text.empty()) {
    const auto end = text.find(';');
    std::string_view item = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    while (item.starts_with(' ')) item.remove_prefix(1);
    if (item.starts_with(cookie_name) && item.substr(cookie_name.size()).starts_with('='))
      return std::string(item.substr(cookie_name.size() + 1));
  }
  return {};
}

bool is_bearer(const HttpRequest& request) {
  // The scheme's case does not matter (RFC 9110 11.1).
  const std::string value = request.header("Authorization");
  constexpr std::string_view scheme = "bearer ";
  return value.size() > scheme.size() &&
         std::ranges::equal(value.substr(0, scheme.size()), scheme, {},
                            [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;  // absolute form and "*" are for proxies
  const auto fragment = target.find('#');
  if (fragment != target.npos) return std::nullopt;
  const auto question = target.find('?');
  const auto path = percent_decoded(target.substr(0, question), false);
  if (!path || has_control(*path) || path->find('\\') != path->npos || has_dot_segment(*path))
    return std::nullopt;
  if (!dicom::is_storable_text(*path)) return std::nullopt;
  auto query =
      parse_pairs(question == target.npos ? std::string_view{} : target.substr(question + 1));
  if (!query || !std::ranges::all_of(*query, [](const auto& pair) {
        return dicom::is_storable_text(pair.first) && dicom::is_storable_text(pair.second);
      }))
    return std::nullopt;
  return Target{*path, std::move(*query)};
}

std::optional<std::string> host_name(std::string_view host) {
  if (host.empty() || host.size() > 255) return std::nullopt;
  std::string_view port;
  if (host.front() == '[') {
    const auto close = host.find(']');
    if (close == host.npos) return std::nullopt;
    port = host.substr(close + 1);
    host = host.substr(0, close + 1);
  } else if (const auto colon = host.find(':'); colon != host.npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (!port.empty() &&
      (port.front() != ':' || port.substr(1).find_first_not_of("0123456789") != port.npos))
    return std::nullopt;
  std::string name;
  for (const char c : host) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 &&
        std::string_view("-._:[]").find(c) == std::string_view::npos)
      return std::nullopt;
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

void add_security_headers(HttpResponse& response, bool tls) {
  auto& headers = response.headers;
  // What is no page may do nothing; the pages name what they need themselves.
  headers.try_emplace("Content-Security-Policy",
                      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors "
                      "'none'");
  headers["X-Content-Type-Options"] = "nosniff";
  headers["X-Frame-Options"] = "DENY";
  // Not "no-referrer": with it a browser's form sends `Origin: null`, and nobody could sign in.
  headers["Referrer-Policy"] = "same-origin";
  headers["Cross-Origin-Resource-Policy"] = "same-origin";
  headers["Cross-Origin-Opener-Policy"] = "same-origin";
  headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
  if (tls) headers["Strict-Transport-Security"] = "max-age=31536000";
  headers.try_emplace("Cache-Control", "no-store");
}

HttpResponse answer_to(const std::exception& fault, std::string& failure) {
  failure = loggable(fault);
  const auto is = [&fault]<class Kind>(const Kind*) {
    return dynamic_cast<const Kind*>(&fault) != nullptr;
  };
  if (is(static_cast<const db::Unavailable*>(nullptr)) ||
      is(static_cast<const dicom::OutOfResources*>(nullptr))) {
    auto answer = HttpResponse::text(503, "The service is not available right now; try again.\n");
    answer.headers["Retry-After"] = "5";
    return answer;
  }
  if (is(static_cast<const reporting::Conflict*>(nullptr)))
    return HttpResponse::text(409, "Somebody else made a newer version; reload.\n");
  if (is(static_cast<const dicom::Malformed*>(nullptr)))
    return HttpResponse::text(400, "The request cannot be read.\n");
  return HttpResponse::text(500, "The request failed for a fault of this service.\n");
}

HttpGuard::HttpGuard(GuardSettings settings, Tokens tokens, std::vector<Route> routes)
    : settings_(std::move(settings)), tokens_(std::move(tokens)), routes_(std::move(routes)) {}

const Route* HttpGuard::route(const std::string& path) const {
  const Route* best = nullptr;
  for (const Route& candidate : routes_) {
    const auto& prefix = candidate.prefix;
    const bool under =
        prefix == "/" || path == prefix ||
        (path.starts_with(prefix) && path.size() > prefix.size() && path[prefix.size()] == '/');
    if (under && (best == nullptr || prefix.size() > best->prefix.size())) best = &candidate;
  }
  return best;
}

std::optional<HttpResponse> HttpGuard::refusal(const HttpRequest& request) const {
  const auto host = host_name(request.header("Host"));
  if (!host) return HttpResponse::text(400, "The Host header is missing or wrong.\n");
  if (settings_.check_host) {
    // A foreign name that resolves to this address is a rebinding attack on the user's browser.
    const bool ours =
        *host == "localhost" || *host == "127.0.0.1" || *host == "[::1]" ||
        std::find(settings_.hosts.begin(), settings_.hosts.end(), *host) != settings_.hosts.end();
    if (!ours) return HttpResponse::text(421, "This service is not called by that name.\n");
  }
  const auto& method = request.method;
  if (method != "GET" && method != "HEAD" && method != "POST") {
    auto answer = HttpResponse::text(405, "Only GET, HEAD and POST are understood here.\n");
    answer.headers["Allow"] = "GET, HEAD, POST";
    return answer;
  }
  // A browser names the page a POST comes from; a program that shows a token needs none.
  const std::string here =
      std::string(settings_.tls ? "https://" : "http://") + request.header("Host");
  const std::string origin = request.header("Origin");
  if (method == "POST" && origin != here && !(origin.empty() && is_bearer(request)))
    return HttpResponse::text(403, "A POST needs an Origin header that names this service.\n");
  return std::nullopt;
}

std::optional<std::string> HttpGuard::user(const HttpRequest& request,
                                           std::chrono::sys_seconds now) const {
  constexpr std::string_view scheme = "Bearer ";
  if (is_bearer(request))
    return tokens_.user_of_token(
        std::string_view(request.headers.find("Authorization")->second).substr(scheme.size()));
  return tokens_.user_of_cookie(cookie_value(request), now);
}

HttpResponse HttpGuard::login(const HttpRequest& request, std::chrono::sys_seconds now) const {
  if (request.method != "POST") return login_page(200, "Enter the access token you were given.");
  std::optional<std::string> user;
  if (const auto form = parse_pairs(request.body))
    for (const auto& [name, value] : *form)
      if (name == "token") user = tokens_.user_of_token(value);
  if (!user) return login_page(401, "That token is not known here.");
  HttpResponse answer = HttpResponse::text(303, "");
  answer.headers["Location"] = "/";
  answer.headers["Set-Cookie"] = std::string(cookie_name) + "=" +
                                 tokens_.cookie(*user, now + settings_.session) +
                                 "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" +
                                 std::to_string(std::chrono::seconds(settings_.session).count()) +
                                 (settings_.tls ? "; Secure" : "");
  return answer;
}

HttpResponse HttpGuard::not_signed_in(const HttpRequest& request, const Route& route) {
  if (route.prefix == "/" && request.method != "POST") {
    HttpResponse answer = HttpResponse::text(303, "");
    answer.headers["Location"] = "/login";
    return answer;
  }
  HttpResponse answer = HttpResponse::text(401, "Sign in, or send an access token.\n");
  answer.headers["WWW-Authenticate"] = "Bearer";
  return answer;
}

/// A refusal in plain text becomes one in the words of the route's clients; headers stay.
void HttpGuard::dress(HttpResponse& refusal, const Route& route) {
  if (!refusal.headers["Content-Type"].starts_with("text/plain")) return;
  std::string sentence = refusal.body;
  while (sentence.ends_with('\n')) sentence.pop_back();
  HttpResponse dressed = route.refusal(refusal.status, sentence);
  refusal.body = std::move(dressed.body);
  refusal.headers["Content-Type"] = dressed.headers["Content-Type"];
}

HttpResponse HttpGuard::handled(HttpRequest request, const Route& route,
                                std::chrono::sys_seconds now) const {
  const auto who = tokens_.required() ? user(request, now) : std::optional<std::string>("");
  if (!who && !route.open) return not_signed_in(request, route);
  if (request.method == "POST" && !route.post_reads && who && !tokens_.may_change(*who))
    return HttpResponse::text(403, "This account may read, and change nothing.\n");
  request.user = who.value_or("");
  request.user_name = tokens_.person_of(request.user);
  request.base_url = std::string(settings_.tls ? "https://" : "http://") + request.header("Host");
  return route.handler(request);
}

HttpGuard::Answer HttpGuard::answer(HttpRequest request, std::chrono::sys_seconds now) const {
  Answer result;
  result.label = "refused";
  const Route* chosen = route(request.path);
  try {
    const bool login_path = tokens_.required() && request.path == "/login";
    const bool style_path = tokens_.required() && request.path == "/login.css";
    if (auto refused = refusal(request)) {
      result.response = std::move(*refused);
    } else if (login_path) {
      result.label = "login";
      result.response = login(request, now);
    } else if (style_path) {
      result.label = "login";
      result.response = login_style();
    } else if (chosen == nullptr) {
      result.response = HttpResponse::text(404, "There is nothing here.\n");
    } else {
      result.label = chosen->label;
      result.response = handled(std::move(request), *chosen, now);
    }
  } catch (const std::exception& fault) {
    result.response = answer_to(fault, result.failure);
  }
  if (result.response.status >= 400 && chosen != nullptr && chosen->refusal != nullptr)
    dress(result.response, *chosen);
  add_security_headers(result.response, settings_.tls);
  return result;
}

}  // namespace tomoscribe::pipeline

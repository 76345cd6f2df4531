#include "pipeline/http_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/database.h"
#include "tests/support/files.h"

namespace tomoscribe::pipeline {
namespace {

using dicom::HttpRequest;
using dicom::HttpResponse;
using namespace std::chrono_literals;
using testing::HasSubstr;

const std::chrono::sys_seconds now{1'800'000'000s};
constexpr const char *token = "0123456789abcdef-rosa", *reader_token = "0123456789abcdef-ris";

Tokens tokens() {
  const tests::TempFolder folder;
  const auto file = folder / "tokens";
  std::ofstream(file) << "rosa:" << token << "\nris:read:" << reader_token << "\n";
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  return Tokens::load(file);
}

HttpResponse echo(const HttpRequest& request) {
  return HttpResponse::text(200, request.user + " at " + request.base_url);
}

template <class Fault>
HttpResponse fail(const HttpRequest&) {
  throw Fault("DOE^JANE");
}

HttpGuard guard(GuardSettings settings = {}, Tokens users = {}) {
  return {std::move(settings),
          std::move(users),
          {{"/", "page", echo},
           {"/api", "api", echo},
           {"/api/deep", "deep", echo},
           {"/search", "search", echo, false, true},
           {"/healthz", "health", echo, true},
           {"/away", "away", fail<db::Unavailable>},
           {"/full", "full", fail<dicom::OutOfResources>},
           {"/conflict", "conflict", fail<reporting::Conflict>},
           {"/malformed", "malformed", fail<dicom::Malformed>},
           {"/fault", "fault", fail<std::runtime_error>}}};
}

HttpRequest request(const std::string& path, const std::string& method = "GET") {
  HttpRequest request{.method = method, .path = path};
  request.headers["Host"] = "localhost:8080";
  return request;
}

TEST(HttpGuard, AReaderReadsAndChangesNothing) {
  const HttpGuard guarded = guard({}, tokens());
  const auto status = [&](const char* path, const char* method, const char* who) {
    HttpRequest asked = request(path, method);
    asked.headers["Authorization"] = std::string("Bearer ") + who;
    return guarded.answer(asked, now).response.status;
  };
  EXPECT_EQ(status("/api", "GET", reader_token), 200);
  EXPECT_EQ(status("/api", "POST", reader_token), 403);
  EXPECT_EQ(status("/search", "POST", reader_token), 200) << "a search changes nothing";
  EXPECT_EQ(status("/api", "POST", token), 200);
}

TEST(ParseTarget, DecodesPathAndQuery) {
  const auto target = parse_target("/api/a%20b?x=1&x=%C3%A4+z&flag&=&empty=");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/a b");
  const std::vector<std::pair<std::string, std::string>> expected{
      {"x", "1"}, {"x", "\xc3\xa4 z"}, {"flag", ""}, {"", ""}, {"empty", ""}};
  EXPECT_EQ(target->query, expected);
  EXPECT_EQ(parse_target("/a+b")->path, "/a+b");
}

TEST(ParseTarget, RefusesWhatNobodyHonestSends) {
  for (const char* target : {"",
                             "*",
                             "http://localhost/",
                             "localhost:80",
                             "/..",
                             "/../etc/passwd",
                             "/a/../b",
                             "/a/./b",
                             "/%2e%2e/x",
                             "/a/%2E%2e",
                             "/a%2f..%2fb",
                             "/a%5c..%5cb",
                             "/a\\b",
                             "/%00",
                             "/a%0d%0ab",
                             "/a%",
                             "/a%4",
                             "/a%zz",
                             "/a?x=%",
                             "/a?x=%g0",
                             "/a#b",
                             "/a\tb",
                             "/%7f"})
    EXPECT_FALSE(parse_target(target)) << target;
  for (const char* target : {"/", "//", "/a..b", "/...", "/.well-known", "/a%2Fb"})
    EXPECT_TRUE(parse_target(target)) << target;
}

TEST(HostName, IsTheNameWithoutPort) {
  EXPECT_EQ(host_name("LocalHost:80"), "localhost");
  EXPECT_EQ(host_name("[::1]:8080"), "[::1]");
  EXPECT_EQ(host_name("a-b.example"), "a-b.example");
  for (const char* wrong : {"", "a:b", "a:80:90", "[::1", "a b", "a@b", "a/b", "a\r\nb", "[::1]x"})
    EXPECT_FALSE(host_name(wrong)) << wrong;
  EXPECT_FALSE(host_name(std::string(256, 'a')));
}

TEST(HttpGuard, TheLongestPrefixAnswers) {
  const HttpGuard front = guard();
  const auto label = [&](const std::string& path) {
    return front.answer(request(path), now).label;
  };
  EXPECT_EQ(label("/"), "page");
  EXPECT_EQ(label("/apiary"), "page");
  EXPECT_EQ(label("/api"), "api");
  EXPECT_EQ(label("/api/x"), "api");
  EXPECT_EQ(label("/api/deep/x"), "deep");
}

TEST(HttpGuard, AForeignHostIsARebindingAttack) {
  const HttpGuard front = guard({.hosts = {"ct.hospital.example"}});
  const auto status = [&](const char* host) {
    HttpRequest asked = request("/");
    asked.headers["Host"] = host;
    return front.answer(asked, now).response.status;
  };
  for (const char* ours : {"localhost", "127.0.0.1:8080", "[::1]:1", "CT.hospital.example:8443"})
    EXPECT_EQ(status(ours), 200) << ours;
  for (const char* foreign : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example"})
    EXPECT_EQ(status(foreign), 421) << foreign;
  for (const char* broken : {"", "a b", "user@localhost"}) EXPECT_EQ(status(broken), 400) << broken;
}

TEST(HttpGuard, AnswersOnlyThreeMethods) {
  const HttpGuard front = guard();
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", ""}) {
    const auto answer = front.answer(request("/", method), now).response;
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.headers.at("Allow"), "GET, HEAD, POST");
  }
  EXPECT_EQ(front.answer(request("/", "HEAD"), now).response.status, 200);
}

TEST(HttpGuard, APostComesFromOurOwnPage) {
  const HttpGuard front = guard();
  const auto status = [&](const std::string& origin) {
    HttpRequest posted = request("/api", "POST");
    if (!origin.empty()) posted.headers["Origin"] = origin;
    return front.answer(posted, now).response.status;
  };
  EXPECT_EQ(status("http://localhost:8080"), 200);
  for (const char* foreign : {"", "null", "http://evil.example", "https://localhost:8080",
                              "http://localhost", "http://localhost:80801"})
    EXPECT_EQ(status(foreign), 403) << foreign;
}

TEST(HttpGuard, AProgramWithATokenNeedsNoOrigin) {
  HttpRequest posted = request("/api", "POST");
  posted.headers["Authorization"] = std::string("Bearer ") + token;
  EXPECT_EQ(guard({}, tokens()).answer(posted, now).response.body, "rosa at http://localhost:8080");
  posted.headers["Origin"] = "http://evil.example";
  EXPECT_EQ(guard({}, tokens()).answer(posted, now).response.status, 403);
}

TEST(HttpGuard, WithoutATokenOnlyProbesAreAnswered) {
  const HttpGuard front = guard({}, tokens());
  EXPECT_EQ(front.answer(request("/healthz"), now).response.status, 200);
  const auto page = front.answer(request("/studies"), now).response;
  EXPECT_EQ(page.status, 303);
  EXPECT_EQ(page.headers.at("Location"), "/login");
  const auto api = front.answer(request("/api/studies"), now).response;
  EXPECT_EQ(api.status, 401);
  EXPECT_EQ(api.headers.at("WWW-Authenticate"), "Bearer");
  for (const char* wrong : {"Bearer ", "Bearer x", "Basic cm9zYTp4", token}) {
    HttpRequest asked = request("/api");
    asked.headers["Authorization"] = wrong;
    EXPECT_EQ(front.answer(asked, now).response.status, 401) << wrong;
  }
}

TEST(HttpGuard, SigningInGivesACookieThatWorksForASession) {
  const HttpGuard front = guard({.tls = true}, tokens());
  HttpRequest form = request("/login", "POST");
  form.headers["Origin"] = "https://localhost:8080";
  form.body = std::string("other=1&token=") + token;
  const auto signed_in = front.answer(form, now).response;
  ASSERT_EQ(signed_in.status, 303);
  const std::string cookie = signed_in.headers.at("Set-Cookie");
  for (const char* property : {"HttpOnly", "SameSite=Strict", "Secure", "Path=/"})
    EXPECT_THAT(cookie, HasSubstr(property));
  HttpRequest asked = request("/api");
  asked.headers["Cookie"] = "theme=dark; " + cookie.substr(0, cookie.find(';'));
  EXPECT_EQ(front.answer(asked, now + 11h).response.body, "rosa at https://localhost:8080");
  EXPECT_EQ(front.answer(asked, now + 12h).response.status, 401);
}

TEST(HttpGuard, AWrongTokenAtTheLoginIsNotRepeated) {
  const HttpGuard front = guard({}, tokens());
  EXPECT_EQ(front.answer(request("/login"), now).response.status, 200);
  HttpRequest form = request("/login", "POST");
  form.headers["Origin"] = "http://localhost:8080";
  for (const char* body : {"", "token=", "token=%", "token=<script>alert(1)</script>"}) {
    form.body = body;
    const auto answer = front.answer(form, now).response;
    EXPECT_EQ(answer.status, 401) << body;
    EXPECT_EQ(answer.body.find("alert"), std::string::npos);
  }
  form.headers["Origin"] = "http://evil.example";
  EXPECT_EQ(front.answer(form, now).response.status, 403);
}

TEST(HttpGuard, EveryFailureHasItsAnswerAndNoneShowsItsWords) {
  const HttpGuard front = guard();
  const auto check = [&](const char* path, int status, const char* failure) {
    const auto answer = front.answer(request(path), now);
    EXPECT_EQ(answer.response.status, status) << path;
    EXPECT_EQ(answer.response.body.find("DOE"), std::string::npos) << path;
    EXPECT_THAT(answer.failure, HasSubstr(failure));
  };
  check("/away", 503, "DOE^JANE");  // our own exceptions promise to hold no patient's data
  check("/full", 503, "DOE^JANE");
  check("/conflict", 409, "DOE^JANE");
  check("/malformed", 400, "DOE^JANE");
  check("/fault", 500, "unexpected std::runtime_error");
  EXPECT_EQ(front.answer(request("/away"), now).response.headers.at("Retry-After"), "5");
}

TEST(HttpGuard, EveryAnswerCarriesTheSecurityHeaders) {
  const HttpGuard front = guard({.tls = true}, tokens());
  for (const char* path : {"/", "/api", "/healthz", "/fault", "/login"}) {
    const auto headers = front.answer(request(path), now).response.headers;
    EXPECT_THAT(headers.at("Content-Security-Policy"), HasSubstr("default-src 'none'"));
    EXPECT_THAT(headers.at("Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
    EXPECT_EQ(headers.at("X-Content-Type-Options"), "nosniff");
    // "no-referrer" would make the browser's login form send `Origin: null`, which is refused.
    EXPECT_EQ(headers.at("Referrer-Policy"), "same-origin");
    EXPECT_EQ(headers.at("Cache-Control"), "no-store");
    EXPECT_THAT(headers.at("Strict-Transport-Security"), HasSubstr("max-age"));
  }
  EXPECT_FALSE(
      guard().answer(request("/"), now).response.headers.contains("Strict-Transport-Security"));
}

}  // namespace
}  // namespace tomoscribe::pipeline

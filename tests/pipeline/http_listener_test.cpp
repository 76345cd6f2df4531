// Over real sockets, with clients that behave badly.

#include "pipeline/http_listener.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/config.h"
#include "tests/pipeline/raw_socket.h"
#include "tests/support/files.h"

namespace tomoscribe::pipeline {
namespace {

using dicom::HttpRequest;
using dicom::HttpResponse;
using namespace std::chrono_literals;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using tests::RawSocket;

constexpr auto patience = 20s;

/// Holds requests until it is opened.
class Gate {
 public:
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, patience, [this] { return open_; });
  }
  void wait_for(int waiting) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return waiting_ >= waiting; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

class Listener : public testing::Test {
 protected:
  void listen(ListenerSettings settings = {}) {
    settings.port = 0;
    server_.emplace(settings, guard_, [this](const Exchange& exchange) {
      const std::scoped_lock lock(mutex_);
      exchanges_.push_back(exchange);
    });
  }
  void stop() { server_.reset(); }
  std::uint16_t port() const { return server_->port(); }
  Gate& gate() { return gate_; }
  std::vector<Exchange> exchanges() {
    const std::scoped_lock lock(mutex_);
    return exchanges_;
  }
  /// The answer to one raw request, whose connection it asks to close.
  std::string answer(const std::string& raw) const {
    RawSocket client(port());
    client.send(raw);
    return client.receive_all(patience);
  }
  static std::string get(const std::string& path, const std::string& more = "") {
    std::string text = "GET ";
    text.append(path).append(" HTTP/1.1\r\nHost: localhost\r\n").append(more);
    return text.append("\r\n");
  }
  static std::string post(const std::string& more, const std::string& body) {
    std::string text =
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nConnection: "
        "close\r\n";
    text.append(more).append("\r\n");
    return text.append(body);
  }

 private:
  HttpResponse serve(const HttpRequest& request) {
    if (request.path == "/gate") gate_.pass();
    if (request.path == "/nothing") return {.status = 204};
    if (request.path == "/big") return HttpResponse::text(200, std::string(1 << 18, 'x'));
    if (request.path == "/headers") {
      std::string text;
      for (const auto& [name, value] : request.headers) text += name + "=" + value + "\n";
      return HttpResponse::text(200, text);
    }
    return HttpResponse::text(200, request.method + " " + request.path + " " + request.body + "\n");
  }

  Gate gate_;
  HttpGuard guard_{
      {}, {}, {{"/", "page", [this](const HttpRequest& request) { return serve(request); }}}};
  std::mutex mutex_;
  std::vector<Exchange> exchanges_;
  std::optional<HttpListener> server_;
};

TEST_F(Listener, AnswersAndTellsTheObserver) {
  listen();
  const std::string text = answer(get("/a%20b?x=1", "Connection: close\r\n"));
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\n\r\nGET /a b \n"));
  EXPECT_THAT(text, HasSubstr("Content-Security-Policy: "));
  EXPECT_THAT(text, Not(HasSubstr("Poco")));
  stop();
  ASSERT_EQ(exchanges().size(), 1U);
  EXPECT_EQ(exchanges()[0].label, "page");
  EXPECT_EQ(exchanges()[0].status, 200);
}

TEST_F(Listener, KeepsAConnectionForTheNextRequest) {
  listen();
  RawSocket client(port());
  for (const char* path : {"/1", "/2", "/3"}) {
    ASSERT_TRUE(client.send(get(path)));
    EXPECT_THAT(client.receive_until(" \n", patience), HasSubstr(std::string("GET ") + path));
  }
  client.send(get("/4") + get("/5", "Connection: close\r\n"));  // pipelined
  const std::string both = client.receive_all(patience);
  EXPECT_THAT(both, HasSubstr("GET /4"));
  EXPECT_THAT(both, HasSubstr("GET /5"));
}

TEST_F(Listener, HeadGivesTheLengthAndNoBody) {
  listen();
  const std::string text =
      answer("HEAD /big HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(text, HasSubstr("Content-Length: 262144\r\n"));
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
  const std::string empty = answer(get("/nothing", "Connection: close\r\n"));
  EXPECT_THAT(empty, StartsWith("HTTP/1.1 204"));
  EXPECT_TRUE(empty.ends_with("\r\n\r\n"));
}

TEST_F(Listener, TakesABodyThatNamesItsLength) {
  listen();
  EXPECT_THAT(answer(post("Content-Length: 5\r\n", "hello")), HasSubstr("POST /echo hello\n"));
  EXPECT_THAT(answer(post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")),
              StartsWith("HTTP/1.1 411"));
}

TEST_F(Listener, AnOverlongBodyIsRefusedBeforeItIsRead) {
  listen({.max_body_bytes = 1000});
  EXPECT_THAT(answer(post("Content-Length: 1001\r\n", "")), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer(post("Content-Length: 99999999999999999\r\n", "")),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer(post("Content-Length: 1000\r\n", std::string(1000, 'x'))),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(Listener, SilentConnectionsKeepNobodyOut) {
  listen({.threads = 4});
  std::deque<RawSocket> silent;
  for (int i = 0; i < 12; ++i) silent.emplace_back(port());
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(answer(get("/", "Connection: close\r\n")), StartsWith("HTTP/1.1 200"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s) << "their deadline is 10 s";
}

/// RFC 9112 6.3, 11.2: what two parsers could frame in two ways is refused, and never answered
/// twice.
TEST_F(Listener, ARequestWithTwoFramingsIsRefused) {
  listen();
  const std::string inner = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const std::string& framing :
       {std::string("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        std::string("Content-Length: 5\r\nContent-Length: 6\r\n"),
        std::string("Content-Length: 5, 6\r\n"), std::string("Content-Length: -1\r\n"),
        std::string("Content-Length: +5\r\n"), std::string("Content-Length: 0x5\r\n"),
        std::string("Content-Length: five\r\n"), std::string("Content-Length: \r\n"),
        std::string("Content-Length: 18446744073709551617\r\n"),
        std::string("Content-Length : 5\r\n"), std::string("Transfer-Encoding: xchunked\r\n"),
        std::string("Transfer-Encoding: chunked\r\n"),
        std::string("Transfer-Encoding: chunked, identity\r\n"),
        std::string("Transfer-Encoding: gzip, chunked\r\n"),
        std::string("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        std::string("Transfer-Encoding\x0b: chunked\r\n"), std::string("Host: other\r\n"),
        std::string("Origin: http://localhost\r\n")}) {
    const std::string text =
        answer("POST /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n" + framing +
               "\r\n0\r\n\r\n" + inner);
    // "": cut without an answer, where Poco gives up before any handler.
    EXPECT_THAT(text, AnyOf(StartsWith("HTTP/1.1 400"), StartsWith("HTTP/1.1 411"), "")) << framing;
    EXPECT_THAT(text, Not(HasSubstr("smuggled"))) << framing;
  }
}

TEST_F(Listener, RefusesWhatIsNoRequest) {
  listen();
  for (const std::string& raw :
       {std::string(
            "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        std::string("GET /%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x01"
                    "b\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15)})
    EXPECT_THAT(answer(raw), AnyOf(StartsWith("HTTP/1.1 400"), StartsWith("HTTP/1.0 400"), ""))
        << raw;
}

TEST_F(Listener, BoundsTheHeader) {
  listen({.header_timeout = 2s});
  const auto harmless = AnyOf(StartsWith("HTTP/1.1 4"), "");
  EXPECT_THAT(answer(get("/" + std::string(1 << 20, 'a'), "Connection: close\r\n")), harmless);
  EXPECT_THAT(answer(get("/", "X: " + std::string(1 << 20, 'a') + "\r\n")), harmless);
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_THAT(answer(get("/", many)), harmless);
  EXPECT_THAT(answer(get("/", "Connection: close\r\n")), StartsWith("HTTP/1.1 200"));
}

TEST_F(Listener, AHeaderThatDripsIsCutAtItsDeadline) {
  listen({.header_timeout = 1s});
  RawSocket client(port());
  const auto started = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: ");
  while (client.send("a")) {  // each byte alone would be in time
    client.receive_until("HTTP", 50ms);
    if (client.closed() || std::chrono::steady_clock::now() - started > patience) break;
  }
  EXPECT_TRUE(client.closed());
  EXPECT_LT(std::chrono::steady_clock::now() - started, patience);
}

TEST_F(Listener, ABodyThatDripsIsCutAtItsDeadline) {
  listen({.body_timeout = 1s});
  RawSocket client(port());
  const auto started = std::chrono::steady_clock::now();
  client.send(post("Content-Length: 1000\r\n", ""));
  while (client.send("a")) {
    client.receive_until("\r\n\r\n", 50ms);
    if (client.closed() || std::chrono::steady_clock::now() - started > patience) break;
  }
  EXPECT_TRUE(client.closed());
  EXPECT_LT(std::chrono::steady_clock::now() - started, patience);
}

TEST_F(Listener, SilentClientsHoldUpNobody) {
  listen({.threads = 4, .header_timeout = 1s});
  std::vector<std::unique_ptr<RawSocket>> silent;
  silent.reserve(4);
  for (int i = 0; i < 4; ++i) silent.push_back(std::make_unique<RawSocket>(port()));
  EXPECT_THAT(answer(get("/", "Connection: close\r\n")), StartsWith("HTTP/1.1 200"));
}

TEST_F(Listener, AReaderThatDoesNotReadIsCut) {
  listen({.threads = 4, .body_timeout = 1s, .keep_alive = 1s});
  std::vector<std::unique_ptr<RawSocket>> deaf;
  for (int i = 0; i < 4; ++i) {
    deaf.push_back(std::make_unique<RawSocket>(port()));
    for (int n = 0; n < 60; ++n) deaf.back()->send(get("/big"));
  }
  EXPECT_THAT(answer(get("/", "Connection: close\r\n")), StartsWith("HTTP/1.1 200"));
}

TEST_F(Listener, ServesManyAtOnce) {
  listen({.threads = 16});
  std::vector<std::jthread> clients;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 8; ++i)
    clients.emplace_back([&] {
      answered += answer(get("/gate", "Connection: close\r\n")).starts_with("HTTP/1.1 200") ? 1 : 0;
    });
  gate().wait_for(8);  // all of them are inside the handler at the same time
  gate().open();
  clients.clear();
  EXPECT_EQ(answered, 8);
}

TEST_F(Listener, LetsARequestInFlightEndWhenItStops) {
  listen();
  std::string text;
  std::jthread client([&] { text = answer(get("/gate")); });
  gate().wait_for(1);
  RawSocket idle(port());
  std::jthread opener([this] {
    std::this_thread::yield();
    gate().open();
  });
  stop();
  client.join();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200"));
  idle.receive_all(patience);
  EXPECT_TRUE(idle.closed());
}

TEST_F(Listener, ASecondServiceOnThePortFails) {
  listen();
  const HttpGuard none({}, {}, {});
  EXPECT_THROW(HttpListener({.port = port()}, none, [](const Exchange&) {}), std::system_error);
}

TEST_F(Listener, SpeaksTlsWithACertificate) {
  const tests::TempFolder folder;
  const std::string key = folder / "key.pem", certificate = folder / "certificate.pem";
  const auto made = tests::run(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
      "/CN=localhost -addext subjectAltName=DNS:localhost -keyout '" +
      key + "' -out '" + certificate + "'");
  ASSERT_EQ(made.status, 0) << made.output;
  listen({.tls_certificate = certificate, .tls_key = key, .header_timeout = 1s});
  const std::string url = "https://localhost:" + std::to_string(port());
  const std::string curl = "timeout 20 curl -sS --cacert '" + certificate + "' ";
  const auto served = tests::run(curl + "-D - " + url + "/x");
  EXPECT_THAT(served.output, HasSubstr("GET /x")) << served.output;
  EXPECT_EQ(tests::run(curl + "--tls-max 1.1 " + url).status, 35) << "old TLS is refused";
  EXPECT_THAT(answer(get("/plain")), Not(HasSubstr("GET /plain")));
  RawSocket silent(port());  // a handshake that never comes
  silent.receive_all(patience);
  EXPECT_TRUE(silent.closed());
  EXPECT_THAT(tests::run(curl + url + "/still").output, HasSubstr("GET /still"));
}

TEST_F(Listener, SaysThatItsCertificateCannotBeUsed) {
  const tests::TempFolder folder;
  std::ofstream(folder / "bad.pem") << "no certificate\n";
  EXPECT_THROW(listen({.tls_certificate = folder / "bad.pem", .tls_key = folder / "bad.pem"}),
               ConfigError);
}

}  // namespace
}  // namespace tomoscribe::pipeline

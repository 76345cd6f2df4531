#include "pipeline/http_listener.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <system_error>

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>

#include "pipeline/config.h"
#include "pipeline/connection_watch.h"

namespace tomoscribe::pipeline {

namespace net = Poco::Net;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

namespace {

/// What the pieces that Poco creates share.
struct Shared {
  ListenerSettings settings;
  const HttpGuard& guard;
  ExchangeObserver observer;
  ConnectionWatch& watch;
  bool tls = false;
};

/// Why a request is refused before anybody looks at it; status 0: it is fine.
struct EarlyRefusal {
  int status = 0;
  const char* sentence = "";
};

/// RFC 9110 5.6.2: what a header's name is made of.
bool is_token(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// RFC 9110 5.5: no control characters but the tab.
bool is_header_value(const std::string& text) {
  return std::ranges::none_of(text,
                              [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

bool comes_twice(const net::HTTPServerRequest& request, const char* name) {
  return std::count_if(request.begin(), request.end(), [name](const auto& header) {
           return Poco::icompare(header.first, name) == 0;
         }) > 1;
}

bool is_length(const std::string& text) {
  return !text.empty() && text.size() <= 18 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

/// RFC 9112 6.3: a request framed in two ways, or naming two hosts, is an attempt to smuggle.
EarlyRefusal framing_fault(const net::HTTPServerRequest& request) {
  for (const char* once :
       {"Host", "Content-Length", "Transfer-Encoding", "Origin", "Authorization"})
    if (comes_twice(request, once)) return {400, "A header that may come once came twice.\n"};
  for (const auto& [name, value] : request)
    if (!is_token(name) || !is_header_value(value)) return {400, "A header cannot be read.\n"};
  if (request.has("Content-Length") && !is_length(request.get("Content-Length")))
    return {400, "The length is wrong.\n"};
  if (request.has("Content-Length") && request.has("Transfer-Encoding"))
    return {400, "The request has two lengths.\n"};
  // Every client of ours knows its length; what follows a chunked body that was misread would be
  // taken for the next request.
  if (request.has("Transfer-Encoding")) return {411, "A request must name its length.\n"};
  return {};
}

/// The body, or why not. `complete` is false when bytes of it may still be on the wire.
EarlyRefusal read_body(net::HTTPServerRequest& request, std::size_t limit, std::string& body) {
  const EarlyRefusal too_long{413, "The request is too long.\n"};
  if (!request.has("Content-Length")) return {};
  const auto length = request.getContentLength64();
  if (static_cast<std::uint64_t>(length) > limit) return too_long;
  const auto expected = static_cast<std::size_t>(length);
  std::array<char, 16384> block{};
  auto& stream = request.stream();
  while (stream.good() && body.size() < expected) {
    stream.read(block.data(), block.size());
    body.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (body.size() != expected) return {400, "The request ended early.\n"};
  return {};
}

class Handler : public net::HTTPRequestHandler {
 public:
  explicit Handler(Shared& shared) : shared_(shared) {}

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
    const auto started = SteadyClock::now();
    Exchange exchange;
    exchange.method = known_method(request.getMethod());
    dicom::HttpResponse answer = answer_to(request, response, exchange);
    const std::string peer = request.clientAddress().toString();
    // A reader slower than 64 KiB/s is as bad as a slow sender.
    shared_.watch.busy(
        peer, shared_.settings.body_timeout + std::chrono::seconds(answer.body.size() >> 16U));
    if (shared_.watch.draining()) response.setKeepAlive(false);
    send(answer, request, response);
    shared_.watch.idle(peer, shared_.settings.keep_alive + shared_.settings.header_timeout);
    exchange.status = answer.status;
    exchange.bytes = answer.body.size();
    exchange.seconds = std::chrono::duration<double>(SteadyClock::now() - started).count();
    shared_.observer(exchange);
  }

 private:
  /// A label for metrics must not be the caller's free text.
  static std::string known_method(const std::string& method) {
    static const std::set<std::string, std::less<>> known{"GET",    "HEAD",    "POST", "PUT",
                                                          "DELETE", "OPTIONS", "PATCH"};
    return known.contains(method) ? method : "other";
  }

  dicom::HttpResponse refuse(const EarlyRefusal& why, net::HTTPServerResponse& response,
                             Exchange& exchange) const {
    response.setKeepAlive(false);  // its body may still be on the wire
    exchange.label = "refused";
    auto answer = dicom::HttpResponse::text(why.status, why.sentence);
    add_security_headers(answer, shared_.tls);
    return answer;
  }

  dicom::HttpResponse answer_to(net::HTTPServerRequest& request, net::HTTPServerResponse& response,
                                Exchange& exchange) {
    if (const auto fault = framing_fault(request); fault.status != 0)
      return refuse(fault, response, exchange);
    auto target = parse_target(request.getURI());
    if (!target) return refuse({400, "The address cannot be read.\n"}, response, exchange);
    dicom::HttpRequest plain;
    if (const auto fault = read_body(request, shared_.settings.max_body_bytes, plain.body);
        fault.status != 0)
      return refuse(fault, response, exchange);
    // The handler's own time is not the sender's fault.
    shared_.watch.busy(request.clientAddress().toString(), 1h);
    plain.method = request.getMethod();
    plain.path = std::move(target->path);
    plain.query = std::move(target->query);
    for (const auto& [name, value] : request) {
      auto& held = plain.headers[name];
      held += held.empty() ? value : ", " + value;
    }
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    auto answer = shared_.guard.answer(std::move(plain), now);
    exchange.label = std::move(answer.label);
    exchange.failure = std::move(answer.failure);
    return std::move(answer.response);
  }

  static void send(const dicom::HttpResponse& answer, const net::HTTPServerRequest& request,
                   net::HTTPServerResponse& response) {
    const auto status = static_cast<net::HTTPResponse::HTTPStatus>(answer.status);
    response.setVersion(net::HTTPMessage::HTTP_1_1);  // Poco echoes what the peer called its own
    response.setStatusAndReason(status, net::HTTPResponse::getReasonForStatus(status));
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    const bool has_body = answer.status != 204 && answer.status != 304;
    if (has_body) response.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
    std::ostream& out = response.send();
    if (has_body && request.getMethod() != "HEAD")
      out.write(answer.body.data(), static_cast<std::streamsize>(answer.body.size()));
    // Else Poco keeps a small answer back until the response is destroyed, and by then the
    // connection counts as idle and may have been cut.
    out.flush();
  }

  Shared& shared_;
};

class HandlerFactory : public net::HTTPRequestHandlerFactory {
 public:
  explicit HandlerFactory(Shared& shared) : shared_(shared) {}
  net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest& request) override {
    shared_.watch.busy(request.clientAddress().toString(), shared_.settings.body_timeout);
    return new Handler(shared_);  // Poco deletes it
  }

 private:
  Shared& shared_;
};

class Connection : public net::HTTPServerConnection {
 public:
  Connection(const net::StreamSocket& socket, Shared& shared, net::HTTPServerParams::Ptr params,
             net::HTTPRequestHandlerFactory::Ptr factory)
      : HTTPServerConnection(socket, std::move(params), std::move(factory)), shared_(shared) {}

  void run() override {
    const auto ticket =
        shared_.watch.add(socket().peerAddress().toString(), socket().impl()->sockfd(),
                          shared_.settings.header_timeout);
    try {
      HTTPServerConnection::run();
    } catch (const std::exception&) {
      // The peer is gone, was cut, its TLS handshake failed, or its length is no number (Poco has
      // closed the socket by then): nobody is left to answer.
      (void)0;
    }
    shared_.watch.remove(ticket);
  }

 private:
  Shared& shared_;
};

class ConnectionFactory : public net::TCPServerConnectionFactory {
 public:
  ConnectionFactory(Shared& shared, net::HTTPServerParams::Ptr params)
      : shared_(shared), params_(std::move(params)), factory_(new HandlerFactory(shared)) {}
  net::TCPServerConnection* createConnection(const net::StreamSocket& socket) override {
    return new Connection(socket, shared_, params_, factory_);  // Poco deletes it
  }

 private:
  Shared& shared_;
  net::HTTPServerParams::Ptr params_;
  net::HTTPRequestHandlerFactory::Ptr factory_;
};

net::Context::Ptr tls_context(const ListenerSettings& settings) {
  try {
    net::initializeSSL();
    net::Context::Ptr context = new net::Context(
        net::Context::TLS_SERVER_USE, settings.tls_key.string(), settings.tls_certificate.string(),
        "", net::Context::VERIFY_NONE, 9, false, "HIGH:!aNULL:!MD5:!kRSA");
    context->disableProtocols(net::Context::PROTO_SSLV2 | net::Context::PROTO_SSLV3 |
                              net::Context::PROTO_TLSV1 | net::Context::PROTO_TLSV1_1);
    return context;
  } catch (const Poco::Exception& fault) {
    throw ConfigError("http.tls_certificate or http.tls_key cannot be used: " + fault.message());
  }
}

net::ServerSocket bound_socket(const ListenerSettings& settings) {
  net::ServerSocket socket;
  if (!settings.tls_key.empty())
    // NOLINTNEXTLINE(cppcoreguidelines-slicing): a handle; its implementation goes on doing TLS
    socket = net::SecureServerSocket(tls_context(settings));
  try {
    const std::string host = settings.listen == "localhost" ? "127.0.0.1" : settings.listen;
    // Not SO_REUSEPORT: a second service on the port must fail, not share.
    socket.bind(net::SocketAddress(host, settings.port), true, false);
    socket.listen(256);
    return socket;
  } catch (const Poco::Exception& fault) {
    throw std::system_error(
        fault.code() != 0 ? fault.code() : EADDRNOTAVAIL, std::generic_category(),
        "HTTP cannot listen on " + settings.listen + ":" + std::to_string(settings.port));
  }
}

}  // namespace

struct HttpListener::Impl {
  ConnectionWatch watch;
  Shared shared;
  Poco::ThreadPool threads;
  net::TCPServer server;

  Impl(const ListenerSettings& settings, const HttpGuard& guard, ExchangeObserver observer)
      : watch(static_cast<std::size_t>(settings.threads)),
        shared{settings, guard, std::move(observer), watch, !settings.tls_key.empty()},
        threads("http", 2, settings.threads),
        server(new ConnectionFactory(shared, params(settings)), threads, bound_socket(settings),
               params(settings)) {
    server.start();
  }
  ~Impl() {
    server.stop();
    watch.drain(10s);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static net::HTTPServerParams::Ptr params(const ListenerSettings& settings) {
    net::HTTPServerParams::Ptr result = new net::HTTPServerParams;
    result->setMaxThreads(settings.threads);
    result->setMaxQueued(4 * settings.threads);
    result->setTimeout(Poco::Timespan(static_cast<long>(settings.header_timeout.count()), 0));
    result->setKeepAlive(true);
    result->setKeepAliveTimeout(Poco::Timespan(static_cast<long>(settings.keep_alive.count()), 0));
    return result;
  }
};

HttpListener::HttpListener(const ListenerSettings& settings, const HttpGuard& guard,
                           ExchangeObserver observer)
    : impl_(std::make_unique<Impl>(settings, guard, std::move(observer))) {}
HttpListener::~HttpListener() = default;

std::uint16_t HttpListener::port() const {
  return impl_->server.port();
}

}  // namespace tomoscribe::pipeline

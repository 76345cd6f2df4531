#pragma once
// The one HTTP socket: Poco inside, plain values outside.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "pipeline/http_guard.h"

namespace tomoscribe::pipeline {

struct ListenerSettings {
  std::string listen = "127.0.0.1";
  std::uint16_t port = 8080;                       ///< 0: any free port
  std::filesystem::path tls_certificate, tls_key;  ///< PEM; empty: plain HTTP
  int threads = 64;  ///< connections served at once; four times as many may wait
  std::size_t max_body_bytes = 4U << 20U;
  std::chrono::seconds header_timeout{10};  ///< from the first byte's chance to the last header
  std::chrono::seconds body_timeout{30};
  std::chrono::seconds keep_alive{5};
};

/// One exchange, for logs and metrics: never the path, which may name a patient.
struct Exchange {
  std::string label, method;
  int status = 0;
  double seconds = 0;
  std::size_t bytes = 0;
  std::string failure;
};

/// Called from several threads at once.
using ExchangeObserver = std::function<void(const Exchange&)>;

/// A connection that does not finish its request in time is cut, however slowly it drips: a
/// deadline holds for the whole header and the whole body, not for each byte.
class HttpListener {
 public:
  /// Listens on return. \throws std::system_error when the port cannot be bound; ConfigError when
  /// the TLS files are bad.
  HttpListener(const ListenerSettings& settings, const HttpGuard& guard, ExchangeObserver observer);
  ~HttpListener();  ///< stops accepting, lets requests in flight end (at most 10 s), joins
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;
  std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tomoscribe::pipeline

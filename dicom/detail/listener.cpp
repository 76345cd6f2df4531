#include "dicom/detail/listener.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace tomoscribe::dicom::detail {
namespace {

constexpr std::size_t most_pending = 512;
constexpr std::uint32_t longest_request = 100000;  // 128 presentation contexts take about 40 kB
constexpr int look_again_ms = 20;

[[noreturn]] void system_fault(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int listening_socket(const std::string& address, std::uint16_t port) {
  const std::string what = "cannot listen for DICOM on " + address + ":" + std::to_string(port);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &name.sin_addr) != 1) {
    errno = EINVAL;
    system_fault(what);
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(fd, 128) != 0) {
    const int reason = errno;
    if (fd >= 0) ::close(fd);
    errno = reason;
    system_fault(what);
  }
  return fd;
}

std::uint16_t bound_port(int fd) {
  sockaddr_in name{};
  socklen_t size = sizeof name;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.sin_port);
}

enum class First { whole, incomplete, wrong };

/// Looks into the socket's buffer without taking anything out (PS3.8 9.3.1: type, reserved, 4-byte
/// length).
First first_pdu(int fd) {
  std::array<unsigned char, 6> head{};
  const ssize_t got = ::recv(fd, head.data(), head.size(), MSG_PEEK | MSG_DONTWAIT);
  if (got == 0) return First::wrong;
  if (got < 0)
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? First::incomplete
                                                                     : First::wrong;
  if (head[0] != 0x01) return First::wrong;
  if (got < static_cast<ssize_t>(head.size())) return First::incomplete;
  const std::uint32_t length = (std::uint32_t{head[2]} << 24U) | (std::uint32_t{head[3]} << 16U) |
                               (std::uint32_t{head[4]} << 8U) | std::uint32_t{head[5]};
  if (length > longest_request) return First::wrong;
  std::vector<unsigned char> whole(length + head.size());
  const ssize_t there = ::recv(fd, whole.data(), whole.size(), MSG_PEEK | MSG_DONTWAIT);
  return there == static_cast<ssize_t>(whole.size()) ? First::whole : First::incomplete;
}

}  // namespace

Listener::Listener(const std::string& address, std::uint16_t port, std::size_t queue_limit,
                   std::chrono::seconds first_pdu_timeout,
                   std::function<void(const std::string&, const std::string&)> refused)
    : fd_(listening_socket(address, port)),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      port_(bound_port(fd_)),
      queue_limit_(queue_limit),
      first_pdu_timeout_(first_pdu_timeout),
      refused_(std::move(refused)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Listener::~Listener() {
  stop();
  if (thread_.joinable()) thread_.join();
  for (const Pending& pending : pending_) ::close(pending.fd);
  for (const Connection& connection : ready_) ::close(connection.fd);
  ::close(fd_);
  ::close(wake_fd_);
}

std::optional<Connection> Listener::next() {
  std::unique_lock lock(mutex_);
  waiting_.wait(lock, [this] { return stopped_ || !ready_.empty(); });
  if (stopped_) return std::nullopt;
  Connection connection = std::move(ready_.front());
  ready_.pop_front();
  ++busy_;
  return connection;
}

void Listener::done() {
  const std::lock_guard lock(mutex_);
  --busy_;
}

void Listener::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  waiting_.notify_all();
  thread_.request_stop();
  const std::uint64_t one = 1;
  if (::write(wake_fd_, &one, sizeof one) < 0) return;  // already signalled
}

std::vector<pollfd> Listener::watched() const {
  const auto reading = [](bool wanted) { return static_cast<short>(wanted ? POLLIN : 0); };
  std::vector<pollfd> polled{{.fd = wake_fd_, .events = POLLIN},
                             {.fd = fd_, .events = reading(!exhausted_)}};
  // A partly received request stays readable: it is looked at again after a moment, not in a busy
  // loop.
  for (const Pending& pending : pending_)
    polled.push_back({.fd = pending.fd, .events = reading(!pending.partial)});
  return polled;
}

void Listener::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    auto polled = watched();
    const bool again = exhausted_ || std::ranges::any_of(pending_, &Pending::partial);
    ::poll(polled.data(), polled.size(), again ? look_again_ms : 1000);
    if (stop.stop_requested()) return;
    for (std::size_t i = 0; i < pending_.size(); ++i)
      if (pending_[i].partial || polled[i + 2].revents != 0) look_at(pending_[i]);
    drop_late();
    if (exhausted_ || polled[1].revents != 0) accept_all();
  }
}

void Listener::drop_late() {
  const auto now = std::chrono::steady_clock::now();
  for (Pending& pending : pending_) {
    if (pending.fd < 0 || now - pending.since < first_pdu_timeout_) continue;
    refused_(pending.address, "no association request in time");
    ::close(pending.fd);
    pending.fd = -1;
  }
  std::erase_if(pending_, [](const Pending& pending) { return pending.fd < 0; });
}

void Listener::accept_all() {
  while (true) {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&name), &size, SOCK_CLOEXEC);
    if (fd < 0) {
      const bool exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS;
      if (exhausted && !exhausted_) refused_("", "no file descriptor is left for a connection");
      exhausted_ = exhausted;
      return;
    }
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &name.sin_addr, text.data(), text.size());
    if (pending_.size() >= most_pending) {
      refused_(text.data(), "too many connections that have not asked for an association");
      ::close(fd);
      continue;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    pending_.push_back(
        {.fd = fd, .address = text.data(), .since = std::chrono::steady_clock::now()});
    look_at(pending_.back());
  }
}

void Listener::look_at(Pending& pending) {
  switch (first_pdu(pending.fd)) {
    case First::whole: hand_over(pending); break;
    case First::incomplete: {
      std::array<char, 1> byte{};
      pending.partial = ::recv(pending.fd, byte.data(), byte.size(), MSG_PEEK | MSG_DONTWAIT) > 0;
      break;
    }
    case First::wrong:
      refused_(pending.address,
               "the connection closed or did not begin with an association request");
      ::close(pending.fd);
      pending.fd = -1;
      break;
  }
}

void Listener::hand_over(Pending& pending) {
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    full = ready_.size() + busy_ >= queue_limit_;
    if (!full) ready_.push_back({.fd = pending.fd, .address = pending.address});
  }
  if (full) {
    refused_(pending.address, "every association handler is busy");
    refuse_busy(pending.fd);
    ::close(pending.fd);
  } else {
    waiting_.notify_one();
  }
  pending.fd = -1;
}

/// A-ASSOCIATE-RJ: transient, service provider (presentation), local limit exceeded (PS3.8 9.3.4).
void Listener::refuse_busy(int fd) {
  std::vector<char> request(longest_request + 6);
  if (::recv(fd, request.data(), request.size(), MSG_DONTWAIT) < 0)
    return;  // taken out: else close() resets
  constexpr std::array<unsigned char, 10> rejection{0x03, 0x00, 0x00, 0x00, 0x00,
                                                    0x04, 0x00, 0x02, 0x03, 0x02};
  if (::send(fd, rejection.data(), rejection.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
  ::shutdown(fd, SHUT_WR);
}

}  // namespace tomoscribe::dicom::detail

#pragma once
// The accept side of the intake: holds connections until their first PDU is whole, so that a silent
// peer costs a file descriptor and no thread.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <poll.h>
#include <string>
#include <thread>
#include <vector>

namespace tomoscribe::dicom::detail {

/// An accepted connection whose A-ASSOCIATE-RQ lies whole in the socket's buffer. Owns the
/// descriptor.
struct Connection {
  int fd = -1;
  std::string address;
};

class Listener {
 public:
  /// Listens on return. \throws std::system_error.
  Listener(const std::string& address, std::uint16_t port, std::size_t queue_limit,
           std::chrono::seconds first_pdu_timeout,
           std::function<void(const std::string& address, const std::string& reason)> refused);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const { return port_; }
  int descriptor() const { return fd_; }
  /// The next connection, or nullopt once stopped. Called by the crew, from several threads.
  std::optional<Connection> next();
  /// A crew member is free again (next() counted it busy).
  void done();
  /// No more connections; next() returns nullopt to everybody.
  void stop();

 private:
  struct Pending {
    int fd = -1;
    std::string address;
    std::chrono::steady_clock::time_point since;
    bool partial = false;
  };
  void run(const std::stop_token& stop);
  std::vector<pollfd> watched() const;  ///< our two first, then a row for each pending one
  void accept_all();
  void drop_late();
  void look_at(Pending& pending);
  void hand_over(Pending& pending);
  static void refuse_busy(int fd);

  int fd_ = -1, wake_fd_ = -1;
  std::uint16_t port_ = 0;
  std::size_t queue_limit_;
  std::chrono::seconds first_pdu_timeout_;
  std::function<void(const std::string&, const std::string&)> refused_;
  bool exhausted_ = false;        // no descriptor was left: looked at again after a moment
  std::vector<Pending> pending_;  // the accept thread's alone
  std::mutex mutex_;
  std::condition_variable waiting_;
  std::deque<Connection> ready_;  // guarded by mutex_
  std::size_t busy_ = 0;          // guarded by mutex_
  bool stopped_ = false;          // guarded by mutex_
  std::jthread thread_;
};

}  // namespace tomoscribe::dicom::detail

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace tomoscribe::pipeline {

/// Deadlines of connections that threads elsewhere block on: whoever misses his is shut down, which
/// ends the block. Thread-safe.
class ConnectionWatch {
 public:
  using Clock = std::chrono::steady_clock;

  ConnectionWatch();
  ~ConnectionWatch();
  ConnectionWatch(const ConnectionWatch&) = delete;
  ConnectionWatch& operator=(const ConnectionWatch&) = delete;

  /// Watches `descriptor` under the peer's address; the connection is idle. \return a ticket for
  /// remove().
  std::uint64_t add(const std::string& peer, int descriptor, Clock::duration limit);
  void remove(std::uint64_t ticket);
  /// A request is being read or answered; it has `limit` for that.
  void busy(const std::string& peer, Clock::duration limit);
  /// The next request has `limit` to arrive.
  void idle(const std::string& peer, Clock::duration limit);
  /// Cuts idle connections now, busy ones after `patience`; returns when all are gone or were cut.
  void drain(Clock::duration patience);
  bool draining() const;

 private:
  struct Entry {
    std::string peer;
    int descriptor = -1;  ///< a duplicate of ours: it cannot be reused behind our back
    Clock::time_point deadline;
    bool busy = false;
  };
  void watch(const std::stop_token& stop);
  void set(const std::string& peer, bool busy, Clock::duration limit);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::uint64_t, Entry> entries_;
  std::uint64_t next_ticket_ = 1;
  bool draining_ = false;
  std::jthread thread_;  ///< last: it uses the others
};

}  // namespace tomoscribe::pipeline

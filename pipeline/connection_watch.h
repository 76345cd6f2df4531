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

  /// \param capacity as many connections as are served at once: with all of them taken, one that
  /// has begun no request for `grace` is cut, so that silent peers cannot keep others out.
  explicit ConnectionWatch(std::size_t capacity,
                           Clock::duration grace = std::chrono::milliseconds(500));
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
    Clock::time_point deadline, since;
    bool busy = false;
  };
  void watch(const std::stop_token& stop);
  void make_room();
  void set(const std::string& peer, bool busy, Clock::duration limit);

  const std::size_t capacity_;
  const Clock::duration grace_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::uint64_t, Entry> entries_;
  std::uint64_t next_ticket_ = 1;
  bool draining_ = false;
  std::jthread thread_;  ///< last: it uses the others
};

}  // namespace tomoscribe::pipeline

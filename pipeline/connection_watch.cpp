#include "pipeline/connection_watch.h"

#include <algorithm>
#include <sys/socket.h>
#include <unistd.h>

namespace tomoscribe::pipeline {

using namespace std::chrono_literals;

ConnectionWatch::ConnectionWatch(std::size_t capacity, Clock::duration grace)
    : capacity_(capacity),
      grace_(grace),
      thread_([this](const std::stop_token& stop) { watch(stop); }) {}

ConnectionWatch::~ConnectionWatch() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  for (const auto& [ticket, entry] : entries_) ::close(entry.descriptor);
}

std::uint64_t ConnectionWatch::add(const std::string& peer, int descriptor, Clock::duration limit) {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  const auto now = Clock::now();
  entries_[ticket] = {peer, ::dup(descriptor), now + (draining_ ? 0s : limit), now, false};
  make_room();
  changed_.notify_all();
  return ticket;
}

void ConnectionWatch::remove(std::uint64_t ticket) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = entries_.find(ticket); found != entries_.end()) {
    ::close(found->second.descriptor);
    entries_.erase(found);
  }
  changed_.notify_all();
}

void ConnectionWatch::make_room() {
  if (entries_.size() < capacity_) return;
  for (auto& [ticket, entry] : entries_)
    if (!entry.busy) entry.deadline = std::min(entry.deadline, entry.since + grace_);
}

void ConnectionWatch::set(const std::string& peer, bool busy, Clock::duration limit) {
  const std::scoped_lock lock(mutex_);
  for (auto& [ticket, entry] : entries_) {
    if (entry.peer != peer) continue;
    entry.busy = busy;
    entry.since = Clock::now();
    entry.deadline = entry.since + (draining_ && !busy ? 0s : limit);
  }
  make_room();
  changed_.notify_all();
}

void ConnectionWatch::busy(const std::string& peer, Clock::duration limit) {
  set(peer, true, limit);
}
void ConnectionWatch::idle(const std::string& peer, Clock::duration limit) {
  set(peer, false, limit);
}

bool ConnectionWatch::draining() const {
  const std::scoped_lock lock(mutex_);
  return draining_;
}

void ConnectionWatch::drain(Clock::duration patience) {
  std::unique_lock lock(mutex_);
  draining_ = true;
  const auto now = Clock::now();
  for (auto& [ticket, entry] : entries_)
    entry.deadline = entry.busy ? std::min(entry.deadline, now + patience) : now;
  changed_.notify_all();
  changed_.wait_for(lock, patience + 2s, [this] { return entries_.empty(); });
}

void ConnectionWatch::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto now = Clock::now();
    auto next = now + 1h;
    for (auto& [ticket, entry] : entries_) {
      if (entry.deadline <= now) {
        ::shutdown(entry.descriptor, SHUT_RDWR);
        entry.deadline = now + 1h;  // the thread that blocks on it will call remove()
      }
      next = std::min(next, entry.deadline);
    }
    // Woken by every change: deadlines may have come nearer.
    const auto seen = next_ticket_;
    changed_.wait_until(lock, stop, next, [&] {
      return seen != next_ticket_ ||
             std::any_of(entries_.begin(), entries_.end(),
                         [&](const auto& item) { return item.second.deadline < next; });
    });
  }
}

}  // namespace tomoscribe::pipeline

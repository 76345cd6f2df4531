#pragma once
// A loop that two threads share.

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>

namespace tomoscribe::pipeline::measure {

/// Calls `work(i)` once for every i below `count`, here and on one helper thread, in any order:
/// calls must not touch each other's data. The first failure is thrown again when both have ended.
template <class Work>
void shared_by_two(std::size_t count, const Work& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr fault;
  const auto run = [&] {
    try {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      const std::scoped_lock lock(mutex);
      fault = std::current_exception();
      next = count;
    }
  };
  {
    const std::jthread helper(run);
    run();
  }
  if (fault) std::rethrow_exception(fault);
}

}  // namespace tomoscribe::pipeline::measure

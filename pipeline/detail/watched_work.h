#pragma once
// Progress and interruption of a command that takes a while.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>

#include "pipeline/process.h"

namespace tomoscribe::pipeline {

/// One line a stage, with the seconds since the start.
class ProgressLines {
 public:
  explicit ProgressLines(bool quiet) : quiet_(quiet) {}
  void operator()(const std::string& stage, double fraction) {
    if (quiet_ || stage == stage_) return;
    stage_ = stage;
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - start_;
    std::ostringstream line;
    line << std::fixed << std::setprecision(1) << std::setw(7) << since.count() << " s  "
         << std::setw(3) << static_cast<int>(std::clamp(fraction, 0.0, 1.0) * 100) << " %  "
         << stage << '\n';
    std::cerr << line.str() << std::flush;
  }

 private:
  bool quiet_;
  std::string stage_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Turns the first Ctrl-C into a stop request; the second ends the process as if nobody had
/// listened.
class Interrupt {
 public:
  Interrupt() {
    block_signals();
    listener_ = std::jthread([this](const std::stop_token& over) {
      while (!over.stop_requested()) {
        const auto signal = wait_for_signal(std::chrono::milliseconds(100));
        if (!signal || (*signal != SIGINT && *signal != SIGTERM)) continue;
        if (source_.stop_requested()) std::_Exit(1);  // nothing has been written yet
        source_.request_stop();
      }
    });
  }
  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::jthread listener_;
};

}  // namespace tomoscribe::pipeline

#pragma once
// Processes and signals, as the programs need them.

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tomoscribe::pipeline {

/// The folder this program lies in.
std::filesystem::path program_folder();

/// OpenMP's threads in the programs that this one starts wait asleep, unless the user said
/// otherwise: spinning, two of them beside another busy program take twenty times as long. Call
/// before threads.
void let_threads_sleep();

/// Goes on as a program of that name beside this one, with these arguments behind its name.
/// \throws std::runtime_error when it cannot be started.
[[noreturn]] void hand_over_to(const std::string& program,
                               const std::vector<std::string>& arguments);

/// The data folder when none is named: /var/lib/tomoscribe as root, else under the user's data
/// home.
std::filesystem::path default_data_folder();

/// Makes `folder` with these permissions if it is not there. \throws std::system_error with one
/// sentence.
void make_folder(const std::filesystem::path& folder, std::filesystem::perms permissions);

/// Blocks SIGINT, SIGTERM and SIGCHLD in this thread and those it starts, and ignores SIGPIPE: call
/// first in main.
void block_signals();
/// Waits for one of the blocked signals; nullopt when `timeout` passed.
std::optional<int> wait_for_signal(std::chrono::milliseconds timeout);
/// Waits for SIGINT or SIGTERM.
void wait_for_stop();

/// An exclusive lock on a file, held while this object lives.
class FileLock {
 public:
  /// nullopt when another process holds it. \throws std::system_error.
  static std::optional<FileLock> take(const std::filesystem::path& file);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

/// A child in a process group of its own (so that Ctrl-C reaches only us, who stop it in order),
/// which the kernel ends by SIGTERM when this process dies.
class Child {
 public:
  /// `variables` are added to our environment. Call from the main thread. \throws
  /// std::system_error.
  static Child start(const std::filesystem::path& program,
                     const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& variables);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  ///< SIGKILL if it still runs

  pid_t pid() const { return pid_; }
  /// How it ended, in words ("exit status 1", "signal 11"); nullopt while it runs.
  std::optional<std::string> ended();
  /// SIGTERM, then SIGKILL after `patience`; returns when it has ended.
  void stop(std::chrono::milliseconds patience);

 private:
  explicit Child(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
  std::optional<std::string> how_;
};

}  // namespace tomoscribe::pipeline

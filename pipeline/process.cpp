#include "pipeline/process.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tomoscribe::pipeline {

using namespace std::chrono_literals;

namespace {

std::system_error failure(const std::string& what) {
  return {errno, std::generic_category(), what};
}

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set, signal);
  return set;
}

/// Runs in the child between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment,
                         pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);  // NOLINT(concurrency-mt-unsafe): one thread here
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() == parent)
    execve(program, arguments, environment);  // else the parent died before prctl
  _exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

std::filesystem::path program_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

void let_threads_sleep() {
  setenv("OMP_WAIT_POLICY", "passive", 0);  // NOLINT(concurrency-mt-unsafe): before threads
}

void hand_over_to(const std::string& program, const std::vector<std::string>& arguments) {
  const std::string path = (program_folder() / program).string();
  std::vector<std::string> words{path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  let_threads_sleep();
  ::execv(path.c_str(), pointers.data());
  throw std::runtime_error(path + " cannot be started: " + std::system_category().message(errno));
}

std::filesystem::path default_data_folder() {
  if (geteuid() == 0) return "/var/lib/tomoscribe";
  // NOLINTBEGIN(concurrency-mt-unsafe): nobody here changes the environment once threads run
  if (const char* home = std::getenv("XDG_DATA_HOME"); home != nullptr && *home == '/')
    return std::filesystem::path(home) / "tomoscribe";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::filesystem::path(home) / ".local/share/tomoscribe";
  // NOLINTEND(concurrency-mt-unsafe)
  throw std::runtime_error("no home folder is known: name a data folder with --data");
}

void make_folder(const std::filesystem::path& folder, std::filesystem::perms permissions) {
  std::error_code fault;
  std::filesystem::create_directories(folder.parent_path(), fault);
  if (fault)
    throw std::system_error(fault, "cannot make the folder " + folder.parent_path().string());
  const bool made = std::filesystem::create_directory(folder, fault);
  if (!fault && made) std::filesystem::permissions(folder, permissions, fault);
  if (fault) throw std::system_error(fault, "cannot make the folder " + folder.string());
}

void block_signals() {
  const sigset_t set = our_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): cannot fail for SIGPIPE
}

std::optional<int> wait_for_signal(std::chrono::milliseconds timeout) {
  const sigset_t set = our_signals();
  const timespec limit{.tv_sec = timeout.count() / 1000,
                       .tv_nsec = timeout.count() % 1000 * 1'000'000};
  const int signal = sigtimedwait(&set, nullptr, &limit);
  if (signal < 0) return std::nullopt;
  return signal;
}

void wait_for_stop() {
  for (;;)
    if (const int signal = wait_for_signal(1h).value_or(0); signal == SIGINT || signal == SIGTERM)
      return;
}

// ---- FileLock
// ---------------------------------------------------------------------------------------

std::optional<FileLock> FileLock::take(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) throw failure("cannot open " + file.string());
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return FileLock(descriptor);
  const int fault = errno;
  ::close(descriptor);
  if (fault == EWOULDBLOCK) return std::nullopt;
  throw std::system_error(fault, std::generic_category(), "cannot lock " + file.string());
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

// ---- Child
// ------------------------------------------------------------------------------------------

Child Child::start(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                   const std::map<std::string, std::string>& variables) {
  if (::access(program.c_str(), X_OK) != 0) throw failure("cannot run " + program.string());
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> settings;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!variables.contains(text.substr(0, text.find('=')))) settings.push_back(text);
  }
  for (const auto& [name, value] : variables)
    settings.push_back(std::string(name).append("=").append(value));
  const auto argument_pointers = pointers(words);
  const auto environment_pointers = pointers(settings);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw failure("cannot start " + program.string());
  if (pid == 0)
    become(program.c_str(), argument_pointers.data(), environment_pointers.data(), parent);
  return Child(pid);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), how_(std::move(other.how_)) {}
Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(how_, other.how_);
  return *this;
}
Child::~Child() {
  if (pid_ > 0 && !ended()) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

std::optional<std::string> Child::ended() {
  if (how_ || pid_ <= 0) return how_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  how_ = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit status " + std::to_string(WEXITSTATUS(status));
  return how_;
}

void Child::stop(std::chrono::milliseconds patience) {
  if (ended()) return;
  ::kill(pid_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!ended()) {
    if (std::chrono::steady_clock::now() >= deadline) ::kill(pid_, SIGKILL);
    wait_for_signal(50ms);  // SIGCHLD wakes us
  }
}

}  // namespace tomoscribe::pipeline

#include "pipeline/private_cluster.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace tomoscribe::pipeline {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t longest_socket_path = 107;  // sun_path
constexpr auto patience = std::chrono::seconds(60);

fs::path newest_binaries() {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none))
    if (fs::exists(entry.path() / "bin" / "postgres")) found.push_back(entry.path() / "bin");
  if (found.empty())
    throw std::runtime_error("PostgreSQL's server is not installed (Debian package postgresql)");
  return *std::ranges::max_element(found, {}, [](const fs::path& path) {
    const std::string version = path.parent_path().filename();
    return std::atoi(version.c_str());  // NOLINT(cert-err34-c): Debian's folder names are numbers
  });
}

struct Account {
  uid_t user = 0;
  gid_t group = 0;
};

/// The server refuses to run as root.
Account server_account() {
  if (::geteuid() != 0) return {.user = ::geteuid(), .group = ::getegid()};
  const passwd* entry = ::getpwnam("postgres");  // NOLINT(concurrency-mt-unsafe): once, at start
  if (entry == nullptr)
    throw std::runtime_error("there is no user 'postgres' to run the private PostgreSQL");
  return {.user = entry->pw_uid, .group = entry->pw_gid};
}

/// Starts a program as the server's account, its output into `log`. \param with_parent ends it when
/// we end.
pid_t spawn(const std::vector<std::string>& command, const Account& account, const fs::path& log,
            bool with_parent) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command)
    words.push_back(const_cast<char*>(word.c_str()));  // NOLINT: exec's signature
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  // Only async-signal-safe calls from here on.
  ::setpgid(0, 0);  // Ctrl-C reaches us; we stop the server in its turn
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0640);
  if (output >= 0) {
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
  }
  const int input = ::open("/dev/null", O_RDONLY);
  if (input >= 0) ::dup2(input, STDIN_FILENO);
  ::close_range(3, ~0U, 0);
  if (::geteuid() == 0 &&
      (::setgroups(0, nullptr) != 0 || ::setgid(account.group) != 0 || ::setuid(account.user) != 0))
    ::_exit(127);
  // After setuid, which clears it. SIGINT is PostgreSQL's fast shutdown.
  if (with_parent && (::prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || ::getppid() != parent))
    ::_exit(127);
  ::execv(words[0], words.data());
  ::_exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void own(const fs::path& path, const Account& account, fs::perms perms) {
  if (::geteuid() == 0 && ::chown(path.c_str(), account.user, account.group) != 0)
    throw std::runtime_error("cannot give " + path.string() + " to the database's user");
  fs::permissions(path, perms);
}

/// What the server writes into its lock file, as pg_ctl reads it: the first line is its process,
/// the eighth its state. The socket alone does not tell: it may be that of a server still ending,
/// and it listens before recovery is over.
bool ready(const fs::path& data, pid_t server) {
  std::ifstream lock_file(data / "postmaster.pid");
  std::string line;
  for (int number = 1; std::getline(lock_file, line); ++number) {
    if (number == 1 && line != std::to_string(server)) return false;
    if (number == 8) return line.starts_with("ready");
  }
  return false;
}

std::string last_line(const fs::path& log) {
  std::ifstream input(log);
  std::string last;
  for (std::string line; std::getline(input, line);)
    if (!line.empty()) last = line;
  return last;
}

/// Makes a cluster without databases of ours. \throws std::runtime_error with a sentence.
void init_cluster(const fs::path& folder, const fs::path& binaries, const Account& account,
                  PrivateCluster::Durability durability) {
  std::vector<std::string> command{binaries / "initdb",
                                   "-D",
                                   folder / "data",
                                   "-U",
                                   "tomoscribe",
                                   "-A",
                                   "trust",
                                   "--no-instructions",
                                   "-E",
                                   "UTF8",
                                   "--locale=C.UTF-8"};
  if (durability == PrivateCluster::Durability::throwaway) command.emplace_back("--no-sync");
  const fs::path log = folder / "initdb.log";
  if (const int status = wait_for(spawn(command, account, log, false)); status != 0)
    throw std::runtime_error(
        "PostgreSQL could not make a cluster in " + folder.string() + ": " +
        (last_line(log).empty() ? "its user cannot enter the folder" : last_line(log)));
}

}  // namespace

PrivateCluster::PrivateCluster(const fs::path& folder, Durability durability)
    : folder_(fs::absolute(folder)), binaries_(newest_binaries()), durability_(durability) {
  if ((folder_ / "s" / ".s.PGSQL.5432").string().size() > longest_socket_path)
    throw std::runtime_error(
        "the data folder's path is too long for PostgreSQL's socket: choose a shorter one");
  const Account account = server_account();
  std::error_code error;
  fs::create_directories(folder_ / "s", error);
  if (error) throw std::runtime_error("cannot make " + folder_.string() + ": " + error.message());
  own(folder_, account, fs::perms(0750));
  own(folder_ / "s", account, fs::perms(0700));
  const fs::path data = folder_ / "data";
  const bool is_new = !fs::exists(data / "PG_VERSION");
  if (is_new) init_cluster(folder_, binaries_, account, durability_);
  std::string version;
  std::ifstream(data / "PG_VERSION") >> version;
  if (version != binaries_.parent_path().filename().string())
    throw std::runtime_error("the cluster in " + folder_.string() + " is of PostgreSQL " + version +
                             ", installed is " + binaries_.parent_path().filename().string() +
                             ": upgrade it with pg_upgrade first");
  start();
  if (is_new || !fs::exists(folder_ / "made")) {
    const int status = wait_for(spawn(
        {binaries_ / "createdb", "-h", (folder_ / "s").string(), "-U", "tomoscribe", "tomoscribe"},
        account, folder_ / "initdb.log", false));
    // A kill between createdb and the mark leaves a database that exists already: that is fine too.
    if (status != 0 &&
        last_line(folder_ / "initdb.log").find("already exists") == std::string::npos) {
      stop();
      throw std::runtime_error("PostgreSQL could not make the database: " +
                               last_line(folder_ / "initdb.log"));
    }
    std::ofstream(folder_ / "made") << "1\n";
  }
}

PrivateCluster::~PrivateCluster() {
  stop();
}

void PrivateCluster::start() {
  const fs::path sockets = folder_ / "s", log = folder_ / "postgres.log";
  std::vector<std::string> command{binaries_ / "postgres",
                                   "-D",
                                   folder_ / "data",
                                   "-c",
                                   "listen_addresses=",
                                   "-c",
                                   "unix_socket_directories=" + sockets.string(),
                                   "-c",
                                   "unix_socket_permissions=0700",
                                   "-c",
                                   "log_statement=none",
                                   "-c",
                                   "log_min_error_statement=panic",
                                   "-c",
                                   "log_error_verbosity=terse",
                                   "-c",
                                   "max_connections=200"};
  if (durability_ == Durability::throwaway) command.insert(command.end(), {"-c", "fsync=off"});
  pid_ = spawn(command, server_account(), log, true);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!ready(folder_ / "data", pid_)) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("PostgreSQL did not start: " + last_line(log));
    }
    if (std::chrono::steady_clock::now() > deadline) {
      stop();
      throw std::runtime_error("PostgreSQL is not ready in time: " + last_line(log));
    }
    ::poll(nullptr, 0, 20);
  }
}

void PrivateCluster::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGINT);
  wait_for(pid_);
  pid_ = -1;
}

bool PrivateCluster::running() const {
  return pid_ > 0 && ::kill(pid_, 0) == 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0;
}

std::string PrivateCluster::dsn(const std::string& database) const {
  return dsn_of(folder_, database);
}

std::string PrivateCluster::dsn_of(const fs::path& folder, const std::string& database) {
  return "host=" + (folder / "s").string() + " user=tomoscribe dbname=" + database;
}

}  // namespace tomoscribe::pipeline

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "pipeline/commands.h"
#include "pipeline/config.h"
#include "pipeline/detail/command_line.h"
#include "pipeline/gateway.h"
#include "pipeline/process.h"

namespace tomoscribe::pipeline {

namespace {

namespace fs = std::filesystem;

enum class Verdict { ok, warn, fail };

struct Check {
  Verdict verdict;
  std::string what, sentence;
};

Check check_postgresql(const Config& config) {
  if (!config.database_dsn().empty())
    return {Verdict::ok, "PostgreSQL", "a database is configured; no private one is needed"};
  std::error_code ignored;
  std::vector<fs::path> folders;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored))
    folders.push_back(version.path() / "bin");
  const char* given = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): one thread
  std::istringstream path(given != nullptr ? given : "");
  for (std::string folder; std::getline(path, folder, ':');) folders.emplace_back(folder);
  for (const auto& folder : folders)
    if (fs::exists(folder / "initdb", ignored) && fs::exists(folder / "postgres", ignored))
      return {Verdict::ok, "PostgreSQL", "programs in " + folder.string()};
  return {Verdict::fail, "PostgreSQL",
          "initdb and postgres were not found: install the package postgresql, or configure "
          "database.dsn"};
}

Check check_dictionary() {
  std::vector<fs::path> places;
  const char* named = std::getenv("DCMDICTPATH");  // NOLINT(concurrency-mt-unsafe): one thread
  if (named != nullptr && *named != '\0') {
    std::istringstream list(named);
    for (std::string place; std::getline(list, place, ':');) places.emplace_back(place);
  } else {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/share", ignored))
      if (entry.path().filename().string().starts_with("libdcmtk") ||
          entry.path().filename() == "dcmtk")
        places.push_back(entry.path() / "dicom.dic");
  }
  for (const auto& place : places)
    if (std::error_code ignored; fs::is_regular_file(place, ignored))
      return {Verdict::ok, "DICOM dictionary", place.string()};
  return {Verdict::fail, "DICOM dictionary",
          "dicom.dic was not found: install the package libdcmtk17, or name it in DCMDICTPATH"};
}

Check check_page(const Config& config) {
  const fs::path folder = page_folder(config);
  if (std::error_code ignored; fs::is_regular_file(folder / "index.html", ignored))
    return {Verdict::ok, "review page", folder.string()};
  return {Verdict::fail, "review page",
          "no index.html in " + folder.string() +
              ": build the page (script/bootstrap) or set http.page"};
}

Check check_disk(const fs::path& data, const Config& config) {
  std::error_code ignored;
  fs::path there = fs::absolute(data);
  while (!there.empty() && !fs::exists(there, ignored)) there = there.parent_path();
  const auto space = fs::space(there, ignored);
  if (ignored) return {Verdict::warn, "disk", "free space of " + there.string() + " is unknown"};
  const double free_gib = static_cast<double>(space.available) / (1ULL << 30);
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << free_gib << " GiB free for " << data.string();
  const double reserve_gib = config.dicom.reserve_mib / 1024.0;
  if (free_gib < reserve_gib)
    return {Verdict::fail, "disk", text.str() + ": every store would be refused"};
  if (free_gib < reserve_gib + 10)
    return {Verdict::warn, "disk", text.str() + ": room for few studies"};
  return {Verdict::ok, "disk", text.str()};
}

bool can_listen(const std::string& address, int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const int yes = 1;
  (void)::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, address.c_str(), &name.sin_addr) != 1)
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
  ::close(descriptor);
  return bound;
}

Check check_port(const std::string& what, const std::string& address, int port) {
  const std::string name = what + " port";
  if (port == 0) return {Verdict::ok, name, "any free one"};
  if (can_listen(address, port)) return {Verdict::ok, name, std::to_string(port) + " is free"};
  return {Verdict::warn, name,
          std::to_string(port) + " is taken, or not ours to open; tomoscribe up may be running"};
}

/// What the worker says of its LibTorch; this program does not link it.
std::optional<nlohmann::json> worker_runtime() {
  const fs::path worker = program_folder() / "tomoscribe-worker";
  if (std::error_code ignored; !fs::exists(worker, ignored)) return std::nullopt;
  std::string command = "'";
  for (const char c : worker.string())
    command += c == '\'' ? std::string("'\\''") : std::string(1, c);
  command += "' --describe-runtime 2>/dev/null";
  FILE* output = ::popen(command.c_str(), "r");  // NOLINT(cert-env33-c): our own program, quoted
  if (output == nullptr) return std::nullopt;
  std::string text;
  std::array<char, 512> piece{};
  while (std::fgets(piece.data(), piece.size(), output) != nullptr) text += piece.data();
  if (::pclose(output) != 0) return std::nullopt;
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

Check check_libtorch() {
  const auto runtime = worker_runtime();
  if (!runtime)
    return {Verdict::fail, "LibTorch", "tomoscribe-worker --describe-runtime did not answer"};
  const double speed = runtime->value("gemm_gflops", 0.0);
  const int threads = std::max(1, runtime->value("threads", 1));
  std::ostringstream text;
  text << runtime->value("torch", "?") << ", " << runtime->value("blas", "?") << ", " << threads
       << " threads, " << std::fixed << std::setprecision(0) << speed << " GFLOP/s, "
       << (runtime->value("cuda", false) ? "CUDA" : "no GPU");
  // The reference BLAS reaches 3 to 6 GFLOP/s a core, an optimised one 50 and more.
  if (speed / threads < 15)
    return {Verdict::warn, "LibTorch",
            text.str() + ": slow; install the package libopenblas0-openmp"};
  return {Verdict::ok, "LibTorch", text.str()};
}

Check check_machine() {
  std::ifstream file("/proc/meminfo");
  double total_kib = 0;
  for (std::string word; file >> word;)
    if (word == "MemTotal:") {
      file >> total_kib;
      break;
    }
  const double gib = total_kib / (1 << 20);
  std::ostringstream text;
  text << std::max(1U, std::thread::hardware_concurrency()) << " cores, " << std::fixed
       << std::setprecision(1) << gib << " GiB memory";
  if (gib < 3.5) return {Verdict::fail, "machine", text.str() + ": a large study needs 4 GiB"};
  if (gib < 7.5) return {Verdict::warn, "machine", text.str() + ": one worker at most"};
  return {Verdict::ok, "machine", text.str()};
}

const char* word(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok: return "ok  ";
    case Verdict::warn: return "warn";
    case Verdict::fail: return "fail";
  }
  return "?";
}

}  // namespace

int command_doctor(int argc, char** argv) {
  fs::path data;
  std::optional<fs::path> file;
  CLI::App app(
      "Checks what this machine has and lacks, a line each. Exit status 1 when something needed is "
      "missing.",
      "tomoscribe doctor");
  app.add_option("--data", data, "data folder (default: where tomoscribe up keeps it)");
  app.add_option("--config", file, "configuration file")->check(CLI::ExistingFile);
  if (const auto status = ends_here(app, argc, argv)) return *status;
  const Config config = load_config(file, environment());
  if (data.empty()) data = default_data_folder();
  bool failed = false;
  const auto print = [&](const Check& check) {
    std::cout << word(check.verdict) << "  " << check.what << ": " << check.sentence << std::endl;
    failed = failed || check.verdict == Verdict::fail;
  };
  print(check_machine());
  print(check_disk(data, config));
  print(check_postgresql(config));
  print(check_dictionary());
  print(check_page(config));
  print(check_port("DICOM", config.dicom.listen, config.dicom.port));
  print(check_port("MLLP", config.mllp.listen, config.mllp.port));
  print(check_port("HTTP", config.http.listen, config.http.port));
  print(check_libtorch());
  return failed ? 1 : 0;
}

}  // namespace tomoscribe::pipeline

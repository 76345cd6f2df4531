#pragma once
// Temporary folders, the shared corpus and running stock programs. Header-only.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace tomoscribe::tests {

/// A folder that goes away with its owner; readable by other users, because a private PostgreSQL
/// may run as one.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "tomoscribe-test.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Real CT, hostile files and samples; empty when the corpus is not there (the test then skips with
/// a message).
inline std::filesystem::path corpus() {
  const char* given =
      std::getenv("TOMOSCRIBE_DATA");  // NOLINT(concurrency-mt-unsafe): tests set no variables
  std::filesystem::path folder =
      given != nullptr ? std::filesystem::path(given)
                       : std::filesystem::path(TOMOSCRIBE_SOURCE_DIR) / ".." / "shared" / "data";
  return std::filesystem::exists(folder / "MANIFEST.tsv")
             ? std::filesystem::weakly_canonical(folder)
             : std::filesystem::path();
}

struct Ran {
  int status = -1;     ///< exit status, or 128 + signal
  std::string output;  ///< stdout and stderr
};

/// Runs a shell command to its end.
inline Ran run(const std::string& command) {
  std::FILE* pipe = ::popen(("( " + command + " ) 2>&1").c_str(),
                            "r");  // NOLINT(cert-env33-c): a test's own words
  if (pipe == nullptr) throw std::runtime_error("popen");
  Ran ran;
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    ran.output.append(buffer.data(), got);
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

inline std::string read_text(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::ostringstream text;
  text << input.rdbuf();
  return text.str();
}

inline std::vector<std::filesystem::path> files_under(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace tomoscribe::tests

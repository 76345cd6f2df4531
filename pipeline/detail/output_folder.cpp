#include "pipeline/detail/output_folder.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace tomoscribe::pipeline {

namespace {

namespace fs = std::filesystem;

fs::path part_of(const fs::path& folder, const OutputFile& file) {
  return folder / ("." + file.name + ".part");
}

void remove_parts(const fs::path& folder, const std::vector<OutputFile>& files) {
  std::error_code ignored;
  for (const OutputFile& file : files) fs::remove(part_of(folder, file), ignored);
}

void write_part(const fs::path& part, const OutputFile& file) {
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out.write(file.bytes.data(), static_cast<std::streamsize>(file.bytes.size()));
  out.close();
  if (!out)
    throw std::runtime_error("cannot write " + file.name + " into " + part.parent_path().string());
}

}  // namespace

void check_output_folder(const fs::path& folder) {
  fs::path there = fs::absolute(folder);
  std::error_code fault;
  while (there.has_relative_path() && !fs::exists(there, fault)) there = there.parent_path();
  fault.clear();
  if (!fs::is_directory(there))
    fault = std::make_error_code(std::errc::not_a_directory);
  else if (::access(there.c_str(), W_OK | X_OK) != 0)
    fault = std::error_code(errno, std::generic_category());
  if (fault)
    throw std::runtime_error("cannot write into " + folder.string() + ": " + fault.message());
}

void write_together(const fs::path& folder, const std::vector<OutputFile>& files,
                    const std::function<bool(const std::string& name)>& stale) {
  check_output_folder(folder);
  std::error_code fault;
  fs::create_directories(folder, fault);
  try {
    for (const OutputFile& file : files) write_part(part_of(folder, file), file);
  } catch (...) {
    remove_parts(folder, files);
    throw;
  }
  for (const OutputFile& file : files) fs::rename(part_of(folder, file), folder / file.name);
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool fresh = std::any_of(files.begin(), files.end(),
                                   [&](const OutputFile& file) { return file.name == name; });
    if (!fresh && entry.is_regular_file() && stale(name)) old.push_back(entry.path());
  }
  for (const auto& path : old) fs::remove(path, fault);
}

}  // namespace tomoscribe::pipeline

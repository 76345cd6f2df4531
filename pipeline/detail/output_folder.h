#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tomoscribe::pipeline {

struct OutputFile {
  std::string name, bytes;
};

/// That files can be written there, or the folder made: to be asked before long work.
/// \throws std::runtime_error with one sentence.
void check_output_folder(const std::filesystem::path& folder);

/// Writes all files under temporary names, then renames them: a reader sees an old set or a new
/// one, never half a file. Files already there that `stale` names and that are not written now are
/// removed. \throws std::runtime_error with one sentence; then no new name exists and the old files
/// are as they were, unless the renaming itself failed.
void write_together(const std::filesystem::path& folder, const std::vector<OutputFile>& files,
                    const std::function<bool(const std::string& name)>& stale);

}  // namespace tomoscribe::pipeline

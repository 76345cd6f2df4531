#pragma once
// Runs the person's command as a person runs it.

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/support/files.h"

namespace tomoscribe::tests {

namespace fs = std::filesystem;

inline const std::string tomoscribe = std::string("'") + TOMOSCRIBE_PROGRAM_DIR + "/tomoscribe'";

inline Ran phantom(const fs::path& folder, const std::string& options = "--seed 1 --size 128") {
  return run(tomoscribe + " phantom --quiet --out '" + folder.string() + "' " + options);
}

inline Ran report(const fs::path& study, const fs::path& out,
                  const std::string& options = "--quiet") {
  return run(tomoscribe + " report '" + study.string() + "' --out '" + out.string() + "' " +
             options);
}

inline std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace tomoscribe::tests

#pragma once
// The validators of tests/conformance, run on texts that a test made.

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace tomoscribe::tests {

/// False where node or the validators' npm packages are missing (script/bootstrap --tests).
inline bool validators_ready() {
  return run("command -v node").status == 0 &&
         std::filesystem::exists(std::filesystem::path(TOMOSCRIBE_SOURCE_DIR) / "tests" /
                                 "conformance" / "node_modules");
}

/// Runs a validator ("validate-hl7.mjs --strict") once on all texts, by name.
inline void expect_valid(const std::string& validator,
                         const std::map<std::string, std::string>& texts) {
  const TempFolder folder;
  std::string command =
      (std::filesystem::path(TOMOSCRIBE_SOURCE_DIR) / "tests" / "conformance" / validator).string();
  for (const auto& [name, text] : texts) {
    const auto file = folder / name;
    std::ofstream(file, std::ios::binary) << text;
    command += " '" + file.string() + "'";
  }
  const Ran ran = run("node " + command);
  EXPECT_EQ(ran.status, 0) << ran.output;
}

}  // namespace tomoscribe::tests

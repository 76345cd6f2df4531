#pragma once
// Golden files: what a face looked like when a person last agreed to it.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace tomoscribe::tests {

/// Compares with tests/golden/`name`; UPDATE_GOLDEN=1 rewrites it.
inline void expect_golden(const std::string& name, const std::string& actual) {
  const auto file = std::filesystem::path(TOMOSCRIBE_SOURCE_DIR) / "tests" / "golden" / name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr)  // NOLINT(concurrency-mt-unsafe)
    std::ofstream(file, std::ios::binary) << actual;
  EXPECT_EQ(read_text(file), actual) << "UPDATE_GOLDEN=1 rewrites " << name;
}

}  // namespace tomoscribe::tests

#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "pipeline/config.h"

namespace tomoscribe::pipeline {

/// What every program of the service is told.
struct ProgramOptions {
  std::filesystem::path data;                   ///< empty: default_data_folder()
  std::optional<std::filesystem::path> config;  ///< none: defaults and variables
  std::filesystem::path data_folder() const;
};

/// Runs `body`; a failure ends in one line "NAME: sentence" on stderr and status 1.
int run_program(const std::string& name, const std::function<int()>& body);

}  // namespace tomoscribe::pipeline

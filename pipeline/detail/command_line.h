#pragma once

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>

namespace tomoscribe::pipeline {

/// Reads the arguments; the exit status when the command is to end here: 0 after --help, 2 after
/// wrong usage, which is answered by one line.
inline std::optional<int> ends_here(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    if (fault.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      std::cout << app.help();
      return 0;
    }
    std::cerr << app.get_name() << ": " << fault.what() << " (see " << app.get_name()
              << " --help)\n";
    return 2;
  }
  return std::nullopt;
}

}  // namespace tomoscribe::pipeline

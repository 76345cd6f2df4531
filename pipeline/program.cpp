#include "pipeline/program.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "pipeline/process.h"

namespace tomoscribe::pipeline {

std::filesystem::path ProgramOptions::data_folder() const {
  return std::filesystem::absolute(data.empty() ? default_data_folder() : data);
}

int run_program(const std::string& name, const std::function<int()>& body) {
  // A database server that is there but does not answer fails like one that is away.
  ::setenv("PGCONNECT_TIMEOUT", "10", 0);  // NOLINT(concurrency-mt-unsafe): before any thread
  try {
    return body();
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), fault.what());
    return 1;
  }
}

}  // namespace tomoscribe::pipeline

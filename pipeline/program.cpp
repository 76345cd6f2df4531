#include "pipeline/program.h"

#include <cstdio>
#include <exception>

#include "pipeline/process.h"

namespace tomoscribe::pipeline {

std::filesystem::path ProgramOptions::data_folder() const {
  return std::filesystem::absolute(data.empty() ? default_data_folder() : data);
}

int run_program(const std::string& name, const std::function<int()>& body) {
  try {
    return body();
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), fault.what());
    return 1;
  }
}

}  // namespace tomoscribe::pipeline

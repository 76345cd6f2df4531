// `tomoscribe`: the person's command. Names the subcommand and leaves the rest to its file.

#include <array>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include "pipeline/clock.h"
#include "pipeline/commands.h"

namespace {

using namespace tomoscribe::pipeline;  // NOLINT(google-build-using-namespace): main only

struct Command {
  std::string_view name;
  int (*run)(int, char**);
  std::string_view what;
};

constexpr std::array commands{
    Command{"up", command_up,
            "run the service: receives studies and orders, drafts reports, serves the review page"},
    Command{"report", command_report,
            "draft the report of one study folder into files, without server or database"},
    Command{"phantom", command_phantom, "write a synthetic chest CT as DICOM, with its truth"},
    Command{"model", command_model,
            "language models: what a folder holds and needs; text and images in, text out"},
    Command{"db", command_db, "migrate the database, show its state, try a study again"},
    Command{"doctor", command_doctor, "check what this machine has and lacks"}};

void print_help() {
  std::cout << "tomoscribe: CT studies in, drafted reports out. Not a medical device.\n\nUsage: "
               "tomoscribe COMMAND [OPTIONS]\n\n";
  for (const Command& command : commands)
    std::cout << "  " << command.name << std::string(10 - command.name.size(), ' ') << command.what
              << '\n';
  std::cout << "\nEach command has its own --help. Exit status: 0 done, 1 failed, 2 wrong usage, 3 "
               "unsuitable input.\n";
}

int dispatch(int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word == "--help" || word == "-h" || word == "help") {
    print_help();
    return 0;
  }
  if (word == "--version") {
    std::cout << "tomoscribe " << code_version() << '\n';
    return 0;
  }
  for (const Command& command : commands)
    if (command.name == word) return command.run(argc - 1, argv + 1);
  if (word.empty())
    std::cerr << "tomoscribe: no command given (see tomoscribe --help)\n";
  else
    std::cerr << "tomoscribe: there is no command '" << word << "' (see tomoscribe --help)\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return dispatch(argc, argv);
  } catch (const std::exception& fault) {
    std::cerr << "tomoscribe: " << fault.what() << '\n';
    return 1;
  }
}

#pragma once

#include <memory>

namespace tomoscribe::pipeline {

// The subcommands of `tomoscribe`, one file each (command_<name>.cpp). Each parses its own
// arguments (argv[0] is the subcommand) and returns the exit status: 0 done, 1 failed with one line
// on stderr, 2 wrong usage, 3 unsuitable input.
int command_up(int argc, char** argv);
int command_report(int argc, char** argv);
int command_phantom(int argc, char** argv);
int command_model(int argc, char** argv);
int command_db(int argc, char** argv);
int command_doctor(int argc, char** argv);

// Of tomoscribe-model, which links LibTorch.
int command_generate(int argc, char** argv);

class Drafter;
struct LanguageModelOptions;

/// How `report` comes to a language model; nullptr in `tomoscribe`, which hands over to
/// tomoscribe-model where one is asked for.
using LoadDrafter = std::unique_ptr<Drafter> (*)(const LanguageModelOptions& options);
int report_with(LoadDrafter load, int argc, char** argv);

}  // namespace tomoscribe::pipeline

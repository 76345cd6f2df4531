#pragma once
// The drafter: a resident model of the Pixtral family, the packet it is shown, the language it
// writes in.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "pipeline/drafter.h"

namespace tomoscribe::pipeline {

struct LanguageModelOptions {
  std::filesystem::path folder;
  std::string device = "cpu";
  std::string type;                    ///< "f32", "bf16", "f16"; empty: as stored
  int threads = 0;                     ///< 0: one per processor
  std::int64_t budget_tokens = 16384;  ///< for views, their captions and the table
  std::int64_t answer_tokens = 1024;   ///< of the draft
  double temperature = 0;              ///< 0: the likeliest words
  std::uint64_t seed = 0;
};

/// Loads the model, which stays in memory.
/// \param progress  stages and shares of loading.
/// \throws model::Refused, std::runtime_error when the folder cannot be used: one sentence.
std::unique_ptr<Drafter> load_language_model(const LanguageModelOptions& options,
                                             const Progress& progress);

/// In place of a configured model that cannot be used: says so in each report.
std::unique_ptr<Drafter> without_language_model(const std::string& reason);

}  // namespace tomoscribe::pipeline

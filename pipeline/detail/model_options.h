#pragma once

#include <CLI/CLI.hpp>

#include "pipeline/language/language_model.h"

namespace tomoscribe::pipeline {

/// What every command that runs a language model is told of it. `--model` itself is the caller's.
inline void add_running_options(CLI::App& app, LanguageModelOptions& model) {
  app.add_option("--device", model.device, "cpu, cuda or cuda:N")->capture_default_str();
  app.add_option("--type", model.type, "what it computes with; default: as the files are")
      ->check(CLI::IsMember({"f32", "bf16", "f16"}));
  app.add_option("--threads", model.threads, "of LibTorch; 0: one per processor")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  app.add_option("--seed", model.seed, "the same seed gives the same text")->capture_default_str();
  app.add_option("--temperature", model.temperature, "0: the likeliest words")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
}

inline void add_model_options(CLI::App& app, LanguageModelOptions& model) {
  app.add_option("--model", model.folder,
                 "folder of a language model, which proposes findings beside the measured ones")
      ->check(CLI::ExistingDirectory);
  app.add_option("--budget-tokens", model.budget_tokens,
                 "context for views, captions and measurements")
      ->check(CLI::Range(256, 1'000'000))
      ->capture_default_str();
  app.add_option("--answer-tokens", model.answer_tokens, "context for the model's draft")
      ->check(CLI::Range(64, 100'000))
      ->capture_default_str();
  add_running_options(app, model);
}

}  // namespace tomoscribe::pipeline

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "dicom/pixels.h"
#include "model/generator.h"
#include "pipeline/commands.h"
#include "pipeline/detail/command_line.h"
#include "pipeline/detail/model_options.h"
#include "pipeline/detail/watched_work.h"
#include "pipeline/language/read_image.h"

namespace tomoscribe::pipeline {

namespace {

namespace fs = std::filesystem;

struct Options {
  LanguageModelOptions model;
  model::Sampling sampling;
  std::vector<fs::path> images;
  std::string prompt, system, preset = "body";
  fs::path prompt_file, grammar;
  bool hugging_face = false, json = false, quiet = false;
};

std::string text_of(const fs::path& file) {
  constexpr std::uintmax_t most_bytes = 64 << 20;
  if (!fs::is_regular_file(file) || fs::file_size(file) > most_bytes)
    throw model::Refused(file.string() + " is not a file of at most 64 MiB");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file.string() + " cannot be opened");
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

model::GeneratorOptions generator_options(const Options& o) {
  model::GeneratorOptions options;
  options.network.device = o.model.device;
  options.network.threads = o.model.threads;
  options.network.type = model::compute_type_of(o.model.type);
  if (o.hugging_face) options.preprocessing = model::Preprocessing::hugging_face;
  return options;
}

model::Prompt prompt_of(const Options& o, const std::vector<model::Image>& images) {
  model::Prompt prompt;
  if (!o.system.empty()) prompt.push_back({model::Role::system, {o.system}});
  model::Turn user{model::Role::user, {}};
  for (const model::Image& image : images) user.content.emplace_back(&image);
  user.content.emplace_back(o.prompt_file.empty() ? o.prompt : text_of(o.prompt_file));
  prompt.push_back(std::move(user));
  return prompt;
}

const char* word(model::Ended ended) {
  return ended == model::Ended::by_itself ? "by itself" : "by budget";
}

/// Of a token that may be part of a character.
std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += digits[value / 16];
    text += digits[value % 16];
  }
  return text;
}

void print_json(const model::Generation& answer, const model::Tokenizer& tokenizer) {
  nlohmann::ordered_json json;
  json["text"] = answer.text;
  json["prompt_tokens"] = answer.prompt_tokens;
  json["ended"] = word(answer.ended);
  json["tokens"] = nlohmann::ordered_json::array();
  for (const model::GeneratedToken& token : answer.tokens)
    json["tokens"].push_back({{"id", token.id},
                              {"bytes_hex", hex(tokenizer.bytes(token.id))},
                              {"begin", token.begin},
                              {"forced", token.forced},
                              {"closing", token.closing},
                              {"log_probability", token.log_probability},
                              {"log_probability_admitted", token.log_probability_admitted}});
  json["images"] = nlohmann::ordered_json::array();
  for (const model::ImageGrid& grid : answer.images)
    json["images"].push_back({{"rows", grid.rows}, {"columns", grid.columns}});
  json["lines"] = nlohmann::ordered_json::array();
  for (const model::Passage& passage : answer.passages)
    json["lines"].push_back({{"begin", passage.begin},
                             {"end", passage.end},
                             {"chosen_tokens", passage.chosen},
                             {"log_probability", passage.log_probability},
                             {"image_attention", passage.image_attention}});
  std::cout << json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

int generate(const Options& o) {
  const Interrupt interrupt;
  const dicom::Codecs codecs;
  ProgressLines lines(o.quiet);
  const auto stop_if_asked = [&] {
    if (interrupt.token().stop_requested()) throw Cancelled();
  };
  std::optional<model::Grammar> grammar;
  if (!o.grammar.empty()) grammar = model::Grammar::parse(text_of(o.grammar));
  std::vector<model::Image> images;
  for (const fs::path& file : o.images) images.push_back(language::read_image(file, o.preset));
  model::Generator generator(o.model.folder, generator_options(o), [&](double done) {
    stop_if_asked();
    lines("loading the model", done);
  });
  model::GenerateOptions options;
  options.sampling = o.sampling;
  options.sampling.temperature = o.model.temperature;
  options.seed = o.model.seed;
  options.most_tokens = static_cast<std::size_t>(o.model.answer_tokens);
  options.grammar = grammar ? &*grammar : nullptr;
  const model::Generation answer =
      generator.generate(prompt_of(o, images), options, [&](const std::string& stage, double done) {
        stop_if_asked();
        lines(stage, done);
      });
  lines("done", 1);
  if (o.json)
    print_json(answer, generator.tokenizer());
  else
    std::cout << answer.text << '\n';
  if (!o.quiet)
    std::cerr << answer.prompt_tokens << " tokens read, " << answer.tokens.size()
              << " written; ended " << word(answer.ended) << '\n';
  return 0;
}

void add_options(CLI::App& app, Options& o) {
  app.add_option("DIR", o.model.folder,
                 "folder of the model: config, weights, tekken.json or tokenizer.model")
      ->required()
      ->check(CLI::ExistingDirectory);
  auto* prompt = app.add_option("--prompt", o.prompt, "what is asked");
  app.add_option("--prompt-file", o.prompt_file, "the same from a file")
      ->check(CLI::ExistingFile)
      ->excludes(prompt);
  app.add_option("--images", o.images, "PNG files or DICOM CT slices, shown before the prompt")
      ->check(CLI::ExistingFile);
  app.add_option("--system", o.system, "what the model is told before");
  app.add_option("--grammar", o.grammar,
                 "file with a grammar (docs/grammar.md): every answer is a text of it")
      ->check(CLI::ExistingFile);
  app.add_option("--preset", o.preset, "windows that make a DICOM slice's colours")
      ->capture_default_str();
  app.add_option("--max-tokens", o.model.answer_tokens, "of the answer")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  add_running_options(app, o.model);
  app.add_option("--top-p", o.sampling.top_p, "fewest tokens of this probability together")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--top-k", o.sampling.top_k, "so many tokens at most; 0: all")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app.add_option("--min-p", o.sampling.min_p, "least share of the likeliest token's probability")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--typical-p", o.sampling.typical_p,
                 "as top-p, by nearness to the expected surprise")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--repetition-penalty", o.sampling.repetition_penalty, "1: none")
      ->check(CLI::Range(0.01, 100.0))
      ->capture_default_str();
  app.add_flag("--hf-preprocessing", o.hugging_face,
               "resize images as transformers does, not as in training");
  app.add_flag("--json", o.json, "print tokens, probabilities and attention too");
  app.add_flag("--quiet", o.quiet, "no progress lines");
}

}  // namespace

int command_generate(int argc, char** argv) {
  Options o;
  CLI::App app("Asks a language model about pictures. What it writes is not checked by anyone.",
               "tomoscribe model generate");
  add_options(app, o);
  if (const auto status = ends_here(app, argc, argv)) return *status;
  if (o.prompt.empty() && o.prompt_file.empty() && o.images.empty()) {
    std::cerr << "tomoscribe model generate: nothing to ask: give --prompt, --prompt-file or "
                 "--images\n";
    return 2;
  }
  try {
    return generate(o);
  } catch (const Cancelled&) {
    std::cerr << "tomoscribe model generate: interrupted\n";
    return 1;
  }
}

}  // namespace tomoscribe::pipeline

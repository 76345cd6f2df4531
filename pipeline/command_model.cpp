#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "model/checkpoint.h"
#include "model/folder_text.h"
#include "model/footprint.h"
#include "model/practice_model.h"
#include "model/refused.h"
#include "pipeline/commands.h"
#include "pipeline/detail/command_line.h"
#include "pipeline/process.h"
#include "reporting/draft_language.h"

namespace tomoscribe::pipeline {

namespace {

using model::Checkpoint;

namespace fs = std::filesystem;

struct Practice {
  fs::path out;
  std::uint64_t seed = 1;
};

struct Options {
  std::filesystem::path folder;
  std::vector<int> image{512, 512};  ///< width, height
  bool json = false;
};

/// "1.23 GiB", whatever fits.
std::string bytes_text(std::int64_t bytes) {
  constexpr std::array units{"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  std::ostringstream text;
  text << std::fixed << std::setprecision(unit == 0 ? 0 : 2) << value << ' ' << units[unit];
  return text.str();
}

/// "12.68 G", "0.64 M".
std::string count_text(std::int64_t count) {
  std::ostringstream text;
  const auto value = static_cast<double>(count);
  text << std::fixed << std::setprecision(2);
  if (value >= 1e9)
    text << value / 1e9 << " G";
  else
    text << value / 1e6 << " M";
  return text.str();
}

std::string layout_text(const Checkpoint& checkpoint) {
  const std::size_t files = checkpoint.files().size();
  return std::string(checkpoint.layout() == model::Layout::mistral
                         ? "Mistral (params.json, "
                         : "Hugging Face (config.json, ") +
         (files == 1 ? checkpoint.files().front() : std::to_string(files) + " shards") + ")";
}

std::string text_part(const model::TextConfig& t) {
  std::ostringstream text;
  text << t.layers << " layers, width " << t.hidden << ", " << t.heads << " heads on " << t.kv_heads
       << " of " << t.head_dim << ", vocabulary " << t.vocabulary << ", rope theta "
       << t.rope_theta;
  if (t.yarn) text << ", YaRN x" << t.yarn->factor;
  if (t.sliding_window) text << ", window of " << *t.sliding_window << " tokens";
  return text.str();
}

std::string vision_part(const model::ModelConfig& config) {
  const model::VisionConfig& v = config.vision;
  std::ostringstream text;
  text << v.layers << " layers, width " << v.hidden << ", " << v.heads << " heads, patches of "
       << v.patch_size << " pixels, images up to " << v.image_size;
  if (config.projector.merger)
    text << ", " << config.projector.spatial_merge << " x " << config.projector.spatial_merge
         << " patches a token";
  return text.str();
}

std::string dtype_text(const Checkpoint& checkpoint) {
  std::string text;
  for (const auto& [dtype, elements] : checkpoint.dtypes())
    text +=
        (text.empty() ? "" : ", ") + std::string(model::name(dtype)) + " " + count_text(elements);
  return text;
}

void print_line(const std::string& what, const std::string& text) {
  std::cout << std::left << std::setw(12) << what << text << '\n';
}

void print(const Checkpoint& checkpoint, const std::vector<std::string>& problems,
           const Options& o) {
  const model::ModelConfig& config = checkpoint.config();
  const auto counted = model::count_parameters(config, checkpoint.tied_head());
  const auto grid = model::token_grid(o.image[0], o.image[1], model::image_rule(config));
  const std::int64_t token = model::kv_bytes_per_token(config.text);
  print_line("model",
             config.projector.merger ? "Pixtral family, with patch merger" : "Pixtral family");
  print_line("format", layout_text(checkpoint));
  print_line("text", text_part(config.text));
  print_line("vision", vision_part(config));
  print_line("head", checkpoint.tied_head() ? "the embedding (tied)" : "its own");
  print_line("parameters", count_text(counted.all()) + " (text " + count_text(counted.text) +
                               ", vision " + count_text(counted.vision) + ", projector " +
                               count_text(counted.projector) + ")");
  print_line("weights",
             bytes_text(checkpoint.weight_bytes()) + " (" + dtype_text(checkpoint) + ")");
  const auto& positions = config.text.positions;
  print_line("KV cache",
             bytes_text(token) + " a token in 16 bits" +
                 (positions ? ", " + bytes_text(token * *positions) + " for the full context of " +
                                  std::to_string(*positions)
                            : "; the files state no longest context"));
  print_line("image", std::to_string(o.image[0]) + " x " + std::to_string(o.image[1]) + ": " +
                          std::to_string(grid.ids()) + " tokens of context (" +
                          std::to_string(grid.rows) + " x " + std::to_string(grid.columns) +
                          " and row ends), " + bytes_text(token * grid.ids()) + " of KV cache");
  for (const std::string& remark : config.remarks) print_line("remark", remark);
  for (const std::string& problem : problems) print_line("wrong", problem);
  if (checkpoint.problems().empty()) print_line("tensors", "all there, all of the expected shape");
}

void print_json(const Checkpoint& checkpoint, const std::vector<std::string>& problems,
                const Options& o) {
  const model::ModelConfig& config = checkpoint.config();
  const auto counted = model::count_parameters(config, checkpoint.tied_head());
  const auto grid = model::token_grid(o.image[0], o.image[1], model::image_rule(config));
  const std::int64_t token = model::kv_bytes_per_token(config.text);
  nlohmann::ordered_json json;
  json["format"] = checkpoint.layout() == model::Layout::mistral ? "mistral" : "hugging_face";
  json["files"] = checkpoint.files();
  json["tied_head"] = checkpoint.tied_head();
  json["parameters"] = {{"all", counted.all()},
                        {"text", counted.text},
                        {"vision", counted.vision},
                        {"projector", counted.projector}};
  json["weight_bytes"] = checkpoint.weight_bytes();
  for (const auto& [dtype, elements] : checkpoint.dtypes())
    json["dtypes"][std::string(model::name(dtype))] = elements;
  json["kv_bytes_per_token"] = token;
  json["positions"] = nullptr;
  if (config.text.positions) json["positions"] = *config.text.positions;
  json["image"] = {{"width", o.image[0]},     {"height", o.image[1]},
                   {"tokens", grid.ids()},    {"rows", grid.rows},
                   {"columns", grid.columns}, {"kv_bytes", token * grid.ids()}};
  json["remarks"] = config.remarks;
  json["problems"] = problems;
  std::cout << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

int model_info(const Options& o) {
  try {
    const Checkpoint checkpoint = Checkpoint::open(o.folder);
    std::vector<std::string> problems = checkpoint.problems();
    try {
      (void)model::open_folder_text(o.folder, checkpoint);
    } catch (const model::Refused& why) {
      problems.emplace_back(why.what());
    }
    (o.json ? print_json : print)(checkpoint, problems, o);
    if (problems.empty()) return 0;
    std::cerr << "tomoscribe model info: " << problems.size()
              << (problems.size() == 1 ? " thing keeps" : " things keep")
              << " this model from being used\n";
    return 3;
  } catch (const model::Refused& why) {
    std::cerr << "tomoscribe model info: " << why.what() << '\n';
    return 3;
  }
}

/// The words of the draft language and those around them, as they stand in a prompt.
std::vector<std::string> practice_words() {
  std::string text = reporting::draft_instructions({}) + reporting::draft_grammar({}), word;
  std::set<std::string> words;
  for (const char c : text + " ") {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter) word += c;
    if (letter || word.empty()) continue;
    words.insert(word);
    words.insert(" " + word);
    word.clear();
  }
  return {words.begin(), words.end()};
}

int model_practice(const Practice& o) {
  if (fs::exists(o.out) && !(fs::is_directory(o.out) && fs::is_empty(o.out))) {
    std::cerr << "tomoscribe model practice: " << o.out.string()
              << " is there already and not an empty folder\n";
    return 1;
  }
  model::write_practice_model(o.out, o.seed, practice_words());
  std::cout << "a small model of random weights in " << o.out.string()
            << ": what it says is nonsense, for trying the chain only\n";
  return 0;
}

}  // namespace

int command_model(int argc, char** argv) {
  Options o;
  if (argc > 1 && std::string_view(argv[1]) == "generate")
    hand_over_to("tomoscribe-model", {argv + 1, argv + argc});
  CLI::App app("Language models: what a folder holds and needs; text and images in, text out.",
               "tomoscribe model");
  app.add_subcommand("generate",
                     "ask a model about pictures (see tomoscribe model generate --help)");
  app.require_subcommand(1);
  CLI::App* info = app.add_subcommand(
      "info", "say what model a folder holds, the memory it needs, and all that is wrong with it");
  info->add_option("DIR", o.folder, "folder with config.json or params.json and safetensors files")
      ->required();
  info->add_option("--image", o.image, "width and height of an image, pixels")
      ->expected(2)
      ->check(CLI::Range(1, model::longest_side_px))
      ->capture_default_str();
  info->add_flag("--json", o.json, "print JSON");
  Practice p;
  CLI::App* practice = app.add_subcommand(
      "practice", "write a small model of random weights, to try everything without a real one");
  practice->add_option("--out", p.out, "folder to write into; made if absent")->required();
  practice->add_option("--seed", p.seed, "of the weights")->capture_default_str();
  if (const auto status = ends_here(app, argc, argv)) return *status;
  return practice->parsed() ? model_practice(p) : model_info(o);
}

}  // namespace tomoscribe::pipeline

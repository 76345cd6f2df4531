#include "model/checkpoint.h"

#include <array>
#include <functional>
#include <set>
#include <system_error>
#include <utility>

#include "model/detail/json.h"
#include "model/detail/safetensors_header.h"
#include "model/refused.h"

namespace tomoscribe::model {

namespace {

namespace fs = std::filesystem;
using detail::in_quotes;

constexpr std::size_t longest_config = 1 << 20;

/// Files of one layout. An index is looked for where the single file is not.
struct Place {
  Layout layout;
  const char* config;
  const char* weights;
  const char* index;
};

constexpr std::array places{
    Place{Layout::hugging_face, "config.json", "model.safetensors", "model.safetensors.index.json"},
    Place{Layout::mistral, "params.json", "consolidated.safetensors",
          "consolidated.safetensors.index.json"}};

bool is_there(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored);
}

std::optional<fs::path> weights_of(const Place& place, const fs::path& folder) {
  for (const char* const name : {place.weights, place.index})
    if (is_there(folder / name)) return folder / name;
  return std::nullopt;
}

ModelConfig read_config(const Place& place, const fs::path& folder) {
  const std::string text = detail::read_text(folder / place.config, longest_config);
  return place.layout == Layout::mistral ? read_mistral_params(text)
                                         : read_hugging_face_config(text);
}

bool is_weight_type(Dtype dtype) {
  return dtype == Dtype::f32 || dtype == Dtype::f16 || dtype == Dtype::bf16;
}

const Place& place_in(const fs::path& folder) {
  const Place* described = nullptr;
  for (const Place& place : places) {
    if (!is_there(folder / place.config)) continue;
    if (weights_of(place, folder)) return place;
    if (described == nullptr) described = &place;
  }
  if (described == nullptr)
    throw Refused(folder.string() +
                  " holds no model: neither config.json nor params.json is in it");
  throw Refused(folder.string() + " holds " + described->config + " but no weights: neither " +
                described->weights + " nor " + described->index + " is in it");
}

}  // namespace

Checkpoint Checkpoint::open(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) throw Refused(folder.string() + " is not a folder");
  const Place& place = place_in(folder);
  ModelConfig config = read_config(place, folder);
  Checkpoint opened(Safetensors::open(*weights_of(place, folder)));
  opened.layout_ = place.layout;
  opened.config_ = std::move(config);
  opened.compare();
  return opened;
}

const TensorView* Checkpoint::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

void Checkpoint::match(const ExpectedTensor& expected, const TensorView* found) {
  const std::string& name = layout_ == Layout::mistral ? expected.mistral : expected.hugging_face;
  if (found == nullptr) {
    problems_.push_back("tensor " + in_quotes(name) + " " + text(expected.shape) + " is missing");
    return;
  }
  by_name_[expected.name] = found;
  if (found->shape != expected.shape)
    problems_.push_back("tensor " + in_quotes(found->name) + " has the shape " +
                        text(found->shape) + " where " + text(expected.shape) + " is expected");
  if (!is_weight_type(found->dtype) && config_.quantization.empty())
    problems_.push_back("tensor " + in_quotes(found->name) + " is " +
                        std::string(model::name(found->dtype)) + "; F32, F16 and BF16 are read");
}

Checkpoint::ByFileName Checkpoint::by_file_name() {
  ByFileName found;
  for (const auto& [name, tensor] : weights_.tensors()) {
    const auto [place, is_new] =
        found.emplace(layout_ == Layout::mistral ? name : hub_name(name), &tensor);
    if (!is_new)
      problems_.push_back("tensors " + in_quotes(name) + " and " + in_quotes(place->second->name) +
                          " are one and the same");
  }
  return found;
}

void Checkpoint::compare() {
  ByFileName left = by_file_name();
  const char* const head =
      layout_ == Layout::mistral ? "output.weight" : "language_model.lm_head.weight";
  tied_head_ = left.count(head) == 0 && config_.tied_head != false;

  const bool quantised = !config_.quantization.empty();
  if (quantised)
    problems_.push_back("the weights are quantised (" + in_quotes(config_.quantization) +
                        "), which is not implemented yet");
  for (const ExpectedTensor& expected : expected_tensors(config_, tied_head_)) {
    const auto found =
        left.find(layout_ == Layout::mistral ? expected.mistral : expected.hugging_face);
    match(expected, found == left.end() ? nullptr : found->second);
    if (found != left.end()) left.erase(found);
  }
  if (quantised) return;  // its scales are no surprise
  for (const auto& [name, tensor] : left)
    problems_.push_back("tensor " + in_quotes(tensor->name) + " " + text(tensor->shape) +
                        " belongs to no part of such a model");
}

std::int64_t Checkpoint::weight_bytes() const {
  std::int64_t sum = 0;
  for (const auto& [name, tensor] : weights_.tensors())
    sum += static_cast<std::int64_t>(tensor.bytes);
  return sum;
}

std::map<Dtype, std::int64_t> Checkpoint::dtypes() const {
  std::map<Dtype, std::int64_t> counted;
  for (const auto& [name, tensor] : weights_.tensors()) counted[tensor.dtype] += elements(tensor);
  return counted;
}

}  // namespace tomoscribe::model

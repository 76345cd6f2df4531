// Every model and case under TOMOSCRIBE_FIXTURES, whatever its name and size, layer by layer, on
// every device of this machine: what transformers gave for the same weights, ids and pixels.

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "model/network/detail/parts.h"
#include "model/network/network.h"
#include "model/refused.h"
#include "model/runtime.h"
#include "tests/support/model_folder.h"

namespace tomoscribe::model {
namespace {

namespace fs = std::filesystem;

// The gates of the fixtures' README: float32 against float32, and bfloat16 against float32.
constexpr double logit_gate = 1e-4, logit_gate_gpu = 2e-4, vision_gate = 2e-5;
constexpr double bf16_gate = 0.6, bf16_agreement = 0.9;

/// Where the cases of a model folder lie: in it, or beside it where it is another layout of the
/// same weights.
fs::path cases_of(const fs::path& model) {
  for (const fs::path& folder : {model / "cases", model.parent_path() / "cases"})
    if (fs::is_directory(folder)) return folder;
  return {};
}

/// Model folders that hold one of this family, with cases.
std::vector<fs::path> models() {
  std::vector<fs::path> found;
  for (const fs::path& folder : tests::fixture_models()) {
    if (cases_of(folder).empty()) continue;
    try {
      (void)Checkpoint::open(folder);
      found.push_back(folder);
    } catch (const Refused&) {  // another family
    }
  }
  return found;
}

std::vector<std::string> devices() {
  std::vector<std::string> all{"cpu"};
  if (at::hasCUDA()) all.emplace_back("cuda");
  return all;
}

at::Tensor tensor_of(const TensorView& view) {
  const auto type = view.dtype == Dtype::i64    ? at::kLong
                    : view.dtype == Dtype::bf16 ? at::kBFloat16
                                                : at::kFloat;
  at::Tensor tensor = at::empty(view.shape, type);
  std::memcpy(tensor.data_ptr(), view.data, view.bytes);
  return tensor;
}

/// One request of one case: "hf." or "mc." before its tensors' names.
class Request {
 public:
  Request(const Safetensors& tensors, std::string prefix)
      : tensors_(tensors), prefix_(std::move(prefix)) {}

  bool has(const std::string& name) const { return tensors_.find(prefix_ + name) != nullptr; }
  at::Tensor operator[](const std::string& name) const {
    return tensor_of(*tensors_.find(prefix_ + name));
  }
  std::vector<TokenId> ids(const std::string& name) const {
    const at::Tensor values = (*this)[name];
    const auto* first = values.data_ptr<std::int64_t>();
    return {first, first + values.numel()};
  }
  std::vector<at::Tensor> pixels() const {
    std::vector<at::Tensor> all;
    for (int i = 0; has("pixel_values." + std::to_string(i)); ++i)
      all.push_back((*this)["pixel_values." + std::to_string(i)]);
    return all;
  }

 private:
  const Safetensors& tensors_;
  std::string prefix_;
};

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) {
    ADD_FAILURE() << "shapes " << a.sizes() << " and " << b.sizes();
    return INFINITY;
  }
  return (a.to(at::kCPU, at::kDouble) - b.to(at::kCPU, at::kDouble)).abs().max().item<double>();
}

/// What each stage gave: images of one request one after another.
using Stages = std::map<std::string, std::vector<at::Tensor>>;

Stages run(const Network& network, const Request& request, TokenId image_id,
           std::vector<ImageFeatures>& images, at::Tensor& logits) {
  const c10::InferenceMode inference;
  const Network::Parts& parts = network.parts();
  Stages stages;
  const network::Probe probe = [&](const std::string& stage, const at::Tensor& value) {
    stages[stage].push_back(value);
  };
  std::vector<at::Tensor> rows;
  const std::int64_t cell =
      parts.config().vision.patch_size * parts.config().projector.spatial_merge;
  for (const at::Tensor& pixels : request.pixels()) {
    rows.push_back(parts.features(pixels, probe));
    const ImageGrid grid{static_cast<int>(pixels.size(1) / cell),
                         static_cast<int>(pixels.size(2) / cell)};
    images.emplace_back(
        std::make_shared<const ImageFeatures::Value>(ImageFeatures::Value{rows.back(), grid}));
  }
  const at::Tensor ids = request["input_ids"];
  at::Tensor embeddings = parts.embed(ids);
  if (!rows.empty())
    embeddings.index_copy_(0, ids.eq(image_id).nonzero().squeeze(1).to(parts.device),
                           at::cat(rows));
  probe("text.inputs_embeds", embeddings);
  network::KvCache cache(parts.config().text, ids.numel(),
                         at::TensorOptions(parts.scalar).device(parts.device));
  const at::Tensor hidden = network::decode(embeddings, parts.config().text, parts.weights.text,
                                            parts.weights.rotary_rows, cache, nullptr, probe);
  logits = parts.logits(hidden);
  return stages;
}

/// The likeliest ids one after another, through the cache.
std::vector<TokenId> greedy(const Network& network, const Request& request, TokenId image_id,
                            const std::vector<ImageFeatures>& images, std::size_t count) {
  const std::vector<TokenId> prompt = request.ids("input_ids");
  Sequence sequence = network.begin(prompt.size() + count, image_id);
  sequence.append(prompt, images);
  std::vector<TokenId> ids;
  while (ids.size() < count) {
    const auto& logits = sequence.logits();
    ids.push_back(
        static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
    sequence.append({ids.back()});
  }
  return ids;
}

/// How many stages were compared.
int compare_stages(const Stages& stages, const Request& request, double text_gate) {
  int compared = 0;
  for (const auto& [stage, values] : stages) {
    if (!request.has(stage)) continue;
    const double gate =
        stage.rfind("text.layer", 0) == 0 || stage == "text.final_norm" ? text_gate : vision_gate;
    EXPECT_LE(largest_difference(at::cat(values), request[stage]), gate) << stage;
    ++compared;
  }
  return compared;
}

template <class Check>
void for_every_request(const Check& check) {
  int requests = 0;
  for (const fs::path& folder : models())
    for (const auto& entry : fs::directory_iterator(cases_of(folder))) {
      if (entry.path().extension() != ".safetensors") continue;
      const Safetensors tensors = Safetensors::open(entry.path());
      for (const std::string prefix : {"hf.", "mc."}) {
        const Request request(tensors, prefix);
        if (!request.has("input_ids")) continue;
        SCOPED_TRACE(folder.string() + " " + entry.path().filename().string() + " " + prefix);
        check(folder, request);
        ++requests;
      }
    }
  std::cout << requests << " requests\n";
  EXPECT_GT(requests, 0);
}

class OnDevice : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (models().empty()) GTEST_SKIP() << "no fixtures (TOMOSCRIBE_FIXTURES)";
  }

  /// Loaded once for each folder and type.
  const Network& loaded(const fs::path& folder, ComputeType type) {
    auto& place = networks_[{folder, type}];
    if (!place)
      place =
          std::make_unique<Network>(Checkpoint::open(folder), NetworkOptions{GetParam(), type, 2});
    return *place;
  }

  std::map<std::pair<fs::path, ComputeType>, std::unique_ptr<Network>> networks_;
};

TEST_P(OnDevice, EveryStageIsWithinTheGateInFloat32AndGreedyIdsAreEqual) {
  const double gate = GetParam() == "cpu" ? logit_gate : logit_gate_gpu;
  int compared = 0;
  for_every_request([&](const fs::path& folder, const Request& request) {
    const Network& network = loaded(folder, ComputeType::f32);
    const auto image_id = static_cast<TokenId>(network.checkpoint().config().image_ids.image);
    std::vector<ImageFeatures> images;
    at::Tensor logits;
    const Stages stages = run(network, request, image_id, images, logits);
    compared += compare_stages(stages, request, gate);
    if (request.has("logits")) {
      EXPECT_LE(largest_difference(logits, request["logits"]), gate);
    }
    if (request.has("greedy_ids")) {
      const auto expected = request.ids("greedy_ids");
      EXPECT_EQ(greedy(network, request, image_id, images, expected.size()), expected);
    }
  });
  EXPECT_GT(compared, 0);
}

TEST_P(OnDevice, Bfloat16IsWithinTheGate) {
  for_every_request([&](const fs::path& folder, const Request& request) {
    if (!request.has("logits")) return;
    const Network& network = loaded(folder, ComputeType::bf16);
    const auto image_id = static_cast<TokenId>(network.checkpoint().config().image_ids.image);
    std::vector<ImageFeatures> images;
    at::Tensor logits;
    (void)run(network, request, image_id, images, logits);
    const at::Tensor expected = request["logits"];
    EXPECT_LE(largest_difference(logits, expected), bf16_gate);
    EXPECT_GE(logits.to(at::kCPU)
                  .argmax(-1)
                  .eq(expected.argmax(-1))
                  .to(at::kDouble)
                  .mean()
                  .item<double>(),
              bf16_agreement);
  });
}

INSTANTIATE_TEST_SUITE_P(Network, OnDevice, testing::ValuesIn(devices()),
                         [](const auto& device) { return device.param; });

}  // namespace
}  // namespace tomoscribe::model

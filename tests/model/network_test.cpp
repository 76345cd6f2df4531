#include "model/network/network.h"

#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "model/network/detail/layers.h"
#include "model/network/detail/parts.h"
#include "model/network/detail/torch_compat.h"
#include "model/refused.h"
#include "tests/support/files.h"
#include "tests/support/model_folder.h"

namespace tomoscribe::model {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<TokenId>;

fs::path tiny(const std::string& name) {
  return tests::pixtral_data() / "fixtures" / name;
}

Network load(const std::string& name,
             const NetworkOptions& options = {"cpu", ComputeType::f32, 1}) {
  // NOLINTNEXTLINE(modernize-return-braced-init-list): a network neither copies nor moves
  return Network(Checkpoint::open(tiny(name)), options);
}

constexpr TokenId image_id = 10, row_break = 12, image_end = 13;

/// An image of whole tokens, grey steps.
PreparedImage picture(const Network& network, int rows, int columns, float shift = 0) {
  const ModelConfig& config = network.checkpoint().config();
  const int cell = static_cast<int>(config.vision.patch_size * config.projector.spatial_merge);
  PreparedImage image;
  image.tokens = {rows, columns};
  image.height = rows * cell;
  image.width = columns * cell;
  const std::size_t count = 3 * static_cast<std::size_t>(image.width * image.height);
  for (std::size_t i = 0; i < count; ++i)
    image.values.push_back(std::sin(0.01F * static_cast<float>(i) + shift));
  return image;
}

/// Ids of text with one image of rows x columns in it.
Ids prompt_with_image(int rows, int columns) {
  Ids ids{1, 3, 150, 151};
  for (int row = 0; row < rows; ++row) {
    ids.insert(ids.end(), static_cast<std::size_t>(columns), image_id);
    ids.push_back(row + 1 < rows ? row_break : image_end);
  }
  ids.insert(ids.end(), {200, 201, 4});
  return ids;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double most = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    most = std::max(most, static_cast<double>(std::abs(a[i] - b[i])));
  return most;
}

TEST(Sequence, GivesTheSameLogitsHoweverThePromptIsCut) {
  const Network network = load("ministral3-tiny");
  const ImageFeatures image = network.encode(picture(network, 3, 4));
  const Ids ids = prompt_with_image(3, 4);
  Sequence whole = network.begin(64, image_id), one_by_one = network.begin(64, image_id);
  whole.append(ids, {image});
  one_by_one.append({ids.begin(), ids.end() - 3}, {image});
  for (auto at = ids.end() - 3; at != ids.end(); ++at) one_by_one.append({*at});
  EXPECT_LT(largest_difference(whole.logits(), one_by_one.logits()), 1e-5);
  EXPECT_LT(largest_difference(whole.attention(), one_by_one.attention()), 1e-6);
  EXPECT_EQ(whole.length(), ids.size());
}

TEST(Sequence, SaysWhereTheLastTokenLooked) {
  const Network network = load("pixtral-tiny");
  Sequence sequence = network.begin(32, image_id);
  sequence.append({1, 3, 150, 151, 152});
  ASSERT_EQ(sequence.attention().size(), 5U);
  double sum = 0;
  for (const float mass : sequence.attention()) {
    EXPECT_GE(mass, 0);
    sum += static_cast<double>(mass);
  }
  EXPECT_NEAR(sum, 1, 1e-5);
}

TEST(Sequence, RefusesWhatDoesNotFitAndStaysAsItWas) {
  const Network network = load("pixtral-tiny");
  const ImageFeatures image = network.encode(picture(network, 2, 2));
  Sequence sequence = network.begin(16, image_id);
  sequence.append({1, 3, 150});
  const std::vector<float> before = sequence.logits();
  EXPECT_THROW(sequence.append({1, 512}), std::invalid_argument);
  EXPECT_THROW(sequence.append({-1}), std::invalid_argument);
  EXPECT_THROW(sequence.append({image_id, image_id}, {image}), std::invalid_argument);
  EXPECT_THROW(sequence.append(Ids(14, 150)), std::length_error);
  EXPECT_THROW(sequence.append({150, 151}, {}, [](double) { throw std::runtime_error("stop"); }),
               std::runtime_error);
  EXPECT_EQ(sequence.length(), 3U);
  EXPECT_EQ(sequence.logits(), before);
  Sequence again = network.begin(16, image_id);
  again.append({1, 3, 150, 151});
  sequence.append({151});
  EXPECT_LT(largest_difference(sequence.logits(), again.logits()), 1e-5);
}

TEST(Sequence, SaysInOneLineThatTheMemoryIsNotEnough) {
  const Network network = load("pixtral-tiny");
  try {
    (void)network.begin(std::size_t{1} << 45U, image_id);
    ADD_FAILURE() << "nobody has so much memory";
  } catch (const ComputeFailed& why) {
    EXPECT_EQ(std::string(why.what()).find('\n'), std::string::npos);
  }
}

TEST(Network, TakesImagesOnlyAsPreparedForIt) {
  const Network network = load("ministral3-tiny");
  PreparedImage image = picture(network, 2, 2);
  image.tokens.rows = 3;
  EXPECT_THROW((void)network.encode(image), std::invalid_argument);
  image = picture(network, 2, 2);
  image.values.pop_back();
  EXPECT_THROW((void)network.encode(image), std::invalid_argument);
}

TEST(Network, EachImageIsSeenAlone) {
  const Network network = load("pixtral-tiny");
  const at::Tensor alone = network.encode(picture(network, 2, 3)).value().rows;
  (void)network.encode(picture(network, 4, 4, 1));
  EXPECT_TRUE(alone.equal(network.encode(picture(network, 2, 3)).value().rows));
}

TEST(Network, MapsWeightsInsteadOfCopyingThem) {
  const Network network = load("pixtral-tiny", {"cpu", {}, 1});
  EXPECT_EQ(network.type(), ComputeType::bf16);
  const auto& layer = network.parts().weights.text.layers.at(1);
  EXPECT_EQ(layer.down.data_ptr(), network.checkpoint().find("text.layers.1.ffn.down")->data);
}

TEST(Network, RefusesADeviceThatIsNotThere) {
  for (const std::string device : {"tpu9", "", "cuda:99", "no device"})
    EXPECT_THROW((void)load("pixtral-tiny", {device, {}, 1}), Refused) << device;
  EXPECT_THROW((void)load("pixtral-tiny", {"cpu", ComputeType::f16, 1}), Refused);
}

TEST(Network, RefusesAFolderWithATensorMissing) {
  const tests::TempFolder folder;
  fs::copy(tiny("pixtral-tiny"), folder.path(), fs::copy_options::recursive);
  const auto checkpoint = Checkpoint::open(folder.path());
  auto tensors = tests::tensors_of(checkpoint.config(), false, Layout::hugging_face);
  tensors.erase(tensors.begin() + 5);
  tests::write_safetensors(folder.path() / "model.safetensors", tensors);
  EXPECT_THROW(Network(Checkpoint::open(folder.path()), {"cpu", {}, 1}), Refused);
}

/// The tiny model with every tensor in another type of 16 or 32 bits.
void write_as(const fs::path& from, const fs::path& to, at::ScalarType type,
              const std::string& word) {
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  const Safetensors tensors = Safetensors::open(from / "model.safetensors");
  nlohmann::json header = nlohmann::json::object();
  std::string data;
  for (const auto& [name, view] : tensors.tensors()) {
    at::Tensor value = at::empty(view.shape, at::kBFloat16);
    std::memcpy(value.data_ptr(), view.data, view.bytes);
    value = value.to(type).contiguous();
    const std::size_t begin = data.size();
    data.append(static_cast<const char*>(value.data_ptr()), value.nbytes());
    header[name] = {{"dtype", word}, {"shape", view.shape}, {"data_offsets", {begin, data.size()}}};
  }
  tests::write_text(to / "model.safetensors", tests::safetensors_bytes(header.dump(), data));
}

TEST(Network, ComputesTheSameFromEveryTypeThatFilesMayHave) {
  const Network stored = load("pixtral-tiny");
  Sequence expected = stored.begin(8, image_id);
  expected.append({1, 3, 150, 151, 4});
  for (const auto& [type, word] :
       std::map<at::ScalarType, std::string>{{at::kHalf, "F16"}, {at::kFloat, "F32"}}) {
    const tests::TempFolder folder;
    write_as(tiny("pixtral-tiny"), folder.path(), type, word);
    const Network network(Checkpoint::open(folder.path()), {"cpu", {}, 1});
    EXPECT_EQ(network.type(), ComputeType::f32) << word;
    Sequence sequence = network.begin(8, image_id);
    sequence.append({1, 3, 150, 151, 4});
    EXPECT_LT(largest_difference(sequence.logits(), expected.logits()), 1e-3) << word;
  }
}

/// Attention in one product, masked by hand.
at::Tensor attention_by_hand(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                             const network::Sight& sight) {
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  at::Tensor scores = at::einsum("bgtd,bsd->bgts", {q.to(at::kDouble), k.to(at::kDouble)}) * scale;
  for (std::int64_t t = 0; sight.causal && t < q.size(2); ++t)
    for (std::int64_t s = 0; s < k.size(1); ++s) {
      const std::int64_t at = sight.first + t;
      if (s > at || (sight.window && s <= at - *sight.window))
        scores.select(2, t).select(2, s).fill_(-INFINITY);
    }
  return at::einsum("bgts,bsd->bgtd", {scores.softmax(-1), v.to(at::kDouble)});
}

TEST(Attend, IsThatOfOneProductForEverySightAndHoweverManyGroups) {
  const c10::InferenceMode inference;
  at::manual_seed(1);
  struct Shape {
    std::int64_t queries, keys;
    network::Sight sight;
  };
  const std::vector<Shape> shapes{{1, 9, {true, 8, {}}},          {5, 9, {true, 4, {}}},
                                  {5, 9, {true, 4, 3}},           {1, 9, {true, 8, 3}},
                                  {300, 300, {true, 0, {}}},      {7, 7, {}},
                                  {210, 11000, {true, 10790, {}}}};  // the last in several groups
  for (const Shape& shape : shapes) {
    const at::Tensor q = at::randn({2, 3, shape.queries, 8}), k = at::randn({2, shape.keys, 8}),
                     v = at::randn({2, shape.keys, 8});
    at::Tensor mass = at::zeros({shape.keys});
    const at::Tensor got = network::attend(q, k, v, shape.sight, &mass);
    const at::Tensor expected = attention_by_hand(q, k, v, shape.sight);
    EXPECT_LT((got.to(at::kDouble) - expected).abs().max().item<double>(), 1e-5)
        << shape.queries << " of " << shape.keys;
    EXPECT_NEAR(mass.sum().item<double>(), 2 * 3, 1e-4);
  }
}

TEST(Attend, IsTheFusedKernelsWhereThereIsOne) {
#if TORCH_VERSION_MAJOR >= 2
  const c10::InferenceMode inference;
  at::manual_seed(2);
  const at::Tensor q = at::randn({2, 3, 40, 8}), k = at::randn({2, 40, 8}),
                   v = at::randn({2, 40, 8});
  for (const bool causal : {false, true})
    EXPECT_LT((network::attend_fused(q, k, v, causal) - network::attend(q, k, v, {causal, 0, {}}))
                  .abs()
                  .max()
                  .item<double>(),
              1e-5);
#else
  GTEST_SKIP() << "this LibTorch has none";
#endif
}

TEST(RmsNorm, IsItsDefinitionInFloat32) {
  const at::Tensor x = at::tensor({3.0F, 4.0F}).unsqueeze(0);
  const at::Tensor y = network::rms_norm(x, at::tensor({1.0F, 2.0F}), 0);
  EXPECT_NEAR(y[0][0].item<float>(), 3 / std::sqrt(12.5F), 1e-6);
  EXPECT_NEAR(y[0][1].item<float>(), 8 / std::sqrt(12.5F), 1e-6);
}

}  // namespace
}  // namespace tomoscribe::model

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "model/network/detail/decoder.h"
#include "model/network/detail/parts.h"
#include "model/network/network.h"

namespace tomoscribe::model {

namespace {

/// Rows that go through all layers together: bounds the memory of a long prompt.
constexpr std::int64_t rows_at_once = 1024;
/// A GPU's fused attention takes a prompt from its beginning only, and has room for more at once.
constexpr std::int64_t rows_at_once_on_gpu = 32768;
/// More tokens than this at once are a prompt: no attention is kept of it.
constexpr std::int64_t most_rows_watched = 64;

std::vector<float> to_vector(const at::Tensor& values) {
  const at::Tensor here = values.to(at::kCPU, at::kFloat).contiguous();
  const auto* first = here.data_ptr<float>();
  return {first, first + here.numel()};
}

at::Tensor to_tensor(const TokenId* ids, std::int64_t count) {
  at::Tensor tensor = at::empty({count}, at::kLong);
  std::copy(ids, ids + count, tensor.data_ptr<std::int64_t>());
  return tensor;
}

}  // namespace

struct Sequence::State {
  const Network::Parts& parts;
  TokenId image_id;
  network::KvCache cache;
  std::vector<float> logits, attention;

  void check(const std::vector<TokenId>& ids, const std::vector<ImageFeatures>& images) const;
  void run(const std::vector<TokenId>& ids, const std::vector<ImageFeatures>& images,
           const Fraction& progress);
  at::Tensor embed(const std::vector<TokenId>& ids, std::int64_t first, std::int64_t count,
                   const at::Tensor& image_rows, std::int64_t& used) const;
};

/// Before anything is computed.
void Sequence::State::check(const std::vector<TokenId>& ids,
                            const std::vector<ImageFeatures>& images) const {
  const std::int64_t vocabulary = parts.config().text.vocabulary;
  for (const TokenId id : ids)
    if (id < 0 || id >= vocabulary)
      throw std::invalid_argument("token id " + std::to_string(id) +
                                  " is not in the vocabulary of " + std::to_string(vocabulary));
  std::int64_t rows = 0;
  for (const ImageFeatures& image : images) rows += image.value().rows.size(0);
  const auto places = std::count(ids.begin(), ids.end(), image_id);
  if (!images.empty() && places != rows)
    throw std::invalid_argument("the prompt has " + std::to_string(places) +
                                " places for image tokens, its images have " +
                                std::to_string(rows));
  const auto needed = cache.length + static_cast<std::int64_t>(ids.size());
  if (needed > cache.capacity)
    throw std::length_error("the prompt needs " + std::to_string(needed) +
                            " tokens of context, there is room for " +
                            std::to_string(cache.capacity));
}

/// Embeddings of `count` ids; where an id is the image's, the next of its rows. [count,D]
at::Tensor Sequence::State::embed(const std::vector<TokenId>& ids, std::int64_t first,
                                  std::int64_t count, const at::Tensor& image_rows,
                                  std::int64_t& used) const {
  const at::Tensor here = to_tensor(ids.data() + first, count);
  at::Tensor rows = parts.embed(here);
  if (!image_rows.defined()) return rows;
  const at::Tensor places = here.eq(image_id).nonzero().squeeze(1);
  if (places.numel() == 0) return rows;
  rows.index_copy_(0, places.to(parts.device), image_rows.narrow(0, used, places.numel()));
  used += places.numel();
  return rows;
}

Sequence::Sequence(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sequence::Sequence(Sequence&&) noexcept = default;
Sequence& Sequence::operator=(Sequence&&) noexcept = default;
Sequence::~Sequence() = default;

void Sequence::append(const std::vector<TokenId>& ids, const std::vector<ImageFeatures>& images,
                      const Fraction& progress) {
  if (ids.empty()) return;
  state_->check(ids, images);
  network::computed([&] { state_->run(ids, images, progress); });
}

void Sequence::State::run(const std::vector<TokenId>& ids, const std::vector<ImageFeatures>& images,
                          const Fraction& progress) {
  at::Tensor image_rows;
  if (!images.empty()) {
    std::vector<at::Tensor> rows;
    rows.reserve(images.size());
    for (const ImageFeatures& image : images) rows.push_back(image.value().rows);
    image_rows = at::cat(rows);
  }
  const auto all = static_cast<std::int64_t>(ids.size());
  const std::int64_t before = cache.length;
  const TextConfig& config = parts.config().text;
  const network::Weights& weights = parts.weights;
  at::Tensor mass, hidden;
  if (all <= most_rows_watched)
    mass = at::zeros({cache.capacity}, at::TensorOptions(at::kFloat).device(parts.device));
  const auto layers = static_cast<double>(config.layers + 1);
  std::int64_t used = 0;
  const std::int64_t group = parts.device.is_cuda() ? rows_at_once_on_gpu : rows_at_once;
  try {
    for (std::int64_t first = 0; first < all; first += group) {
      const std::int64_t count = std::min(group, all - first);
      double stages = 0;
      const network::Probe told = [&](const std::string&, const at::Tensor&) {
        if (progress)
          progress((static_cast<double>(first) +
                    static_cast<double>(count) * std::min(1.0, stages++ / layers)) /
                   static_cast<double>(all));
      };
      hidden = network::decode(embed(ids, first, count, image_rows, used), config, weights.text,
                               weights.rotary_rows, cache, mass.defined() ? &mass : nullptr, told);
      if (progress) progress(static_cast<double>(first + count) / static_cast<double>(all));
    }
  } catch (...) {
    cache.length = before;
    throw;
  }
  logits = to_vector(parts.logits(hidden.narrow(0, hidden.size(0) - 1, 1)));
  attention = mass.defined() ? to_vector(mass.narrow(0, 0, cache.length)) : std::vector<float>();
}

const std::vector<float>& Sequence::logits() const {
  return state_->logits;
}
const std::vector<float>& Sequence::attention() const {
  return state_->attention;
}
std::size_t Sequence::length() const {
  return static_cast<std::size_t>(state_->cache.length);
}
std::size_t Sequence::capacity() const {
  return static_cast<std::size_t>(state_->cache.capacity);
}

Sequence Network::begin(std::size_t capacity, TokenId image_id) const {
  const auto options = at::TensorOptions(parts_->scalar).device(parts_->device);
  return network::computed([&] {
    return Sequence(std::make_unique<Sequence::State>(Sequence::State{
        *parts_,
        image_id,
        network::KvCache(parts_->config().text, static_cast<std::int64_t>(capacity), options),
        {},
        {}}));
  });
}

}  // namespace tomoscribe::model

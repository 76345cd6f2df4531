#include "model/network/detail/decoder.h"

#include <stdexcept>
#include <string>

#include "model/network/detail/layers.h"
#include "model/network/detail/rotary.h"

namespace tomoscribe::model::network {

namespace {

/// What all layers of one step share.
struct Step {
  Angles angles;
  at::Tensor query_scale;  ///< [T,1] or undefined
  Sight sight;
  RotaryRows order = RotaryRows::halves;
};

Step step_of(const TextConfig& config, std::int64_t first, std::int64_t count, RotaryRows order,
             const at::Device& device) {
  Step step{
      text_angles(config, first, count, device), {}, {true, first, config.sliding_window}, order};
  if (config.query_scaling)
    step.query_scale = query_scale(*config.query_scaling, first, count, device);
  return step;
}

/// x [T,D] -> [T,D]; writes the new keys and values at first..first+T-1.
at::Tensor attention(const at::Tensor& x, const LayerWeights& layer, const TextConfig& config,
                     const Step& step, at::Tensor& keys, at::Tensor& values, at::Tensor* mass) {
  const std::int64_t t = x.size(0), d = config.head_dim, groups = config.heads / config.kv_heads,
                     first = step.sight.first, length = first + t;
  const auto heads = [&](const at::Tensor& weight, std::int64_t count) {
    return dense(x, weight).view({t, count, d}).transpose(0, 1);  // [count,T,d]
  };
  at::Tensor q = rotate(heads(layer.q, config.heads), step.angles, step.order);
  if (step.query_scale.defined()) q = (q * step.query_scale).to(x.scalar_type());
  keys.narrow(1, first, t).copy_(rotate(heads(layer.k, config.kv_heads), step.angles, step.order));
  values.narrow(1, first, t).copy_(heads(layer.v, config.kv_heads));
  at::Tensor seen_mass = mass != nullptr ? mass->narrow(0, 0, length) : at::Tensor();
  const at::Tensor seen =
      attend(q.view({config.kv_heads, groups, t, d}), keys.narrow(1, 0, length),
             values.narrow(1, 0, length), step.sight, mass != nullptr ? &seen_mass : nullptr);
  // [KV,G,T,d] -> [T,H*d]
  return dense(seen.permute({2, 0, 1, 3}).reshape({t, config.heads * d}), layer.out);
}

}  // namespace

KvCache::KvCache(const TextConfig& text, std::int64_t room, const at::TensorOptions& options)
    : capacity(room) {
  for (std::int64_t layer = 0; layer < text.layers; ++layer) {
    keys.push_back(at::empty({text.kv_heads, capacity, text.head_dim}, options));
    values.push_back(at::empty({text.kv_heads, capacity, text.head_dim}, options));
  }
}

at::Tensor decode(const at::Tensor& embeddings, const TextConfig& config,
                  const TextWeights& weights, RotaryRows order, KvCache& cache, at::Tensor* mass,
                  const Probe& probe) {
  const std::int64_t t = embeddings.size(0);
  if (cache.length + t > cache.capacity)
    throw std::length_error("the KV cache holds " + std::to_string(cache.capacity) +
                            " tokens, asked for " + std::to_string(cache.length + t));
  const Step step = step_of(config, cache.length, t, order, embeddings.device());
  at::Tensor x = embeddings, sum;
  if (mass != nullptr) sum = at::zeros_like(*mass);
  for (std::size_t i = 0; i < weights.layers.size(); ++i) {
    const LayerWeights& layer = weights.layers[i];
    x = x + attention(rms_norm(x, layer.attention_norm, config.norm_eps), layer, config, step,
                      cache.keys[i], cache.values[i], sum.defined() ? &sum : nullptr);
    x = x + feed_forward(rms_norm(x, layer.ffn_norm, config.norm_eps), layer);
    if (probe) probe("text.layer." + std::to_string(i), x);
  }
  cache.length += t;
  if (sum.defined()) mass->add_(sum, 1.0 / static_cast<double>(config.heads * config.layers));
  x = rms_norm(x, weights.norm, config.norm_eps);
  if (probe) probe("text.final_norm", x);
  return x;
}

}  // namespace tomoscribe::model::network

#include "model/network/detail/layers.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/network/detail/torch_compat.h"

namespace tomoscribe::model::network {

namespace {

constexpr std::int64_t score_elements = std::int64_t{1} << 23;  // 32 MiB of float32
constexpr std::int64_t hidden_elements = std::int64_t{1} << 24;

/// Queries first..first+count-1 against keys 0..keys-1: true where a query may not look.
/// [count,keys]
at::Tensor hidden_keys(const Sight& sight, std::int64_t first, std::int64_t count,
                       std::int64_t keys, const at::Device& device) {
  const auto options = at::TensorOptions(at::kLong).device(device);
  const at::Tensor query = at::arange(first, first + count, options).unsqueeze(1);
  const at::Tensor key = at::arange(keys, options).unsqueeze(0);
  at::Tensor hidden = key > query;
  if (sight.window) hidden = hidden.logical_or(key <= query - *sight.window);
  return hidden;
}

/// One group of queries. q [B,G,t,d], k and v [B,S,d] -> [B,G,t,d].
at::Tensor attend_group(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                        const Sight& sight, std::int64_t first, at::Tensor* mass) {
  const std::int64_t b = q.size(0), g = q.size(1), t = q.size(2), d = q.size(3), s = k.size(1);
  at::Tensor scores = at::bmm(q.reshape({b, g * t, d}), k.transpose(1, 2));  // [B,G*t,S]
  scores = scores.to(at::kFloat).mul_(1 / std::sqrt(static_cast<double>(d)));
  const bool all_seen = t == 1 && first + 1 == s && !(sight.window && *sight.window < s);
  if (sight.causal && !all_seen)
    scores.view({b, g, t, s})
        .masked_fill_(hidden_keys(sight, first, t, s, q.device()),
                      -std::numeric_limits<float>::infinity());
  const at::Tensor weights = scores.softmax(-1);  // [B,G*t,S]
  if (mass != nullptr) mass->add_(weights.view({b, g, t, s}).select(2, t - 1).flatten(0, 1).sum(0));
  return at::bmm(weights.to(v.scalar_type()), v).view({b, g, t, d});
}

}  // namespace

at::Tensor dense(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  // LibTorch's own choice for one row of float32 reads weights at a quarter of this speed.
  if (x.size(0) == 1 && x.is_cpu() && x.scalar_type() == at::kFloat) {
    const at::Tensor row = at::mv(weight, x[0]);
    return (bias.defined() ? row + bias : row).unsqueeze(0);
  }
  return at::linear(x, weight, bias);
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) {
  const at::Tensor exact = x.to(at::kFloat);
  const at::Tensor scale = exact.square().mean(-1, true).add_(eps).rsqrt_();
  return (exact * scale).to(x.scalar_type()) * weight;
}

at::Tensor feed_forward(const at::Tensor& x, const LayerWeights& layer, Activation activation) {
  const auto forward = [&](const at::Tensor& rows) {
    at::Tensor gate = dense(rows, layer.gate);
    gate = activation == Activation::silu ? at::silu_(gate) : at::gelu(gate);
    return dense(gate.mul_(dense(rows, layer.up)), layer.down);
  };
  const std::int64_t group = std::max<std::int64_t>(1, hidden_elements / layer.gate.size(0));
  if (x.size(0) <= group) return forward(x);
  at::Tensor out = at::empty_like(x);
  for (std::int64_t first = 0; first < x.size(0); first += group) {
    const std::int64_t rows = std::min(group, x.size(0) - first);
    out.narrow(0, first, rows).copy_(forward(x.narrow(0, first, rows)));
  }
  return out;
}

at::Tensor attend_fused(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                        bool causal) {
  const std::int64_t b = q.size(0), g = q.size(1), t = q.size(2), d = q.size(3), s = k.size(1);
  const auto spread = [&](const at::Tensor& x) {
    return x.unsqueeze(1).expand({b, g, s, d}).reshape({1, b * g, s, d});
  };
  const double scale = 1 / std::sqrt(static_cast<double>(d));
  return fused_attention(q.reshape({1, b * g, t, d}), spread(k), spread(v), causal, scale)
      .view({b, g, t, d});
}

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Sight& sight,
                  at::Tensor* mass) {
  const std::int64_t t = q.size(2), s = k.size(1);
  // A few rows of bfloat16 times a cache take LibTorch's CPU eighty times as long as float32.
  constexpr std::int64_t few = 8;
  if (t < few && q.is_cpu() && q.scalar_type() != at::kFloat)
    return attend(q.to(at::kFloat), k.to(at::kFloat), v.to(at::kFloat), sight, mass)
        .to(q.scalar_type());
  const bool whole = !sight.causal || (sight.first == 0 && t == s && !sight.window);
  if (t > 1 && whole && mass == nullptr && has_fused_attention(q))
    return attend_fused(q, k, v, sight.causal);
  const std::int64_t group =
      std::max<std::int64_t>(1, score_elements / (q.size(0) * q.size(1) * s));
  if (t <= group) return attend_group(q, k, v, sight, sight.first, mass);
  at::Tensor out = at::empty_like(q, q.options(), at::MemoryFormat::Contiguous);
  for (std::int64_t first = 0; first < t; first += group) {
    const std::int64_t rows = std::min(group, t - first);
    // Later keys are hidden from all of these queries.
    const std::int64_t seen = sight.causal ? std::min(s, sight.first + first + rows) : s;
    out.narrow(2, first, rows)
        .copy_(attend_group(q.narrow(2, first, rows), k.narrow(1, 0, seen), v.narrow(1, 0, seen),
                            sight, sight.first + first, first + rows == t ? mass : nullptr));
  }
  return out;
}

}  // namespace tomoscribe::model::network

#pragma once
// What vision encoder and decoder share. T rows (tokens or patches), D width.

#include <cstdint>
#include <optional>

#include <ATen/ATen.h>

#include "model/network/detail/weights.h"

namespace tomoscribe::model::network {

/// x [T,in], weight [out,in], bias [out] or undefined -> [T,out].
at::Tensor dense(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});

/// x / sqrt(mean(x^2) + eps) in float32, cast, times weight. [T,D] -> [T,D]. (Zhang & Sennrich
/// 2019)
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps);

/// down(silu(gate(x)) * up(x)); gelu in place of silu where a vision config says so. [T,D] ->
/// [T,D]. Rows are taken in groups, so that the hidden width costs bounded memory.
at::Tensor feed_forward(const at::Tensor& x, const LayerWeights& layer,
                        Activation activation = Activation::silu);

/// Which keys a query sees.
struct Sight {
  bool causal = false;
  std::int64_t first = 0;              ///< position of the first query; keys begin at position 0
  std::optional<std::int64_t> window;  ///< so many of the last keys only
};

/// Softmax in float32, in groups of queries, so that scores take bounded memory.
/// q [B,G,T,d]: G query heads for each of B key heads; k, v [B,S,d] -> [B,G,T,d].
/// \param mass  if not null: the attention of the last query on each key, added up over all heads,
/// is
///              added to this float32 tensor [S].
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Sight& sight,
                  at::Tensor* mass = nullptr);

/// As attend for queries that begin with the keys or see all of them, by LibTorch's fused kernel:
/// on a GPU, where memory for scores and speed matter. Only where torch_compat.h has one.
at::Tensor attend_fused(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, bool causal);

}  // namespace tomoscribe::model::network

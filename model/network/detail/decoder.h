#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "model/model_config.h"
#include "model/network/detail/vision.h"
#include "model/network/detail/weights.h"

namespace tomoscribe::model::network {

/// Keys and values of one sequence, all layers: [KV,capacity,d] each, `length` of them written. The
/// memory is asked for at once; the system gives pages as they are written.
struct KvCache {
  KvCache(const TextConfig& text, std::int64_t room, const at::TensorOptions& options);

  std::vector<at::Tensor> keys, values;   ///< by layer
  std::int64_t capacity = 0, length = 0;  ///< tokens
};

/// The decoder's layers: T new rows after the cache's, which grows by them.
/// embeddings [T,D] -> [T,D], after the final norm.
/// \param mass  if not null: float32 [capacity]; to each position is added the attention that the
/// last
///              new row gives it, a mean over heads and layers (sum 1).
/// \throws std::length_error when the cache has no room.
at::Tensor decode(const at::Tensor& embeddings, const TextConfig& config,
                  const TextWeights& weights, RotaryRows order, KvCache& cache,
                  at::Tensor* mass = nullptr, const Probe& probe = {});

}  // namespace tomoscribe::model::network

#pragma once

#include <string>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "model/network/detail/decoder.h"
#include "model/network/detail/weights.h"
#include "model/network/network.h"

namespace tomoscribe::model {

struct Network::Parts {
  Checkpoint checkpoint;
  std::string device_name;
  at::Device device{at::kCPU};
  ComputeType type = ComputeType::f32;
  at::ScalarType scalar = at::kFloat;
  network::Weights weights;

  const ModelConfig& config() const { return checkpoint.config(); }
  /// pixels [3,H,W], float32, on any device -> [tokens,D].
  at::Tensor features(const at::Tensor& pixels, const network::Probe& probe = {}) const;
  /// ids -> [T,D].
  at::Tensor embed(const at::Tensor& ids) const;
  /// [T,D] after the final norm -> [T,V], float32.
  at::Tensor logits(const at::Tensor& hidden) const;
};

namespace network {
/// Does the work; LibTorch's faults become ComputeFailed with their first line.
template <class Work>
auto computed(const Work& work) {
  try {
    const c10::InferenceMode inference;
    return work();
  } catch (const c10::Error& fault) {
    const std::string text = fault.what_without_backtrace();
    throw ComputeFailed(text.substr(0, text.find('\n')));
  }
}
}  // namespace network

struct ImageFeatures::Value {
  at::Tensor rows;  ///< [tokens,D]
  ImageGrid grid;
};

}  // namespace tomoscribe::model

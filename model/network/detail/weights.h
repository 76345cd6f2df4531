#pragma once

#include <functional>
#include <vector>

#include <ATen/ATen.h>

#include "model/checkpoint.h"

namespace tomoscribe::model::network {

/// One layer, vision or text. Shapes as in expected_tensors: [out,in].
struct LayerWeights {
  at::Tensor attention_norm, q, k, v, out;  ///< [D], [H*d,D], [KV*d,D], [KV*d,D], [D,H*d]
  at::Tensor ffn_norm, gate, up, down;      ///< [D], [F,D], [F,D], [D,F]
};

struct VisionWeights {
  at::Tensor patches, norm;  ///< [Dv,C,p,p], [Dv]
  std::vector<LayerWeights> layers;
};

/// Undefined tensors: the model has none.
struct ProjectorWeights {
  at::Tensor norm, merge;    ///< [Dv], [Dv,Dv*s*s]
  at::Tensor in, in_bias;    ///< [D,Dv], [D]
  at::Tensor out, out_bias;  ///< [D,D], [D]
};

struct TextWeights {
  at::Tensor embedding;  ///< [V,D]
  std::vector<LayerWeights> layers;
  at::Tensor norm, head;  ///< [D], [V,D]; the head may be the embedding
};

/// All tensors of one model, of one type on one device.
struct Weights {
  VisionWeights vision;
  ProjectorWeights projector;
  TextWeights text;
  RotaryRows rotary_rows = RotaryRows::halves;
};

/// On the CPU, a tensor of the wanted type is the mapped file itself: nothing is copied, and the
/// checkpoint must outlive the result. Otherwise each is copied, one after another.
/// \param progress  share of the bytes done, 0 to 1.
/// \throws Refused when the checkpoint has problems (the first, and how many more).
Weights load_weights(const Checkpoint& checkpoint, at::ScalarType type, const at::Device& device,
                     const std::function<void(double)>& progress);

}  // namespace tomoscribe::model::network

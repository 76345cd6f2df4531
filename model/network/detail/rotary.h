#pragma once
// Rotary positions (Su et al. 2021; in two dimensions for patches; YaRN: Peng et al. 2023). Angles
// are float32 whatever the model's type.

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "model/checkpoint.h"

namespace tomoscribe::model::network {

/// Cosine and sine of each row's angles. Shape: [T,d/2], float32.
struct Angles {
  at::Tensor cos, sin;
};

/// d/2 frequencies of the decoder, YaRN's among them.
std::vector<float> text_frequencies(const TextConfig& text);

/// Positions first..first+count-1. cos and sin hold YaRN's attention factor.
Angles text_angles(const TextConfig& text, std::int64_t first, std::int64_t count,
                   const at::Device& device);

/// Patches of a rows x columns image, row by row: frequencies of even index turn with the row, of
/// odd index with the column; the rows' come first.
Angles patch_angles(const VisionConfig& vision, std::int64_t rows, std::int64_t columns,
                    const at::Device& device);

/// Turns x [H,T,d] by the angles of each of the T rows. The result has x's type.
at::Tensor rotate(const at::Tensor& x, const Angles& angles, RotaryRows order);

/// 1 + beta ln(1 + floor(position / L0)) for each position: [T,1], float32.
at::Tensor query_scale(const QueryScaling& scaling, std::int64_t first, std::int64_t count,
                       const at::Device& device);

}  // namespace tomoscribe::model::network

#pragma once

#include <functional>

#include <ATen/ATen.h>

#include "model/model_config.h"
#include "model/network/detail/weights.h"

namespace tomoscribe::model::network {

/// Sees what a stage gives, for tests: "vision.ln_pre", "vision.layer.0", "projector.norm", …
using Probe = std::function<void(const std::string& stage, const at::Tensor& value)>;

/// The vision transformer (Pixtral 12B, arXiv 2410.07073): attention within one image, both ways.
/// pixels [C,H,W] float32, H and W multiples of the patch -> [h*w,Dv], row by row; no final norm.
at::Tensor encode_image(const at::Tensor& pixels, const VisionConfig& config,
                        const VisionWeights& weights, RotaryRows order, const Probe& probe = {});

/// (Norm, merging of s x s neighbours,) two linear layers with exact GELU between.
/// patches [h*w,Dv], one image -> [h/s*w/s,D].
/// \param norm_eps  the decoder's.
at::Tensor project(const at::Tensor& patches, std::int64_t rows, std::int64_t columns,
                   const ProjectorConfig& config, const ProjectorWeights& weights, double norm_eps,
                   const Probe& probe = {});

}  // namespace tomoscribe::model::network

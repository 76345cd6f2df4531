#include "model/network/detail/vision.h"

#include <string>

#include "model/network/detail/layers.h"
#include "model/network/detail/rotary.h"

namespace tomoscribe::model::network {

namespace {

constexpr double vision_norm_eps = 1e-5;

/// [C,H,W] -> [h*w,C*p*p]: a convolution whose stride is its width is a product of matrices.
at::Tensor patches_of(const at::Tensor& pixels, std::int64_t patch) {
  const std::int64_t channels = pixels.size(0), rows = pixels.size(1) / patch,
                     columns = pixels.size(2) / patch;
  return pixels.reshape({channels, rows, patch, columns, patch})
      .permute({1, 3, 0, 2, 4})
      .reshape({rows * columns, channels * patch * patch});
}

/// x [T,D] -> [T,D].
at::Tensor attention(const at::Tensor& x, const LayerWeights& layer, const VisionConfig& config,
                     const Angles& angles, RotaryRows order) {
  const std::int64_t t = x.size(0);
  const auto heads = [&](const at::Tensor& weight) {
    return dense(x, weight).view({t, config.heads, config.head_dim}).transpose(0, 1);  // [H,T,d]
  };
  const at::Tensor q = rotate(heads(layer.q), angles, order).unsqueeze(1);  // [H,1,T,d]
  const at::Tensor k = rotate(heads(layer.k), angles, order);
  const at::Tensor seen = attend(q, k, heads(layer.v), {});  // [H,1,T,d]
  return dense(seen.squeeze(1).transpose(0, 1).reshape({t, config.heads * config.head_dim}),
               layer.out);
}

/// [h*w,Dv] -> [h/s*w/s,Dv*s*s], channel by channel: index c*s*s + dy*s + dx.
at::Tensor neighbours(const at::Tensor& patches, std::int64_t rows, std::int64_t columns,
                      std::int64_t merge) {
  const std::int64_t width = patches.size(1);
  return patches.view({rows / merge, merge, columns / merge, merge, width})
      .permute({0, 2, 4, 1, 3})
      .reshape({rows / merge * (columns / merge), width * merge * merge});
}

void show(const Probe& probe, const std::string& stage, const at::Tensor& value) {
  if (probe) probe(stage, value);
}

}  // namespace

at::Tensor encode_image(const at::Tensor& pixels, const VisionConfig& config,
                        const VisionWeights& weights, RotaryRows order, const Probe& probe) {
  const at::Tensor kernel = weights.patches.flatten(1);  // [Dv,C*p*p]
  at::Tensor x = dense(patches_of(pixels, config.patch_size).to(kernel.scalar_type()), kernel);
  x = rms_norm(x, weights.norm, vision_norm_eps);
  show(probe, "vision.ln_pre", x);
  const Angles angles = patch_angles(config, pixels.size(1) / config.patch_size,
                                     pixels.size(2) / config.patch_size, x.device());
  for (std::size_t i = 0; i < weights.layers.size(); ++i) {
    const LayerWeights& layer = weights.layers[i];
    x = x +
        attention(rms_norm(x, layer.attention_norm, vision_norm_eps), layer, config, angles, order);
    x = x + feed_forward(rms_norm(x, layer.ffn_norm, vision_norm_eps), layer, config.activation);
    show(probe, "vision.layer." + std::to_string(i), x);
  }
  return x;
}

at::Tensor project(const at::Tensor& patches, std::int64_t rows, std::int64_t columns,
                   const ProjectorConfig& config, const ProjectorWeights& weights, double norm_eps,
                   const Probe& probe) {
  at::Tensor x = patches;
  if (config.norm) {
    x = rms_norm(x, weights.norm, norm_eps);
    show(probe, "projector.norm", x);
  }
  if (config.merger) {
    x = dense(neighbours(x, rows, columns, config.spatial_merge), weights.merge);
    show(probe, "projector.merged", x);
  }
  x = dense(at::gelu(dense(x, weights.in, weights.in_bias)), weights.out, weights.out_bias);
  show(probe, "projector.out", x);
  return x;
}

}  // namespace tomoscribe::model::network

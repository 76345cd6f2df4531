#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tomoscribe::model::detail {

struct SizePx {
  int width = 0, height = 0;

  friend bool operator==(const SizePx&, const SizePx&) = default;
};

/// OpenCV's INTER_CUBIC on floats: four taps, a = -0.75, borders repeated, no clipping, not
/// antialiased. Places in the source are floats, as in OpenCV's own code; Intel's, in some of its
/// builds, keeps doubles: 0.007 of 255 apart on noise of 400 pixels a side. Shape: [H,W,3] to
/// [H,W,3].
std::vector<float> resample_opencv_cubic(std::span<const std::uint8_t> rgb, SizePx from, SizePx to);

/// Pillow's BICUBIC on bytes: a = -0.5, widened when scaling down, weights in 22 bits of fraction,
/// rounded and clipped to a byte after each direction, in the order of Pillow 13. Shape: [H,W,3] to
/// [H,W,3].
std::vector<std::uint8_t> resample_pillow_bicubic(std::span<const std::uint8_t> rgb, SizePx from,
                                                  SizePx to);

}  // namespace tomoscribe::model::detail

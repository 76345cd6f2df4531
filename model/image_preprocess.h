#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "model/refused.h"

namespace tomoscribe::model {

/// An image that no model gets; what() is one sentence that names the cause.
struct UnfitImage : Refused {
  using Refused::Refused;
};

/// How many tokens an image becomes, after spatial merging.
struct ImageGrid {
  int rows = 0, columns = 0;
  /// With the ends of rows: the context that it uses.
  std::int64_t ids() const { return std::int64_t{rows} * (columns + 1); }

  friend bool operator==(const ImageGrid& a, const ImageGrid& b) {
    return a.rows == b.rows && a.columns == b.columns;
  }
};

/// Whose pixels to reproduce. The models were trained with mistral-common's.
enum class Preprocessing : std::uint8_t {
  mistral_common,  ///< rounds sizes; OpenCV's cubic filter on floats, not antialiased; white behind
                   ///< transparency
  hugging_face,    ///< truncates sizes; Pillow's antialiased bicubic on bytes; drops transparency
};

struct ImageRule {
  int patch = 16;           ///< pixels a side
  int longest_edge = 1024;  ///< pixels; larger images are scaled down to it
  int spatial_merge = 1;    ///< patches a side that become one token
  Preprocessing preprocessing = Preprocessing::mistral_common;
};

/// Shape: [H,W,C], C fastest.  Units: 0 to 255.  channels: 1 grey, 3 RGB, 4 RGB and opacity.
struct Pixels {
  int width = 0, height = 0, channels = 3;
  const std::uint8_t* values = nullptr;  ///< `size` of them, not owned
  std::size_t size = 0;
};

/// What the vision encoder takes.
struct PreparedImage {
  ImageGrid tokens;
  int width = 0, height = 0;  ///< pixels: whole tokens
  std::vector<float>
      values;  ///< [3,H,W], W fastest; zero mean and unit deviation over CLIP's images
};

inline constexpr int longest_side_px = 32768;

/// The tokens of an image of that size, so that a prompt can be counted before pixels are read.
/// \throws UnfitImage when a side is 0 or over longest_side_px, or when the shorter side vanishes
/// in scaling; std::invalid_argument when the rule is not positive.
ImageGrid token_grid(int width, int height, const ImageRule& rule);

/// Scales to whole tokens and normalises.
/// \throws as token_grid; UnfitImage also when `size` is not width * height * channels.
PreparedImage prepare_image(const Pixels& image, const ImageRule& rule);

}  // namespace tomoscribe::model

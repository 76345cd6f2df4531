#include "model/image_preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>

#include "model/detail/resample.h"

namespace tomoscribe::model {

namespace {

using detail::SizePx;

constexpr std::array<double, 3> mean{0.48145466, 0.4578275, 0.40821073};
constexpr std::array<double, 3> deviation{0.26862954, 0.26130258, 0.27577711};

std::string words(int width, int height) {
  return std::to_string(width) + " by " + std::to_string(height) + " pixels";
}

void check(int width, int height, const ImageRule& rule) {
  if (rule.patch < 1 || rule.longest_edge < 1 || rule.spatial_merge < 1 ||
      rule.longest_edge > longest_side_px || rule.patch > longest_side_px ||
      rule.spatial_merge > longest_side_px / rule.patch)
    throw std::invalid_argument(
        "patch, longest edge and spatial merge must be 1 or more and small");
  if (width < 1 || height < 1)
    throw UnfitImage("an image of " + words(width, height) + " is empty");
  if (width > longest_side_px || height > longest_side_px)
    throw UnfitImage("an image of " + words(width, height) + " is larger than " +
                     std::to_string(longest_side_px) + " pixels a side");
}

/// A side after the longest edge was brought to the limit: Python's round() or int() of a quotient.
int scaled(int side, double ratio, Preprocessing preprocessing) {
  const double exact = side / ratio;
  return static_cast<int>(preprocessing == Preprocessing::hugging_face ? std::floor(exact)
                                                                       : std::nearbyint(exact));
}

/// What transparency shows, in Pillow's integer arithmetic: white.
std::uint8_t over_white(unsigned value, unsigned opacity) {
  const unsigned sum = 255 * (255 - opacity) + value * opacity + 128;
  return static_cast<std::uint8_t>(((sum >> 8U) + sum) >> 8U);
}

std::vector<std::uint8_t> rgb_of(const Pixels& image, Preprocessing preprocessing) {
  std::vector<std::uint8_t> rgb;
  const std::span values(image.values, image.size);
  rgb.reserve(values.size() / std::size_t(image.channels) * 3);
  const auto step = std::size_t(image.channels);
  const bool blends = step == 4 && preprocessing == Preprocessing::mistral_common;
  for (std::size_t at = 0; at < values.size(); at += step)
    for (std::size_t c = 0; c < 3; ++c) {
      const std::uint8_t value = values[at + (step == 1 ? 0 : c)];
      rgb.push_back(blends ? over_white(value, values[at + 3]) : value);
    }
  return rgb;
}

/// mistral-common divides floats, then goes on in doubles.
float normalized(float value, std::size_t channel) {
  return static_cast<float>((double{value / 255.0F} - mean[channel]) / deviation[channel]);
}

/// Transformers scales in doubles, then goes on in floats.
float normalized(std::uint8_t value, std::size_t channel) {
  const auto scaled = static_cast<float>(value * (1 / 255.0));
  return (scaled - static_cast<float>(mean[channel])) / static_cast<float>(deviation[channel]);
}

/// [H,W,3] to [3,H,W].
template <typename Value>
std::vector<float> planes(const std::vector<Value>& interleaved) {
  const std::size_t pixels = interleaved.size() / 3;
  std::vector<float> result(interleaved.size());
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      result[c * pixels + i] = normalized(interleaved[3 * i + c], c);
  return result;
}

}  // namespace

ImageGrid token_grid(int width, int height, const ImageRule& rule) {
  check(width, height, rule);
  const double ratio =
      std::max(double(height) / rule.longest_edge, double(width) / rule.longest_edge);
  int columns = width, rows = height;
  if (ratio > 1) {
    columns = scaled(width, ratio, rule.preprocessing);
    rows = scaled(height, ratio, rule.preprocessing);
    if (columns < 1 || rows < 1)
      throw UnfitImage("an image of " + words(width, height) +
                       " has no width or height left when " + std::to_string(rule.longest_edge) +
                       " pixels are its longer side");
  }
  const int token = rule.patch * rule.spatial_merge;
  return {.rows = (rows - 1) / token + 1, .columns = (columns - 1) / token + 1};
}

PreparedImage prepare_image(const Pixels& image, const ImageRule& rule) {
  PreparedImage prepared{.tokens = token_grid(image.width, image.height, rule)};
  if (image.channels != 1 && image.channels != 3 && image.channels != 4)
    throw UnfitImage("an image of " + std::to_string(image.channels) +
                     " channels is neither grey nor RGB nor RGBA");
  const SizePx from{.width = image.width, .height = image.height};
  if (image.size !=
      std::size_t(from.width) * std::size_t(from.height) * std::size_t(image.channels))
    throw UnfitImage("an image of " + words(image.width, image.height) + " and " +
                     std::to_string(image.channels) + " channels came with " +
                     std::to_string(image.size) + " bytes");
  const int token = rule.patch * rule.spatial_merge;
  const SizePx to{.width = prepared.tokens.columns * token, .height = prepared.tokens.rows * token};
  prepared.width = to.width;
  prepared.height = to.height;
  const std::vector<std::uint8_t> rgb = rgb_of(image, rule.preprocessing);
  prepared.values = rule.preprocessing == Preprocessing::hugging_face
                        ? planes(detail::resample_pillow_bicubic(rgb, from, to))
                        : planes(detail::resample_opencv_cubic(rgb, from, to));
  return prepared;
}

}  // namespace tomoscribe::model

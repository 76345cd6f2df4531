#include "pipeline/key_image.h"

#include <algorithm>
#include <cmath>
#include <png.h>

namespace tomoscribe::pipeline {
namespace {

struct Picture {
  int columns = 0, rows = 0;
  std::vector<std::uint8_t> rgb;
  void put(int column, int row, std::array<std::uint8_t, 3> colour) {
    if (column < 0 || row < 0 || column >= columns || row >= rows) return;
    const std::size_t at = 3 * (static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                                static_cast<std::size_t>(column));
    std::ranges::copy(colour, rgb.begin() + static_cast<std::ptrdiff_t>(at));
  }
};

Picture windowed(const Volume& volume, int slice, const Window& window) {
  Picture picture{.columns = volume.grid.size[0], .rows = volume.grid.size[1], .rgb = {}};
  for (int row = 0; row < picture.rows; ++row)
    for (int column = 0; column < picture.columns; ++column) {
      // PS3.3 C.11.2.1.2.1, linear
      const double share =
          (volume.at(column, row, slice) - (window.centre_hu - 0.5)) / (window.width_hu - 1) + 0.5;
      const auto grey = static_cast<std::uint8_t>(std::lround(std::clamp(share, 0.0, 1.0) * 255));
      picture.rgb.insert(picture.rgb.end(), 3, grey);
    }
  return picture;
}

void draw(Picture& picture, const reporting::Region2D& region, const Colour& colour) {
  for (std::size_t i = 0; i < region.outline.size(); ++i) {
    const auto& from = region.outline[i];
    const auto& to = region.outline[(i + 1) % region.outline.size()];
    const int steps =
        1 + static_cast<int>(2 * std::max(std::abs(to[0] - from[0]), std::abs(to[1] - from[1])));
    for (int step = 0; step <= steps; ++step) {
      const double share = static_cast<double>(step) / steps;
      picture.put(static_cast<int>(std::floor(from[0] + share * (to[0] - from[0]) - 0.25)),
                  static_cast<int>(std::floor(from[1] + share * (to[1] - from[1]) - 0.25)), colour);
    }
  }
}

std::string png_of(const Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.columns);
  image.height = static_cast<png_uint_32>(picture.rows);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.rgb.data(), 0, nullptr) ==
      0)
    throw std::runtime_error("the key image could not be written as PNG");
  bytes.resize(size);
  return bytes;
}

}  // namespace

std::optional<std::string> key_image(const Volume& volume, const reporting::Evidence& evidence,
                                     const Window& window, const Colour& colour) {
  const int slice = volume.slice_of(evidence.instance, evidence.frame);
  if (slice < 0) return std::nullopt;
  Picture picture = windowed(volume, slice, window);
  for (const reporting::Region2D& region : evidence.regions) draw(picture, region, colour);
  return png_of(picture);
}

}  // namespace tomoscribe::pipeline

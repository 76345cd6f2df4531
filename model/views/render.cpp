#include "model/views/render.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>

#include "model/views/detail/digits.h"
#include "model/views/detail/slab.h"

namespace tomoscribe::model {

namespace {

/// A colour of Hounsfield units: a line, rounded, cut at 0 and 255.
struct Window {
  float slope = 1, at_zero = 0;  ///< half a step in it, for truncation rounds down
  std::uint8_t operator()(float hu) const {
    return static_cast<std::uint8_t>(std::clamp(hu * slope + at_zero, 0.0F, 255.0F));
  }
};

Window window_of(const Channel& channel) {
  const double slope = 255 / (channel.high_hu - channel.low_hu);
  return {.slope = static_cast<float>(slope),
          .at_zero = static_cast<float>(0.5 - slope * channel.low_hu)};
}

bool lies_in(const PixelRect& rect, const View& view) {
  return rect.x >= 0 && rect.y >= 0 && rect.width > 0 && rect.height > 0 &&
         rect.x <= view.width - rect.width && rect.y <= view.height - rect.height;
}

bool drawable(const Tile& tile, const View& view, const VolumeGeometry& geometry) {
  if (!std::ranges::is_permutation(tile.axis, std::array{0, 1, 2})) return false;
  const int depth = geometry.size[static_cast<std::size_t>(tile.axis[2])];
  return tile.first >= 0 && tile.first <= tile.last && tile.last < depth &&
         tile.slices.first >= 0 && tile.slices.last < geometry.size[2] &&
         lies_in(tile.pixels, view);
}

void check_view(const VolumeGeometry& geometry, const View& view) {
  if (view.width < 1 || view.height < 1 || view.width > longest_side_px ||
      view.height > longest_side_px)
    throw UnfitViews("view " + view.id + " has no usable size");
  for (const Tile& tile : view.tiles)
    if (!drawable(tile, view, geometry))
      throw UnfitViews("view " + view.id + " was planned for a volume of another shape");
}

void draw(const CtVolume& volume, const WindowPreset& preset, const Tile& tile, RgbImage& image) {
  const std::array<const Channel*, 3> channels{&preset.red, &preset.green, &preset.blue};
  std::array<detail::SlabPicture, 3> pictures;  // by projection
  for (const Channel* channel : channels) {
    auto& picture = pictures[static_cast<std::size_t>(channel->projection)];
    if (picture.hu.empty()) picture = detail::draw_slab(volume, tile, channel->projection);
  }
  for (std::size_t c = 0; c < 3; ++c) {
    const Window window = window_of(*channels[c]);
    const auto& picture = pictures[static_cast<std::size_t>(channels[c]->projection)];
    for (int row = picture.y; row < picture.y + picture.height; ++row) {
      const float* from = picture.hu.data() + std::ptrdiff_t{row - picture.y} * picture.width;
      auto at = 3 * ((std::size_t(tile.pixels.y) + std::size_t(row)) * std::size_t(image.width) +
                     std::size_t(tile.pixels.x) + std::size_t(picture.x)) +
                c;
      for (const float hu : std::span(from, std::size_t(picture.width))) {
        image.values[at] = window(hu);
        at += 3;
      }
    }
  }
}

}  // namespace

RgbImage render(const CtVolume& volume, const View& view) {
  check_volume(volume);
  check_view(volume.geometry, view);
  RgbImage image{.width = view.width, .height = view.height, .values = {}};
  image.values.resize(3 * std::size_t(view.width) * std::size_t(view.height));
  for (const Tile& tile : view.tiles) {
    draw(volume, view.preset, tile, image);
    if (tile.index > 0) detail::draw_index(image.values, image.width, tile.pixels, tile.index);
  }
  return image;
}

}  // namespace tomoscribe::model

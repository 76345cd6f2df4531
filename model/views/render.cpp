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

struct Lut {
  float low = 0, scale = 1;
  std::uint8_t operator()(float hu) const {
    return static_cast<std::uint8_t>(std::clamp((hu - low) * scale, 0.0F, 255.0F) + 0.5F);
  }
};

Lut lut_of(const Channel& channel) {
  return {.low = static_cast<float>(channel.low_hu),
          .scale = static_cast<float>(255 / (channel.high_hu - channel.low_hu))};
}

void check_view(const VolumeGeometry& geometry, const View& view) {
  const auto fits = [&](const Tile& tile) {
    const auto deep = static_cast<std::size_t>(tile.axis[2]);
    return tile.first >= 0 && tile.first <= tile.last && tile.last < geometry.size[deep] &&
           tile.slices.first >= 0 && tile.slices.last < geometry.size[2] && tile.pixels.x >= 0 &&
           tile.pixels.y >= 0 && tile.pixels.x + tile.pixels.width <= view.width &&
           tile.pixels.y + tile.pixels.height <= view.height;
  };
  if (!std::ranges::all_of(view.tiles, fits))
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
    const Lut lut = lut_of(*channels[c]);
    const auto& picture = pictures[static_cast<std::size_t>(channels[c]->projection)];
    for (int row = picture.y; row < picture.y + picture.height; ++row) {
      const float* from = picture.hu.data() + std::ptrdiff_t{row - picture.y} * picture.width;
      auto at = 3 * ((std::size_t(tile.pixels.y) + std::size_t(row)) * std::size_t(image.width) +
                     std::size_t(tile.pixels.x) + std::size_t(picture.x)) +
                c;
      for (const float hu : std::span(from, std::size_t(picture.width))) {
        image.values[at] = lut(hu);
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

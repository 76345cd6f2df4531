#include "model/views/detail/slab.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace tomoscribe::model::detail {

namespace {

/// The voxels that make one pixel, counted in the picture's direction.
struct Taps {
  int first = 0;
  std::vector<float> weights;
  int end() const { return first + static_cast<int>(weights.size()); }
};

/// One direction of the picture: pixels `first` and on lie in the volume.
struct Ruler {
  bool reversed = false;  ///< the voxels' index falls
  int voxels = 0;
  int first = 0;
  std::vector<Taps> pixels;
  int begin_voxel() const { return pixels.front().first; }
  int end_voxel() const { return pixels.back().end(); }
  int index(int in_picture) const { return reversed ? voxels - 1 - in_picture : in_picture; }
};

Taps taps_at(double position, double support, int voxels) {
  const int from = std::max(0, static_cast<int>(std::ceil(position - support))),
            to = std::min(voxels - 1, static_cast<int>(std::floor(position + support)));
  Taps taps;
  double sum = 0;
  std::vector<double> weights;
  for (int voxel = from; voxel <= to; ++voxel) {
    const double weight = 1 - std::abs(voxel - position) / support;
    if (weight < 1e-6) continue;
    if (weights.empty()) taps.first = voxel;
    weights.push_back(weight);
    sum += weight;
  }
  for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
  return taps;
}

/// `at_edge`: the voxel index at the first pixel's outer edge.
Ruler ruler(double at_edge, double per_pixel, int pixels, int voxels) {
  Ruler result{.reversed = per_pixel < 0, .voxels = voxels, .first = 0, .pixels = {}};
  const double scale = std::abs(per_pixel);
  for (int pixel = 0; pixel < pixels; ++pixel) {
    const double index = at_edge + (pixel + 0.5) * per_pixel;
    const double position = result.reversed ? voxels - 1 - index : index;
    if (!(position >= -0.5 && position <= voxels - 0.5)) continue;
    if (result.pixels.empty()) result.first = pixel;
    result.pixels.push_back(taps_at(position, std::max(1.0, scale), voxels));
  }
  return result;
}

/// Where the voxels of a slab lie in memory.
struct Slab {
  const std::int16_t* first = nullptr;  ///< of the slab, at index 0 of both other axes
  std::array<std::ptrdiff_t, 3> stride{};
  int depth = 0;
};

Slab slab_of(const CtVolume& volume, const Tile& tile) {
  const std::array<std::ptrdiff_t, 3> strides{
      1, volume.geometry.size[0],
      std::ptrdiff_t{volume.geometry.size[0]} * volume.geometry.size[1]};
  Slab slab{.depth = tile.last - tile.first + 1};
  for (std::size_t i = 0; i < 3; ++i)
    slab.stride[i] = strides[static_cast<std::size_t>(tile.axis[i])];
  slab.first = volume.hu + tile.first * slab.stride[2];
  return slab;
}

template <typename Combine>
void fold(const std::int16_t* from, std::ptrdiff_t stride, std::span<float> row, Combine combine) {
  if (stride == 1)
    for (std::size_t i = 0; i < row.size(); ++i)
      row[i] = combine(row[i], static_cast<float>(from[i]));
  else
    for (float& value : row) {
      value = combine(value, static_cast<float>(*from));
      from += stride;
    }
}

/// One row of the projected slab, in the picture's direction.
void project(const Slab& slab, const Ruler& across, std::ptrdiff_t row_offset,
             Projection projection, std::span<float> row) {
  const int a = across.index(across.begin_voxel()), b = across.index(across.end_voxel() - 1);
  const std::int16_t* from = slab.first + row_offset + std::min(a, b) * slab.stride[0];
  std::ranges::fill(row, projection == Projection::mean      ? 0.0F
                         : projection == Projection::maximum ? -1e9F
                                                             : 1e9F);
  for (int deep = 0; deep < slab.depth; ++deep, from += slab.stride[2]) {
    const std::int16_t* begin = from;
    switch (projection) {
      case Projection::mean:
        fold(begin, slab.stride[0], row, [](float x, float y) { return x + y; });
        break;
      case Projection::maximum:
        fold(begin, slab.stride[0], row, [](float x, float y) { return std::max(x, y); });
        break;
      case Projection::minimum:
        fold(begin, slab.stride[0], row, [](float x, float y) { return std::min(x, y); });
        break;
    }
  }
  if (projection == Projection::mean && slab.depth > 1)
    for (float& value : row) value /= static_cast<float>(slab.depth);
  if (across.reversed) std::ranges::reverse(row);
}

void resample(const Ruler& across, std::span<const float> row, std::span<float> pixels) {
  const int begin = across.begin_voxel();
  for (std::size_t x = 0; x < pixels.size(); ++x) {
    const Taps& taps = across.pixels[x];
    const float* from = row.data() + (taps.first - begin);
    float sum = 0;
    for (const float weight : taps.weights) sum += weight * *from++;
    pixels[x] = sum;
  }
}

/// Adds a row of voxels to the pixel rows, `from` and on, that it is part of.
void spread(const Ruler& down, int voxel, std::size_t from, std::span<const float> pixels,
            SlabPicture& picture) {
  for (std::size_t y = from; y < down.pixels.size() && down.pixels[y].first <= voxel; ++y) {
    const Taps& taps = down.pixels[y];
    if (voxel >= taps.end()) continue;
    const float weight = taps.weights[static_cast<std::size_t>(voxel - taps.first)];
    float* out = picture.hu.data() + y * pixels.size();
    for (std::size_t x = 0; x < pixels.size(); ++x) out[x] += weight * pixels[x];
  }
}

}  // namespace

SlabPicture draw_slab(const CtVolume& volume, const Tile& tile, Projection projection) {
  const auto axis = [&](std::size_t i) { return static_cast<std::size_t>(tile.axis[i]); };
  const auto edge = [&](std::size_t i) {
    return tile.voxel_at_corner[i] + tile.pixels.x * tile.voxel_per_x[i] +
           tile.pixels.y * tile.voxel_per_y[i];
  };
  const Ruler across = ruler(edge(axis(0)), tile.voxel_per_x[axis(0)], tile.pixels.width,
                             volume.geometry.size[axis(0)]);
  const Ruler down = ruler(edge(axis(1)), tile.voxel_per_y[axis(1)], tile.pixels.height,
                           volume.geometry.size[axis(1)]);
  if (across.pixels.empty() || down.pixels.empty()) return {};
  SlabPicture picture{.x = across.first,
                      .y = down.first,
                      .width = static_cast<int>(across.pixels.size()),
                      .height = static_cast<int>(down.pixels.size()),
                      .hu = {}};
  const auto width = static_cast<std::size_t>(picture.width);
  picture.hu.resize(width * static_cast<std::size_t>(picture.height));
  const Slab slab = slab_of(volume, tile);
  std::vector<float> row(static_cast<std::size_t>(across.end_voxel() - across.begin_voxel())),
      pixels(width);
  std::size_t done = 0;  // pixel rows that need no more voxels
  for (int voxel = down.begin_voxel(); voxel < down.end_voxel(); ++voxel) {
    while (down.pixels[done].end() <= voxel) ++done;
    if (down.pixels[done].first > voxel) continue;
    project(slab, across, down.index(voxel) * slab.stride[1], projection, row);
    resample(across, row, pixels);
    spread(down, voxel, done, pixels, picture);
  }
  return picture;
}

}  // namespace tomoscribe::model::detail

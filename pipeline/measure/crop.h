#pragma once
// A box of the working grid, so that costly filters see only what they must.

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "pipeline/measure/filters.h"

namespace tomoscribe::pipeline::measure {

/// A box of a larger grid: its first voxel there, and the box as a grid of its own.
struct Crop {
  std::array<int, 3> low{};
  Grid grid;
};

/// The box that holds every voxel for which `wanted(value)`, widened by `margin_mm` on all sides
/// and cut at the ends of the grid. Nullopt when there is none.
template <class Wanted>
std::optional<Crop> crop_around(const Mask& mask, const Grid& grid, double margin_mm,
                                const Wanted& wanted) {
  std::array<int, 3> low = grid.size, high{-1, -1, -1};
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (!wanted(mask[at])) return;
    const std::array<int, 3> index{column, row, slice};
    for (std::size_t i = 0; i < 3; ++i) {
      low[i] = std::min(low[i], index[i]);
      high[i] = std::max(high[i], index[i]);
    }
  });
  if (high[0] < 0) return std::nullopt;
  const std::array<double, 3> spacing = grid.spacing_mm();
  Crop crop{.low = {}, .grid = grid};
  for (std::size_t i = 0; i < 3; ++i) {
    const int margin = static_cast<int>(margin_mm / spacing[i] + 0.999);
    crop.low[i] = std::max(0, low[i] - margin);
    crop.grid.size[i] = std::min(grid.size[i] - 1, high[i] + margin) - crop.low[i] + 1;
  }
  crop.grid.origin_mm = grid.point_mm(crop.low[0], crop.low[1], crop.low[2]);
  return crop;
}

/// Calls `visit(at, inside)` for every voxel of the box: its offset in the large grid and in the
/// box.
template <class Visit>
void for_each_in(const Crop& crop, const Grid& grid, const Visit& visit) {
  std::size_t inside = 0;
  for (int slice = 0; slice < crop.grid.size[2]; ++slice)
    for (int row = 0; row < crop.grid.size[1]; ++row) {
      std::size_t at = grid.offset(crop.low[0], crop.low[1] + row, crop.low[2] + slice);
      for (int column = 0; column < crop.grid.size[0]; ++column, ++at, ++inside) visit(at, inside);
    }
}

}  // namespace tomoscribe::pipeline::measure

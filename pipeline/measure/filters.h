#pragma once
// Mask operations on the working grid. Masks are bytes, 0 or not 0; shapes as in Grid.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/volume.h"

namespace tomoscribe::pipeline::measure {

using Mask = std::vector<std::uint8_t>;

/// Offsets of a voxel's six face neighbours in an array of that grid.
inline std::array<std::ptrdiff_t, 6> face_steps(const Grid& grid) {
  const std::ptrdiff_t columns = grid.size[0], plane = columns * grid.size[1];
  return {1, -1, columns, -columns, plane, -plane};
}

/// An index computed in int that is not negative.
inline std::size_t index_of(int index) {
  return static_cast<std::size_t>(index);
}

/// Calls `visit(offset, column, row, slice)` for every voxel of a grid, columns fastest.
template <class Visit>
void for_each_voxel(const Grid& grid, const Visit& visit) {
  std::size_t at = 0;
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column, ++at) visit(at, column, row, slice);
}

/// Distance in millimetres from each voxel to the outermost voxels of the mask, positive inside,
/// negative outside; huge where the mask has no outermost voxel. Two threads from a million voxels
/// on.
std::vector<float> depth_mm(const Mask& mask, const Grid& grid);

/// Voxels deeper than `mm`. The outermost voxels of a mask have depth 0, their outer neighbours
/// minus one spacing.
Mask deeper_than(const std::vector<float>& depth, double mm);

/// Connected components (faces), numbered from 1 by falling size; `voxels[i]` is the size of
/// component i + 1. Components below `least_voxels` become 0. ITK ConnectedComponent, Relabel.
struct Components {
  std::vector<std::uint16_t> labels;
  std::vector<std::size_t> voxels;
};
Components components(const Mask& mask, const Grid& grid, std::size_t least_voxels);

/// Fills the holes of each slice (background not connected to the slice's border).
void fill_holes_by_slice(Mask& mask, const Grid& grid);

}  // namespace tomoscribe::pipeline::measure

#pragma once

#include <vector>

#include "model/views/ct_volume.h"
#include "model/views/presets.h"
#include "model/views/view.h"

namespace tomoscribe::model::detail {

/// The part of a tile where the volume is.
/// Shape: [height, width], columns fastest.  Units: HU.
struct SlabPicture {
  int x = 0, y = 0;  ///< from the tile's upper left corner
  int width = 0, height = 0;
  std::vector<float> hu;
};

/// Projects the slab along its deep axis and resamples it to the tile's pixels: linear where pixels
/// are smaller than voxels, averaging (triangle of the pixel's width to each side) where larger.
/// One row of voxels is held at a time. The volume must be one that check_volume accepts.
SlabPicture draw_slab(const CtVolume& volume, const Tile& tile, Projection projection);

}  // namespace tomoscribe::model::detail

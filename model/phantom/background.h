#pragma once
// Findings put into a real CT: the background is somebody's, the finding is not.

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

/// A chest CT and where its lungs are. Shape: [slices, rows, columns], columns fastest. Units: HU.
/// Axes: as Phantom.
struct Background {
  int columns = 0, rows = 0, slices = 0;
  double pixel_mm = 1, slice_mm = 1, thickness_mm = 1;
  std::array<double, 3> first_voxel_mm{};
  std::array<double, 3> row_step{0, 1, 0};
  std::vector<std::int16_t> hu;
  std::vector<std::uint8_t> lung;  ///< 1: right, 2: left, 0: neither
};

/// Inserts Settings::findings of the thorax: nodule, mass, granuloma, consolidation, ground-glass,
/// effusion, pneumothorax. Of the settings seed, findings and weeks_before count; geometry and
/// noise are the background's. Byte-identical for equal arguments. \throws std::invalid_argument in
/// one sentence for another kind, or without lungs.
Phantom insert(Background background, const Settings& asked);

}  // namespace tomoscribe::model::phantom

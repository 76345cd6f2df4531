#pragma once
// Small dense things where kidneys and ureters lie, on the native grid.

#include <vector>

#include "pipeline/measure/outline.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// One dense thing; sizes from the volume read at sub-voxel steps, border half way between its
/// densest part and its surroundings.
struct StoneBlob {
  Vec3 centre_mm{};                  ///< LPS
  double above_mm3 = 0;              ///< of its native voxels above the search threshold
  double volume_mm3 = 0;             ///< inside the border
  double long_mm = 0, short_mm = 0;  ///< on the axial section with the largest area
  double long_spread_mm = 0, volume_spread_mm3 = 0;  ///< half the change from 0.4 to 0.6 of the way
  double peak_hu = 0, mean_hu = 0;                   ///< densest tenth; inside the border
  double around_hu = 0;                              ///< median 1.5 to 4 mm outside the border
  double around_noise_hu = 0;                        ///< half of the middle 68 % there
  double gas_share = 0;                              ///< of what lies there
  double elongation = 0;                             ///< longest over shortest axis of inertia
  double compactness() const;           ///< volume over that of a ball of its longest diameter
  int slice = 0;                        ///< native image with its largest section
  int first_slice = 0, last_slice = 0;  ///< native, of its voxels above the search threshold
  SliceMask section;                    ///< of that image
};

/// What lies above 130 HU, 20 to 1500 mm3, 25 to 95 mm beside the spinal canal and more than 8 mm
/// from bone, largest first. Precondition: the spine was found.
std::vector<StoneBlob> stone_blobs(const Scene& scene);

/// Whether it is no larger than two voxels: their neighbours' densities alone make such a size.
bool has_no_shape(const StoneBlob& blob, double voxel_mm3);

/// Why it is no stone; empty when it may be one.
std::string why_no_stone(const StoneBlob& blob);

}  // namespace tomoscribe::pipeline::measure

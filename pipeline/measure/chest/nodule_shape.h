#pragma once
// What lies at a round spot: its border, its size and whether its shape is that of a nodule.

#include <optional>

#include "pipeline/measure/chest/nodule_spots.h"

namespace tomoscribe::pipeline::measure {

/// One candidate. Sizes in millimetres, from the native grid read at sub-voxel steps.
struct NoduleShape {
  Vec3 centre_mm{};
  double volume_mm3 = 0;
  double long_mm = 0, short_mm = 0;  ///< on the axial section with the largest area (Bankier 2017)
  double mean_mm() const { return (long_mm + short_mm) / 2; }
  double diameter_mm = 0;   ///< of the ball of that volume
  double inner_hu = 0;      ///< median of the inner half
  double fat_share = 0;     ///< of the inner half: -120 to -40 HU
  double border_hu = 0;     ///< half way between inside and the lung around it
  double elongation = 0;    ///< longest over shortest axis of inertia
  double compactness = 0;   ///< volume over that of the ball round it
  double attached = 0;      ///< share of the shell that is dense and inside the lung's space
  double against_lung = 0;  ///< share of the shell that is aerated lung
  double against_wall = 0;  ///< share of the shell outside the lung's space
  std::uint8_t lung = 0;
  /// Of the voxels that belong to it: inside `Grid patch`.
  Grid patch;
  Mask mask;
};

/// Half-maximum border inside the lung's space, cut from vessels by an opening of half the greatest
/// depth (QUANTIFICATION A). `border_shift_hu` moves the border, for the uncertainty. Nullopt when
/// there is nothing dense at the spot, or it fills the whole patch.
std::optional<NoduleShape> nodule_shape(const Scene& scene, const Mask& space, const Spot& spot,
                                        double border_shift_hu = 0);

/// Uncertainty of the sizes: half of what moving the border by 50 HU changes, and what the voxels
/// cannot tell. Where the shape is lost on the way (it runs into a vessel or the wall, or falls
/// apart) no size is certain: half of the diameter, all of the volume.
struct NoduleSpread {
  double diameter_mm = 0, volume_mm3 = 0;
  bool lost = false;
};
NoduleSpread nodule_spread(const Scene& scene, const Mask& space, const Spot& spot,
                           const NoduleShape& shape);

/// Why it is no nodule; empty when it may be one.
std::string why_no_nodule(const NoduleShape& shape);

/// Fat in a nodule that lies free in the lung: a hamartoma is possible. -40 to -120 HU in a fifth
/// of its inner half, of nodules that hold two slices and more.
/// Source: Siegelman 1986, Radiology 160:313 (fat in slices of 2 mm).
bool holds_fat(const NoduleShape& shape, double slice_mm);

}  // namespace tomoscribe::pipeline::measure

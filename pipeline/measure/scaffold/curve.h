#pragma once
// Planes across the spine: positions along its curve, directions in the plane, HU anywhere.

#include <array>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// HU between the working grid's voxels, linear; outside the nearest voxel.
double hu_between(const GridImage& image, const Vec3& index);

/// Where the curve is at a working slice (with fraction), and its plane. Directions are unit
/// vectors in working indices; the grid is isotropic.
struct CurvePlane {
  Vec3 body{}, canal{};                         ///< working indices; the canal's point in the plane
  Vec3 across{};                                ///< to the patient's left
  Vec3 forward{};                               ///< from the canal to the body
  Vec3 up{};                                    ///< along the curve
  double half_depth_mm = 0, half_width_mm = 0;  ///< of the body
  Vec3 at(const Vec3& origin, double across_mm, double forward_mm, double up_mm = 0) const;
};

/// Precondition: the spine was found; `slice` is clamped to where it was followed.
CurvePlane curve_plane(const Scene& scene, double slice);

}  // namespace tomoscribe::pipeline::measure

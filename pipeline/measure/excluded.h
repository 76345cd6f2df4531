#pragma once
// Slices that a gate excludes (metal, no image there), for what counts voxels: it leaves them out
// and says so.

#include <string>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// Whether the slice of the volume nearest to that point (LPS mm) is excluded.
bool is_excluded(const Scene& scene, const Vec3& point_mm);

/// The mask without what lies on excluded slices. Shape of `mask`: that of `grid`.
Mask without_excluded(const Scene& scene, const Grid& grid, Mask mask);

/// Mean of the smoothed HU over a mask of the working grid, excluded slices left out; nullopt where
/// nothing is left.
std::optional<double> mean_hu(const Scene& scene, const Mask& mask);

/// "12 of 200 slices are left out: metal within 10 mm, or no image there"; empty where none is.
std::string left_out_words(const Scene& scene);

}  // namespace tomoscribe::pipeline::measure

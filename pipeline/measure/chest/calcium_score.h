#pragma once
// Agatston's sum in a region of the working grid, on the images themselves.

#include "pipeline/measure/chest/heart_space.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

struct CalciumLimits {
  double threshold_hu = 130, least_mm2 = 1;
  double peak_hu = 130;  ///< pieces whose peak lies below are noise
};

struct CalciumSum {
  double agatston = 0, slab_mm = 0;
  Mask mask;  ///< of what was counted, working grid
};

/// How many neighbouring slices are averaged: together 2.5 to 3 mm where slices are thinner,
/// else 1.
int slices_in_slab(const Scene& scene);

/// Pieces (neighbours on all eight sides) of averaged slices: area in mm2 by 1 to 4 for the peak's
/// density (200, 300, 400 HU), by the slab's height over 3 mm. Pieces that touch bone are left out.
/// Source: Agatston 1990 (doi 10.1016/0735-1097(90)90282-T).
CalciumSum calcium_sum(const Scene& scene, const HeartSpace& space, const CalciumLimits& limits);

}  // namespace tomoscribe::pipeline::measure

#pragma once
// Volumes on other grids: the working grid of the masks, and the grids a model asks for.

#include <cstdint>
#include <vector>

#include "pipeline/volume.h"

namespace tomoscribe::pipeline {

/// HU on a grid. Shape: [slices, rows, columns], columns fastest.
struct GridImage {
  Grid grid;
  std::vector<std::int16_t> hu;
};

/// The grid along the patient's axes (columns to the left, rows to the back, slices to the head)
/// that covers `native`, with equal spacing. Whatever the position on the table or the order of
/// the slices, right is low columns.
Grid patient_grid(const Grid& native, double spacing_mm);

/// Block means over the largest whole number of voxels that fits the target spacing (so nothing
/// aliases), then linear interpolation; outside the volume `outside_hu`. Sheared grids (gantry
/// tilt) are straightened. ITK BinShrink and Resample, two threads.
GridImage resample(const Volume& volume, const Grid& target, std::int16_t outside_hu = -1024);

/// Gaussian smoothing, `sigma_mm` along each axis. ITK SmoothingRecursiveGaussian.
std::vector<std::int16_t> smoothed(const GridImage& image, double sigma_mm);

}  // namespace tomoscribe::pipeline

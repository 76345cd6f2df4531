#pragma once

#include <array>

#include "pipeline/measure/filters.h"

namespace tomoscribe::pipeline::measure {

/// Longest distance between two voxels of the mask in one axial section (of 36 directions, one
/// voxel included), and the width square to it; mm. Zeros where the section is empty. Precondition:
/// square voxels in the plane.
std::array<double, 2> section_axes_mm(const Mask& mask, const Grid& grid, int slice);

}  // namespace tomoscribe::pipeline::measure

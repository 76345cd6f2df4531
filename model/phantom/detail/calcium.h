#pragma once

#include <span>
#include <vector>

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

/// Agatston's sum of one slice: for each piece of 130 HU or more and 1 mm2 or more near the runs,
/// its area in mm2 by 1 to 4 for its peak (130, 200, 300, 400 HU). To be scaled by spacing / 3 mm.
/// Shape of hu: [rows, columns]. Source: Agatston 1990 (doi 10.1016/0735-1097(90)90282-T).
double agatston_of_slice(std::span<const Run> runs, const std::vector<float>& hu, int columns,
                         int rows, double pixel_mm2);

}  // namespace tomoscribe::model::phantom

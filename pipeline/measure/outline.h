#pragma once
// Outlines of a mask on one image, in the coordinates of SCOORD.

#include <cstdint>
#include <vector>

#include "reporting/report.h"

namespace tomoscribe::pipeline::measure {

/// A mask on one image. Shape: [rows, columns], columns fastest.
struct SliceMask {
  int columns = 0, rows = 0;
  std::vector<std::uint8_t> values;
};

/// Outer outlines of the pieces (faces connected), largest first: at most four, none below a
/// fiftieth of the largest; each of at most 200 points. A pixel covers [c, c+1] x [r, r+1] (PS3.3
/// C.18.6).
std::vector<reporting::Region2D> outlines(const SliceMask& mask);

/// Enclosed area of a closed polygon, pixels.
double polygon_area(const reporting::Region2D& region);

}  // namespace tomoscribe::pipeline::measure

#pragma once
// One slice of the lungs, row by row, with the convex hull of both.

#include <algorithm>
#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// First and last of some columns, rows or slices, both included.
struct IndexRange {
  int low = 1 << 30, high = -1;
  void add(int value) { low = std::min(low, value), high = std::max(high, value); }
  bool any() const { return high >= 0; }
};

/// One row of a working slice: columns of each lung, and of the convex hull of both.
struct LungRow {
  IndexRange right, left;
  double hull_low = 1, hull_high = 0;  ///< low above high: outside the hull
};

/// All rows of one working slice.
std::vector<LungRow> lung_rows(const Scene& scene, int slice);

}  // namespace tomoscribe::pipeline::measure

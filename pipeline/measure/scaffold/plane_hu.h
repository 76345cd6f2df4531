#pragma once
// HU of one slice of the working grid between its voxels.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "pipeline/volume.h"

namespace tomoscribe::pipeline::measure {

/// Linear between four voxels; outside the slice the nearest inside. Keeps references.
class PlaneHu {
 public:
  PlaneHu(const std::vector<std::int16_t>& hu, const Grid& grid, int slice)
      : grid_{grid}, hu_{hu}, slice_{slice} {}
  double operator()(double column, double row) const {
    const int c = std::clamp(static_cast<int>(column), 0, grid_.size[0] - 2);
    const int r = std::clamp(static_cast<int>(row), 0, grid_.size[1] - 2);
    const double x = std::clamp(column - c, 0.0, 1.0), y = std::clamp(row - r, 0.0, 1.0);
    const auto value = [&](int dc, int dr) {
      return static_cast<double>(hu_[grid_.offset(c + dc, r + dr, slice_)]);
    };
    return (1 - y) * ((1 - x) * value(0, 0) + x * value(1, 0)) +
           y * ((1 - x) * value(0, 1) + x * value(1, 1));
  }

 private:
  const Grid& grid_;
  const std::vector<std::int16_t>& hu_;
  int slice_;
};

}  // namespace tomoscribe::pipeline::measure

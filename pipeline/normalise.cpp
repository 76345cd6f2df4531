#include "pipeline/normalise.h"

#include <algorithm>
#include <cmath>

namespace tomoscribe::pipeline {

Grid patient_grid(const Grid& native, double spacing_mm) {
  Vec3 low{1e9, 1e9, 1e9}, high{-1e9, -1e9, -1e9};
  for (int corner = 0; corner < 8; ++corner) {
    const auto end = [&](int axis) {
      const int last = native.size[static_cast<std::size_t>(axis)] - 1;
      return (corner >> axis & 1) != 0 ? last : 0;
    };
    const Vec3 point = native.point_mm(end(0), end(1), end(2));
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], point[axis]);
      high[axis] = std::max(high[axis], point[axis]);
    }
  }
  Grid grid;
  grid.origin_mm = low;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    grid.size[axis] =
        static_cast<int>(std::floor((high[axis] - low[axis]) / spacing_mm + 1e-6)) + 1;
    grid.step_mm[axis][axis] = spacing_mm;
  }
  return grid;
}

}  // namespace tomoscribe::pipeline

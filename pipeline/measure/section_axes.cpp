#include "pipeline/measure/section_axes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tomoscribe::pipeline::measure {

std::array<double, 2> section_axes_mm(const Mask& mask, const Grid& grid, int slice) {
  constexpr int directions = 36;
  std::array<double, directions> width{};
  for (int i = 0; i < directions; ++i) {
    const double angle = std::numbers::pi * i / directions;
    const double x = std::cos(angle), y = std::sin(angle);
    double low = 1e9, high = -1e9;
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column) {
        if (mask[grid.offset(column, row, slice)] == 0) continue;
        const double along = column * x + row * y;
        low = std::min(low, along), high = std::max(high, along);
      }
    width[index_of(i)] = high < low ? 0 : (high - low + 1) * grid.step_mm[0][0];
  }
  const auto longest = std::ranges::max_element(width);
  const auto across =
      (static_cast<std::size_t>(longest - width.begin()) + directions / 2) % directions;
  return {*longest, width[across]};
}

}  // namespace tomoscribe::pipeline::measure

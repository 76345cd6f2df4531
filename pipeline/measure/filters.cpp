#include "pipeline/measure/filters.h"

#include <algorithm>

namespace tomoscribe::pipeline::measure {
namespace {

/// Marks in `outside` what is background and reaches the border of one slice.
void flood_from_border(const std::uint8_t* slice, int columns, int rows, Mask& outside,
                       std::vector<int>& stack) {
  const auto visit = [&](int column, int row) {
    const int at = row * columns + column;
    const auto index = static_cast<std::size_t>(at);
    if (slice[index] != 0 || outside[index] != 0) return;
    outside[index] = 1;
    stack.push_back(at);
  };
  for (int column = 0; column < columns; ++column) visit(column, 0), visit(column, rows - 1);
  for (int row = 0; row < rows; ++row) visit(0, row), visit(columns - 1, row);
  while (!stack.empty()) {
    const int at = stack.back();
    stack.pop_back();
    const int column = at % columns, row = at / columns;
    if (column > 0) visit(column - 1, row);
    if (column + 1 < columns) visit(column + 1, row);
    if (row > 0) visit(column, row - 1);
    if (row + 1 < rows) visit(column, row + 1);
  }
}

}  // namespace

Mask deeper_than(const std::vector<float>& depth, double mm) {
  Mask mask(depth.size());
  std::ranges::transform(depth, mask.begin(), [mm](float d) { return d > mm ? 1 : 0; });
  return mask;
}

void fill_holes_by_slice(Mask& mask, const Grid& grid) {
  const auto plane =
      static_cast<std::size_t>(grid.size[0]) * static_cast<std::size_t>(grid.size[1]);
  Mask outside(plane);
  std::vector<int> stack;
  for (std::size_t slice = 0; slice < static_cast<std::size_t>(grid.size[2]); ++slice) {
    std::uint8_t* values = mask.data() + slice * plane;
    outside.assign(plane, 0);
    flood_from_border(values, grid.size[0], grid.size[1], outside, stack);
    for (std::size_t i = 0; i < plane; ++i)
      if (outside[i] == 0) values[i] = 1;
  }
}

}  // namespace tomoscribe::pipeline::measure

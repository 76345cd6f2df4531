#include "pipeline/measure/head/scan_ends.h"

#include <cmath>
#include <utility>

#include "pipeline/measure/head/cranium.h"

namespace tomoscribe::pipeline::measure {
namespace {

/// Millimetres from slice to slice, square to them.
double slices_apart_mm(const Grid& grid) {
  const Vec3 per_mm = grid.inverse_per_mm()[2];
  return 1 / std::hypot(per_mm[0], per_mm[1], per_mm[2]);
}

bool is_tilted(const Grid& grid) {
  constexpr double straight = 1e-3;  // of a slice, from one side of the image to the other
  const Vec3 per_mm = grid.inverse_per_mm()[2];
  const double apart = slices_apart_mm(grid);
  return std::hypot(per_mm[0], per_mm[1]) * apart > straight;
}

/// Soft tissue on one slice that bone encloses there, cm2.
double enclosed_cm2(const Volume& volume, int slice) {
  constexpr std::int16_t bone_hu = 200;
  const int columns = volume.grid.size[0], rows = volume.grid.size[1];
  const std::size_t first = volume.grid.offset(0, 0, slice);
  Mask outside(volume.grid.offset(0, 0, 1));
  std::vector<std::array<int, 2>> open;
  open.reserve(outside.size());
  const auto enter = [&](int column, int row) {
    if (column < 0 || row < 0 || column >= columns || row >= rows) return;
    const std::size_t at = volume.grid.offset(column, row, 0);
    if (outside[at] != 0 || volume.hu[first + at] > bone_hu) return;
    outside[at] = 1;
    open.push_back({column, row});
  };
  for (int column = 0; column < columns; ++column) enter(column, 0), enter(column, rows - 1);
  for (int row = 0; row < rows; ++row) enter(0, row), enter(columns - 1, row);
  while (!open.empty()) {
    const auto [column, row] = open.back();
    open.pop_back();
    enter(column - 1, row), enter(column + 1, row), enter(column, row - 1), enter(column, row + 1);
  }
  std::size_t enclosed = 0;
  for (std::size_t at = 0; at < outside.size(); ++at) {
    const std::int16_t hu = volume.hu[first + at];
    if (outside[at] == 0 && hu > -30 && hu < 100) ++enclosed;
  }
  const auto mm = volume.grid.spacing_mm();
  return static_cast<double>(enclosed) * mm[0] * mm[1] / 100;
}

}  // namespace

void look_at_scan_ends(const Volume& volume, Cranium& cranium) {
  constexpr double cap_cm2 = 5, foramen_cm2 = 10;  // the foramen magnum itself encloses 8
  cranium.scan = volume.grid;
  if (!is_tilted(volume.grid)) return;
  int lower = 0, upper = volume.grid.size[2] - 1;
  if (volume.grid.step_mm[2][2] < 0) std::swap(lower, upper);
  cranium.vertex_missing = enclosed_cm2(volume, upper) > cap_cm2;
  cranium.foramen_missing = enclosed_cm2(volume, lower) > foramen_cm2;
}

bool at_scan_end(const Grid& scan, const Vec3& point_mm) {
  constexpr double within_mm = 2 * working_mm, rounding_mm = 1e-3;
  const double apart = slices_apart_mm(scan), at = scan.index_at(point_mm)[2] * apart;
  const double last = (scan.size[2] - 1) * apart;
  return at < within_mm - rounding_mm || at > last - within_mm + rounding_mm;
}

}  // namespace tomoscribe::pipeline::measure

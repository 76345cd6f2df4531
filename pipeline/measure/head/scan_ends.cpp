#include "pipeline/measure/head/scan_ends.h"

#include <algorithm>
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

/// One slice in its own pixels.
struct Plane {
  int columns = 0, rows = 0;
  Mask mask;
  std::size_t at(int column, int row) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
           static_cast<std::size_t>(column);
  }
};

/// Grown by `reach` pixels to every side.
Plane grown(const Plane& plane, int reach) {
  Plane wide = plane, result = plane;
  for (int row = 0; row < plane.rows; ++row)
    for (int column = 0; column < plane.columns; ++column)
      if (plane.mask[plane.at(column, row)] != 0)
        for (int to = std::max(0, column - reach);
             to <= std::min(plane.columns - 1, column + reach); ++to)
          wide.mask[plane.at(to, row)] = 1;
  for (int row = 0; row < plane.rows; ++row)
    for (int column = 0; column < plane.columns; ++column)
      if (wide.mask[plane.at(column, row)] != 0)
        for (int to = std::max(0, row - reach); to <= std::min(plane.rows - 1, row + reach); ++to)
          result.mask[plane.at(column, to)] = 1;
  return result;
}

/// What is reached from the image's border without entering `walls`.
Plane reached_from_border(const Plane& walls) {
  Plane outside{.columns = walls.columns, .rows = walls.rows, .mask = Mask(walls.mask.size())};
  std::vector<std::array<int, 2>> open;
  open.reserve(outside.mask.size());
  const auto enter = [&](int column, int row) {
    if (column < 0 || row < 0 || column >= walls.columns || row >= walls.rows) return;
    const std::size_t at = walls.at(column, row);
    if (outside.mask[at] != 0 || walls.mask[at] != 0) return;
    outside.mask[at] = 1;
    open.push_back({column, row});
  };
  for (int column = 0; column < walls.columns; ++column)
    enter(column, 0), enter(column, walls.rows - 1);
  for (int row = 0; row < walls.rows; ++row) enter(0, row), enter(walls.columns - 1, row);
  while (!open.empty()) {
    const auto [column, row] = open.back();
    open.pop_back();
    enter(column - 1, row), enter(column + 1, row), enter(column, row - 1), enter(column, row + 1);
  }
  return outside;
}

/// Soft tissue on one slice that bone encloses there, cm2; gaps of up to 5 mm (sutures, foramina,
/// burr holes) do not open the ring.
double enclosed_cm2(const Volume& volume, int slice) {
  constexpr std::int16_t bone_hu = 200;
  constexpr double half_gap_mm = 2.5;
  const auto mm = volume.grid.spacing_mm();
  const std::size_t first = volume.grid.offset(0, 0, slice);
  Plane bone{.columns = volume.grid.size[0],
             .rows = volume.grid.size[1],
             .mask = Mask(volume.grid.offset(0, 0, 1))};
  for (std::size_t at = 0; at < bone.mask.size(); ++at)
    bone.mask[at] = volume.hu[first + at] > bone_hu ? 1 : 0;
  const int reach = static_cast<int>(std::lround(half_gap_mm / std::min(mm[0], mm[1])));
  const Plane outside = grown(reached_from_border(grown(bone, reach)), reach);
  std::size_t enclosed = 0;
  for (std::size_t at = 0; at < bone.mask.size(); ++at) {
    const std::int16_t hu = volume.hu[first + at];
    if (outside.mask[at] == 0 && hu > -30 && hu < 100) ++enclosed;
  }
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

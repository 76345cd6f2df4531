#include "model/views/ct_volume.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "model/views/detail/vector.h"

namespace tomoscribe::model {

namespace {

constexpr double farthest_mm = 1e6, shortest_step_mm = 0.01, longest_step_mm = 1000;
/// Of the volume that steps of the same lengths would span at right angles: 0.5 is a shear of 60
/// degrees.
constexpr double smallest_spread = 0.5;

std::string shape(const VolumeGeometry& geometry) {
  return std::to_string(geometry.size[0]) + " columns, " + std::to_string(geometry.size[1]) +
         " rows and " + std::to_string(geometry.size[2]) + " slices";
}

bool usable(const Vec3& mm, double limit) {
  return std::ranges::all_of(
      mm, [&](double each) { return std::isfinite(each) && std::abs(each) <= limit; });
}

}  // namespace

void check_geometry(const VolumeGeometry& geometry) {
  for (const int side : geometry.size) {
    if (side < 1) throw UnfitViews("a volume of " + shape(geometry) + " is empty");
    if (side > longest_volume_side)
      throw UnfitViews("a volume of " + shape(geometry) + " is over " +
                       std::to_string(longest_volume_side) + " voxels along a side");
  }
  if (!usable(geometry.origin_mm, farthest_mm))
    throw UnfitViews("the volume's first voxel has no usable place in the patient");
  double product = 1;
  for (const Vec3& step : geometry.step_mm) {
    if (!usable(step, longest_step_mm))
      throw UnfitViews("the volume's steps are not all numbers of usable size");
    if (detail::length(step) < shortest_step_mm)
      throw UnfitViews("voxels less than 0.01 mm apart are not a CT volume");
    product *= detail::length(step);
  }
  if (std::abs(detail::determinant(geometry.step_mm)) < smallest_spread * product)
    throw UnfitViews("the volume's columns, rows and slices do not span space");
}

void check_volume(const CtVolume& volume) {
  check_geometry(volume.geometry);
  std::size_t voxels = 1;
  for (const int side : volume.geometry.size) voxels *= static_cast<std::size_t>(side);
  if (volume.hu == nullptr || volume.count != voxels)
    throw UnfitViews("a volume of " + shape(volume.geometry) + " came with " +
                     std::to_string(volume.hu == nullptr ? 0 : volume.count) + " values");
}

Vec3 point_mm(const VolumeGeometry& geometry, const Vec3& index) {
  return geometry.origin_mm + index[0] * geometry.step_mm[0] + index[1] * geometry.step_mm[1] +
         index[2] * geometry.step_mm[2];
}

Vec3 index_at(const VolumeGeometry& geometry, const Vec3& point_mm) {
  return detail::solve(geometry.step_mm, point_mm - geometry.origin_mm);
}

std::optional<int> slice_at(const VolumeGeometry& geometry, const Vec3& point_mm) {
  const double index = index_at(geometry, point_mm)[2], nearest = std::round(index);
  if (!(std::abs(index - nearest) <= 0.1) || nearest < 0 || nearest >= geometry.size[2])
    return std::nullopt;
  return static_cast<int>(nearest);
}

}  // namespace tomoscribe::model

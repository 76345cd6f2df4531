#pragma once
// Volumes that stand in every way, for the tests of views.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "model/views/plan.h"
#include "model/views/render.h"

namespace tomoscribe::model {

struct OwnVolume {
  VolumeGeometry geometry;
  std::vector<std::int16_t> hu;
  CtVolume view() const { return {geometry, hu.data(), hu.size()}; }
};

/// Voxel axis i of the result is axis `order[i]` of an upright volume (0 x, 1 y, 2 z), running
/// backwards where `back[i]`. The same voxels, otherwise arranged.
inline VolumeGeometry arranged(const VolumeGeometry& upright,
                               const std::array<std::size_t, 3>& order,
                               const std::array<bool, 3>& back) {
  VolumeGeometry result;
  result.origin_mm = upright.origin_mm;
  for (std::size_t i = 0; i < 3; ++i) {
    result.size[i] = upright.size[order[i]];
    result.step_mm[i] = upright.step_mm[order[i]];
    if (!back[i]) continue;
    for (std::size_t k = 0; k < 3; ++k) {
      result.origin_mm[k] += (result.size[i] - 1) * result.step_mm[i][k];
      result.step_mm[i][k] = -result.step_mm[i][k];
    }
  }
  return result;
}

inline VolumeGeometry upright(int columns = 64, int rows = 64, int slices = 60, double pixel_mm = 5,
                              double slice_mm = 5) {
  return {.size = {columns, rows, slices},
          .origin_mm = {-(columns - 1) * pixel_mm / 2, -(rows - 1) * pixel_mm / 2, -100},
          .step_mm = {{{pixel_mm, 0, 0}, {0, pixel_mm, 0}, {0, 0, slice_mm}}}};
}

/// Turned about the patient's x, then z axis.
inline VolumeGeometry turned(VolumeGeometry geometry, double about_x, double about_z) {
  const auto turn = [&](const Vec3& v) -> Vec3 {
    const double c = std::cos(about_x), s = std::sin(about_x);
    const Vec3 w{v[0], c * v[1] - s * v[2], s * v[1] + c * v[2]};
    const double d = std::cos(about_z), t = std::sin(about_z);
    return {d * w[0] - t * w[1], t * w[0] + d * w[1], w[2]};
  };
  for (Vec3& step : geometry.step_mm) step = turn(step);
  geometry.origin_mm = turn(geometry.origin_mm);
  return geometry;
}

/// As a tilted gantry leaves it: slices shift as they go.
inline VolumeGeometry tilted(VolumeGeometry geometry, double mm_per_slice) {
  geometry.step_mm[2][1] += mm_per_slice;
  return geometry;
}

struct NamedGeometry {
  std::string name;
  VolumeGeometry geometry;
};

inline std::ostream& operator<<(std::ostream& out, const NamedGeometry& named) {
  return out << named.name;
}

inline std::vector<NamedGeometry> all_geometries() {
  return {{"head first", upright()},
          {"rows reversed", arranged(upright(), {0, 1, 2}, {false, true, false})},
          {"columns and slices reversed", arranged(upright(), {0, 1, 2}, {true, false, true})},
          {"coronal slices", arranged(upright(), {0, 2, 1}, {false, true, false})},
          {"sagittal slices", arranged(upright(), {1, 2, 0}, {false, true, true})},
          {"thin pixels, thick slices", upright(128, 96, 24, 2.5, 12)},
          {"oblique", turned(upright(80, 80, 70, 4, 3), 0.3, -0.25)},
          {"oblique, feet first",
           turned(arranged(upright(80, 80, 70, 4, 3), {0, 1, 2}, {true, false, true}), -0.35, 0.2)},
          {"tilted gantry", tilted(upright(64, 64, 60, 5, 4), 1.2)}};
}

inline OwnVolume painted(const VolumeGeometry& geometry,
                         const std::function<double(const Vec3&)>& hu_at) {
  OwnVolume volume{.geometry = geometry, .hu = {}};
  for (int slice = 0; slice < geometry.size[2]; ++slice)
    for (int row = 0; row < geometry.size[1]; ++row)
      for (int column = 0; column < geometry.size[0]; ++column)
        volume.hu.push_back(static_cast<std::int16_t>(
            hu_at(point_mm(geometry, {double(column), double(row), double(slice)}))));
  return volume;
}

inline constexpr ImageRule pixtral{.patch = 16, .longest_edge = 1024, .spatial_merge = 1};
inline constexpr ImageRule mistral3{.patch = 14, .longest_edge = 1540, .spatial_merge = 2};

inline Candidate candidate(const std::string& id, const Vec3& centre_mm, double weight) {
  return {.id = id,
          .box = {.centre_mm = centre_mm, .size_mm = {12, 12, 12}},
          .weight = weight,
          .words = "solid nodule"};
}

inline PlanRequest chest_request(const VolumeGeometry& geometry, std::int64_t budget) {
  PlanRequest request;
  request.geometry = geometry;
  request.regions = {{.region = Region::chest, .z_mm = {}}};
  request.rule = pixtral;
  request.budget_tokens = budget;
  request.seed = 11;
  return request;
}

}  // namespace tomoscribe::model

#include "pipeline/measure/scaffold/curve.h"

#include <algorithm>
#include <cmath>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double tangent_reach_mm = 9;

SpineSlice between(const Spine& spine, double slice) {
  const double at =
      std::clamp(slice, static_cast<double>(spine.first), static_cast<double>(spine.last));
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, static_cast<std::size_t>(spine.last));
  const double share = at - static_cast<double>(low);
  const SpineSlice &a = spine.at[low], &b = spine.at[high];
  const auto mix = [&](double x, double y) { return x + share * (y - x); };
  return {.canal_column = mix(a.canal_column, b.canal_column),
          .canal_row = mix(a.canal_row, b.canal_row),
          .body_column = mix(a.body_column, b.body_column),
          .body_row = mix(a.body_row, b.body_row),
          .half_depth_mm = mix(a.half_depth_mm, b.half_depth_mm),
          .half_width_mm = mix(a.half_width_mm, b.half_width_mm),
          .score = mix(a.score, b.score)};
}

Vec3 unit(const Vec3& v) {
  const double length = std::hypot(v[0], v[1], v[2]);
  return {v[0] / length, v[1] / length, v[2] / length};
}

}  // namespace

double hu_between(const GridImage& image, const Vec3& index) {
  std::array<int, 3> low{};
  std::array<double, 3> share{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double at = std::clamp(index[i], 0.0, image.grid.size[i] - 1.001);
    low[i] = static_cast<int>(at);
    share[i] = at - low[i];
  }
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const std::array<int, 3> step{corner & 1, corner >> 1 & 1, corner >> 2};
    double weight = 1;
    for (std::size_t i = 0; i < 3; ++i) weight *= step[i] != 0 ? share[i] : 1 - share[i];
    if (weight > 0)
      sum += weight *
             image.hu[image.grid.offset(low[0] + step[0], low[1] + step[1], low[2] + step[2])];
  }
  return sum;
}

Vec3 CurvePlane::at(const Vec3& origin, double across_mm, double forward_mm, double up_mm) const {
  Vec3 point = origin;
  for (std::size_t i = 0; i < 3; ++i)
    point[i] += (across_mm * across[i] + forward_mm * forward[i] + up_mm * up[i]) / working_mm;
  return point;
}

CurvePlane curve_plane(const Scene& scene, double slice) {
  const Spine& spine = scene.spine;
  const double reach = tangent_reach_mm / working_mm;
  const double low = std::max<double>(spine.first, slice - reach);
  const double high = std::min<double>(spine.last, slice + reach);
  const SpineSlice here = between(spine, slice), below = between(spine, low),
                   above = between(spine, high);
  CurvePlane plane;
  plane.body = {here.body_column, here.body_row, slice};
  plane.up = unit({above.body_column - below.body_column, above.body_row - below.body_row,
                   std::max(high - low, 1.0)});
  // Forward: against the rows, square to the curve. Across: what is left.
  const double along = -plane.up[1];
  plane.forward = unit({-along * plane.up[0], -1 - along * plane.up[1], -along * plane.up[2]});
  const Vec3 &u = plane.up, &f = plane.forward;
  plane.across = {u[2] * f[1] - u[1] * f[2], u[0] * f[2] - u[2] * f[0], u[1] * f[0] - u[0] * f[1]};
  if (plane.across[0] < 0)
    for (double& value : plane.across) value = -value;
  plane.half_depth_mm = here.half_depth_mm;
  plane.half_width_mm = here.half_width_mm;
  const double behind_mm = (here.canal_row - here.body_row) * working_mm / std::abs(f[1]);
  plane.canal = plane.at(plane.body, (here.canal_column - here.body_column) * working_mm,
                         -behind_mm * f[1] * f[1]);
  return plane;
}

}  // namespace tomoscribe::pipeline::measure

#include "pipeline/prior/rigid.h"

#include <algorithm>
#include <cmath>

namespace tomoscribe::pipeline::prior {
namespace {

constexpr double cut_mm = 6;  // a lung that ends at the scan's end has no surface there
constexpr double least_surface_cm2 = 100;

bool well_inside(const LungImage& lungs, double z_mm) {
  return z_mm > lungs.scanned_z_mm[0] + cut_mm && z_mm < lungs.scanned_z_mm[1] - cut_mm;
}

/// Nearest voxel; nullopt outside the grid.
std::optional<std::size_t> voxel_at(const Grid& grid, const Vec3& point_mm) {
  const Vec3 index = grid.index_at(point_mm);
  std::array<int, 3> nearest{};
  for (std::size_t i = 0; i < 3; ++i) {
    nearest[i] = static_cast<int>(std::lround(index[i]));
    if (nearest[i] < 0 || nearest[i] >= grid.size[i]) return std::nullopt;
  }
  return grid.offset(nearest[0], nearest[1], nearest[2]);
}

}  // namespace

Vec3 Rigid::operator()(const Vec3& point_mm) const {
  Vec3 result = offset_mm;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) result[i] += rows[i][j] * point_mm[j];
  return result;
}

Vec3 Rigid::back(const Vec3& point_mm) const {
  Vec3 result{};  // a rotation's inverse is its transpose
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) result[i] += rows[j][i] * (point_mm[j] - offset_mm[j]);
  return result;
}

std::optional<double> residual_mm(const LungImage& current, const LungImage& earlier,
                                  const Rigid& rigid) {
  const Grid& grid = current.image.grid;
  const std::vector<float> depth = measure::depth_mm(earlier.lung, earlier.image.grid);
  const auto steps = measure::face_steps(grid);
  double sum = 0;
  std::size_t voxels = 0;
  measure::for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (current.lung[at] == 0 || column == 0 || row == 0 || slice == 0 ||
        column == grid.size[0] - 1 || row == grid.size[1] - 1 || slice == grid.size[2] - 1)
      return;
    const bool surface = std::ranges::any_of(steps, [&](std::ptrdiff_t step) {
      return current.lung[static_cast<std::size_t>(static_cast<std::ptrdiff_t>(at) + step)] == 0;
    });
    if (!surface) return;
    const Vec3 here = grid.point_mm(column, row, slice), there = rigid(here);
    if (!well_inside(current, here[2]) || !well_inside(earlier, there[2])) return;
    const auto voxel = voxel_at(earlier.image.grid, there);
    if (!voxel) return;
    sum += static_cast<double>(depth[*voxel]) * static_cast<double>(depth[*voxel]);
    ++voxels;
  });
  const double voxel_cm2 = measure::working_mm * measure::working_mm / 100;
  if (static_cast<double>(voxels) * voxel_cm2 < least_surface_cm2) return std::nullopt;
  return std::sqrt(sum / static_cast<double>(voxels));
}

}  // namespace tomoscribe::pipeline::prior

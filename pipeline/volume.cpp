#include "pipeline/volume.h"

#include <cmath>

namespace tomoscribe::pipeline {

Vec3 Grid::point_mm(double column, double row, double slice) const {
  Vec3 point = origin_mm;
  for (std::size_t axis = 0; axis < 3; ++axis)
    point[axis] += column * step_mm[0][axis] + row * step_mm[1][axis] + slice * step_mm[2][axis];
  return point;
}

double Grid::voxel_ml() const {
  const auto& [a, b, c] = step_mm;
  const double volume_mm3 = a[0] * (b[1] * c[2] - b[2] * c[1]) -
                            a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
  return std::abs(volume_mm3) / 1000.0;
}

std::array<double, 3> Grid::spacing_mm() const {
  std::array<double, 3> spacing{};
  for (std::size_t index = 0; index < 3; ++index)
    spacing[index] = std::hypot(step_mm[index][0], step_mm[index][1], step_mm[index][2]);
  return spacing;
}

std::size_t Grid::voxels() const {
  return static_cast<std::size_t>(size[0]) * static_cast<std::size_t>(size[1]) *
         static_cast<std::size_t>(size[2]);
}

std::size_t Grid::offset(int column, int row, int slice) const {
  return (static_cast<std::size_t>(slice) * static_cast<std::size_t>(size[1]) +
          static_cast<std::size_t>(row)) *
             static_cast<std::size_t>(size[0]) +
         static_cast<std::size_t>(column);
}

std::array<Vec3, 3> Grid::inverse_per_mm() const {
  const auto& s = step_mm;  // columns of the matrix that takes indices to millimetres
  const auto cross = [](const Vec3& u, const Vec3& v) {
    return Vec3{u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
  };
  std::array<Vec3, 3> rows{cross(s[1], s[2]), cross(s[2], s[0]), cross(s[0], s[1])};
  const double determinant = s[0][0] * rows[0][0] + s[0][1] * rows[0][1] + s[0][2] * rows[0][2];
  for (Vec3& row : rows)
    for (double& value : row) value /= determinant;
  return rows;
}

Vec3 Grid::index_at(const Vec3& point_mm) const {
  const std::array<Vec3, 3> inverse = inverse_per_mm();
  Vec3 index{};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t axis = 0; axis < 3; ++axis)
      index[i] += inverse[i][axis] * (point_mm[axis] - origin_mm[axis]);
  return index;
}

std::int16_t Volume::at(int column, int row, int slice) const {
  return hu[grid.offset(column, row, slice)];
}

SliceKind Volume::kind(int slice) const {
  return kinds.empty() ? SliceKind::image : kinds[static_cast<std::size_t>(slice)];
}

int Volume::image_slice(int slice) const {
  for (int off = 0; off < grid.size[2]; ++off)
    for (const int there : {slice - off, slice + off})
      if (there >= 0 && there < grid.size[2] && kind(there) == SliceKind::image) return there;
  return slice;
}

int Volume::slice_of(const dicom::SopInstanceUid& instance, int frame) const {
  int nearest = -1;
  for (int slice = 0; slice < static_cast<int>(instances.size()); ++slice) {
    const auto i = static_cast<std::size_t>(slice);
    if (instances[i] != instance || frames[i] != frame) continue;
    if (kind(slice) == SliceKind::image) return slice;
    nearest = slice;
  }
  return nearest;
}

}  // namespace tomoscribe::pipeline

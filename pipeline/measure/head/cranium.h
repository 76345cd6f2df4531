#pragma once
// What the steps of the head share: the part of the working grid that holds the skull, what lies
// inside it, and the plane in which the skull is its own mirror image.

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/measure/filters.h"
#include "pipeline/normalise.h"

namespace tomoscribe::pipeline::measure {

/// The skull's plane of symmetry, LPS mm.
struct SymmetryPlane {
  Vec3 point_mm{};
  Vec3 normal{1, 0, 0};     ///< unit, towards the patient's left
  double yaw_deg = 0;       ///< turned about the body's length axis
  double roll_deg = 0;      ///< leaning to a shoulder
  double residual_mm = 0;   ///< how far the mirrored skull lies from itself, mean
  double offset_sd_mm = 0;  ///< spread of the plane's place over parts of the skull
  /// Distance from the plane, mm; positive to the patient's left.
  double side_mm(const Vec3& point) const {
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) sum += normal[i] * (point[i] - point_mm[i]);
    return sum;
  }
  Vec3 mirrored(const Vec3& point) const {
    const double twice = 2 * side_mm(point);
    return {point[0] - twice * normal[0], point[1] - twice * normal[1],
            point[2] - twice * normal[2]};
  }
};

/// The skull and what it holds. Shape of every array: that of `image.grid`, a box of the working
/// grid. Units: HU and mm.
struct Cranium {
  GridImage image;
  std::array<int, 3> first{};      ///< of the box, in the working grid
  std::vector<std::int16_t> fine;  ///< of what is inside, sigma 1.2 mm; no bone bleeds into it
  Mask ventricles;                 ///< empty before the step that finds them
  Mask inside;                     ///< inside the inner table; calcifications and air included
  std::vector<float> depth;        ///< mm from the outermost voxels of `inside`, positive inside
  std::optional<SymmetryPlane> plane;
  std::string no_plane;              ///< why there is none
  std::optional<double> base_mm;     ///< z of the highest bone that reaches far into the head
  std::optional<double> petrous_mm;  ///< the same of the petrous bones alone
  double petrous_y_mm = 0;           ///< middle of the petrous bones, front to back
  bool vertex_missing = false, foramen_missing = false;
  Grid scan;              ///< of the slices: what lies at the first or last of them is cut
  double brain_hu = 0;    ///< median 10 mm and more inside the inner table
  double noise_hu = 0;    ///< SD of `image` about `fine`'s scale, same place
  double deepest_mm = 0;  ///< largest value of `depth`

  /// Behind and below the petrous bones, where beam hardening draws dark and bright bands.
  bool posterior_fossa(const Vec3& point_mm) const {
    return petrous_mm && point_mm[2] < *petrous_mm + 5 && point_mm[1] > petrous_y_mm - 10;
  }
  Vec3 point(int column, int row, int slice) const {
    return image.grid.point_mm(column, row, slice);
  }
};

/// Value at a point by trilinear interpolation on a grid along the patient's axes; outside of it
/// that of the nearest voxel.
template <class T>
double value_at(const std::vector<T>& values, const Grid& grid, const Vec3& point_mm) {
  std::array<std::array<std::size_t, 2>, 3> index{};
  std::array<double, 3> share{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double last = grid.size[i] - 1;
    double at = (point_mm[i] - grid.origin_mm[i]) / grid.step_mm[i][i];
    at = at < 0 ? 0 : at > last ? last : at;
    const double low = std::floor(at);
    index[i] = {static_cast<std::size_t>(low),
                static_cast<std::size_t>(low < last ? low + 1 : low)};
    share[i] = at - low;
  }
  const auto columns = static_cast<std::size_t>(grid.size[0]);
  const std::size_t plane = columns * static_cast<std::size_t>(grid.size[1]);
  double sum = 0;
  for (std::size_t corner = 0; corner < 8; ++corner) {
    const std::size_t i = corner & 1, j = corner >> 1 & 1, k = corner >> 2;
    const double weight = (i != 0 ? share[0] : 1 - share[0]) * (j != 0 ? share[1] : 1 - share[1]) *
                          (k != 0 ? share[2] : 1 - share[2]);
    sum += weight *
           static_cast<double>(values[index[2][k] * plane + index[1][j] * columns + index[0][i]]);
  }
  return sum;
}

/// Smoothed over the voxels of `weights` alone: what lies beside them does not bleed in. -1024
/// where none is near. Units: HU.
std::vector<std::int16_t> smoothed_within(const GridImage& image, const Mask& weights,
                                          double sigma_mm);

/// Median; 0 of nothing. Reorders its argument.
double median_of(std::vector<double>& values);

}  // namespace tomoscribe::pipeline::measure

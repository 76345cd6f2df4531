#pragma once
// The endplates of vertebral bodies: of each body by itself, in the volume's own voxels.

#include <vector>

#include "pipeline/measure/scaffold/curve.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// The volume around one vertebral body, on a straight grid along the curve's directions.
/// Shape: [up][forward][across], across fastest. Units: HU, linear between the volume's voxels.
struct BodyBox {
  static constexpr int half_across = 12, half_forward = 22, half_up = 72;
  static constexpr double across_mm = 1, forward_mm = 1, up_mm = 0.5;
  static constexpr int across_count = 2 * half_across + 1, forward_count = 2 * half_forward + 1,
                       up_count = 2 * half_up + 1;
  CurvePlane plane;           ///< its middle; `plane.body` is the box's middle
  double half_height_mm = 0;  ///< from there to the middle of a disc
  std::vector<float> hu;
  int first_up = -half_up, last_up = half_up;  ///< where the volume holds all of the section

  static std::size_t at(int across, int forward, int up) {
    return index_of((up + half_up) * forward_count + forward + half_forward) *
               index_of(across_count) +
           index_of(across + half_across);
  }
};
BodyBox body_box(const Scene& scene, const Vertebra& vertebra);

/// An endplate as a slightly hollow plate: mm outward from the box's middle, up for the upper one,
/// down for the lower one.
struct Endplate {
  double out_mm = 0, forward = 0, across = 0;  ///< at the middle, and what a millimetre changes
  double hollow_mm = 0;                        ///< deeper in the middle than at the edges
  double half_depth_mm = 1, half_width_mm = 1;
  double fall_hu = 0;          ///< how much denser the 2 mm inside it are than the 2 mm outside
  double residual_mm = 0;      ///< standard deviation of the columns that were kept
  double kept = 0;             ///< share of the columns
  double central_mm = 0;       ///< median of the middle columns, outward
  double likeness_hu() const;  ///< the fall, less for what is steep against the curve
  /// At the front (1) or back (-1) edge of the body: the columns' own tilt carried on to the edge,
  /// the hollow only as far as there are columns.
  double edge(int side) const {
    constexpr double seen = 0.8;
    return out_mm + forward * side * half_depth_mm - hollow_mm * (1 - seen * seen);
  }
  double at(double across_mm, double forward_mm) const {
    const double u = across_mm / half_width_mm, v = forward_mm / half_depth_mm;
    return out_mm + forward * forward_mm + across * across_mm - hollow_mm * (1 - u * u - v * v);
  }
};

/// Which way from the middle of the body.
enum class End : std::uint8_t { lower, upper };

/// How the columns of a body are taken, for the spread of its heights.
struct Columns {
  double window_mm = 2;  ///< means of that length inside and outside are compared
  int side = 0;          ///< -1, 1: only that half of the body
};

/// Places where the density falls over the whole section of the body, at most one every 2 mm, from
/// inside. The neighbour's endplate, which falls off to its marrow, may be among them.
std::vector<Endplate> endplate_candidates(const BodyBox& box, End end);

/// A candidate, every column by itself; columns far from the others are left out.
Endplate fitted_endplate(const BodyBox& box, End end, const Endplate& candidate,
                         const Columns& columns);

}  // namespace tomoscribe::pipeline::measure

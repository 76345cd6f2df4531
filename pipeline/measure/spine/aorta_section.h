#pragma once
// One section of the aorta, square to its course.

#include <optional>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

struct AortaSection {
  double slice = 0;                        ///< working slice of its middle
  Vec3 middle{};                           ///< working index
  double longest_mm = 0, shortest_mm = 0;  ///< diameters of the outer wall
  Vec3 longest_from{}, longest_to{};       ///< ends of the longest one, working indices
  double seen = 0;                         ///< share of directions in which the wall was seen
};

/// The outer wall around the track at a working slice: rays in the plane square to the smoothed
/// track, each to where soft tissue ends in fat or lung; an ellipse through what was seen. Nullopt
/// where the wall is seen in fewer than half of the directions, or what is seen is no ellipse.
/// `shift_hu` moves the border, for the uncertainty.
std::optional<AortaSection> aorta_section(const Scene& scene, int slice, double shift_hu = 0);

}  // namespace tomoscribe::pipeline::measure

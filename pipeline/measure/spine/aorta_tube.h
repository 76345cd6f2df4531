#pragma once
// The outer wall of the abdominal aorta, followed from section to section.

#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// The outer wall on one section: r(angle) = radius + oval_cos cos 2a + oval_sin sin 2a.
struct WallEllipse {
  double column = 0, row = 0;  ///< of its middle, working grid
  double radius_mm = 0, oval_cos_mm = 0, oval_sin_mm = 0;
  double longest_mm() const;
  double shortest_mm() const;
};

/// A section square to the course, and how well the wall was seen there.
struct TubeSection {
  int slice = 0;  ///< working slice of its middle
  WallEllipse wall;
  double score = 0;                   ///< mean contrast of the wall's directions, 1: fat all round
  double seen = 0;                    ///< share of the directions in which fat lies outside
  Vec3 longest_from{}, longest_to{};  ///< ends of the longest diameter, working indices
  bool usable() const;                ///< enough of the wall was seen
};

/// Follows the wall between two working slices: the chain of circles beside and in front of the
/// vertebrae whose border has most contrast (soft tissue inside, fat outside; Viterbi), each made
/// an ellipse in the plane square to the smoothed course. What lies against the wall with the same
/// density says nothing, and takes nothing away.
/// \return sections 3 mm apart, from below; those with `usable()` false saw too little of the wall
std::vector<TubeSection> aorta_tube(const Scene& scene, int from, int to);

/// Half the width within which the longest diameter of a section lies in 95 of 100 cases: an eighth
/// of the wall left out at a time (jackknife), and what the phantoms add.
double longest_uncertainty_mm(const Scene& scene, const std::vector<TubeSection>& tube,
                              std::size_t section);

}  // namespace tomoscribe::pipeline::measure

#pragma once
// The outer wall of the descending aorta, followed from section to section.

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
  double score = 0;    ///< mean contrast of the wall's directions, 1: fat or lung all round
  double seen = 0;     ///< share of the directions in which fat or lung lies outside
  double against = 0;  ///< share in which soft tissue or blood does; the rest is vertebra
  double ring = 0;     ///< share in which more than 4 mm of soft tissue line enhanced blood
  Vec3 longest_from{}, longest_to{};  ///< ends of the longest diameter, working indices
  bool usable() const;                ///< enough of the wall was seen
};

/// Where circles are looked for, from the middle of the vertebral body, in steps of 3 mm.
struct TubeField {
  double rightmost_mm = 0, rearmost_mm = 0;
  int lefts = 0, fronts = 0;
  double usual_left_mm = 0;
  double vessel_bonus = 0;  ///< of contrast, for a circle with enhanced blood in it or, without
                            ///< contrast agent, one that holds the track's section
};
/// In front of the vertebrae, without the track: there it is led astray by thrombus and bowel.
inline constexpr TubeField abdominal_field{
    .rightmost_mm = -15, .rearmost_mm = 6, .lefts = 18, .fronts = 21, .usual_left_mm = 8};
/// Beside them too, where the oesophagus has as much contrast as the aorta.
inline constexpr TubeField thoracic_field{.rightmost_mm = -12,
                                          .rearmost_mm = -9,
                                          .lefts = 24,
                                          .fronts = 23,
                                          .usual_left_mm = 16,
                                          .vessel_bonus = 0.3};

/// Follows the wall between two working slices: the chain of circles in the field whose border has
/// most contrast (soft tissue inside, fat or lung outside; Viterbi), each made an ellipse in the
/// plane square to the smoothed course. What lies against the wall with the same density says
/// nothing, and takes nothing away.
/// \return sections 3 mm apart, from below; those with `usable()` false saw too little of the wall
std::vector<TubeSection> aorta_tube(const Scene& scene, const TubeField& field, int from, int to);

/// Half the width within which the longest diameter of a section lies in 95 of 100 cases: an eighth
/// of the wall left out at a time (jackknife), and what the phantoms add.
double longest_uncertainty_mm(const Scene& scene, const std::vector<TubeSection>& tube,
                              std::size_t section);

}  // namespace tomoscribe::pipeline::measure

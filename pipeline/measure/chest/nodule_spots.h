#pragma once
// Where something round and dense lies in the lung: a scale space of the lung's space.

#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// A round spot. Positions in millimetres (LPS).
struct Spot {
  Vec3 centre_mm{};
  double diameter_mm = 0;  ///< of the ideal ball that answers most at this scale
  double strength_hu = 0;  ///< difference of Gaussians there
  double roundness = 0;    ///< smallest over largest curvature, 1: a ball, 0: a tube
  std::uint8_t lung = 0;   ///< right_lung or left_lung
};

/// Maxima of the difference of Gaussians over place and scale (balls of 4 to 24 mm answer), whose
/// three curvatures are all negative (dot filter, Li 2003, doi 10.1118/1.1581411). Outside `space`
/// everything is made lung-like, so that chest wall and hilum neither hide nor mimic a spot.
/// Strongest first. Memory: seven copies of the lungs' box in int16.
std::vector<Spot> round_spots(const Scene& scene, const Mask& space);

}  // namespace tomoscribe::pipeline::measure

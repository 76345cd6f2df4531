#pragma once
// The wall of the aorta on one section: what an ellipse sees along its border, and the ellipse that
// sees most.

#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// A plane through the vessel; directions are unit vectors in working indices.
struct WallPlane {
  Vec3 middle{}, across{1, 0, 0}, forward{0, 1, 0}, up{0, 0, 1};
  Vec3 at(double across_mm, double forward_mm, double up_mm = 0) const;
};

/// One section, the mean of a slab of 6 mm. Millimetres from the plane's middle; HU.
class WallPicture {
 public:
  WallPicture(const Scene& scene, const WallPlane& plane);
  double operator()(double across_mm, double forward_mm) const;

 private:
  std::vector<float> hu_;
};

/// r(angle) = radius + oval_cos cos 2a + oval_sin sin 2a; the middle in mm from the plane's.
struct WallShape {
  double across = 0, forward = 0, radius = 0, oval_cos = 0, oval_sin = 0;
  double at(double angle) const;
  double oval() const;
};

/// What a border sees.
struct WallSeen {
  double score = 0;    ///< mean contrast of its directions, 1: fat or lung all round
  double share = 0;    ///< of the directions, with fat or lung outside
  double against = 0;  ///< of the directions, with soft tissue or blood outside; the rest: vertebra
};

inline constexpr int wall_sectors = 8;

/// \param most_inside_hu  denser than that is no blood
/// \param left_out        an eighth that does not count; -1: all count
WallSeen seen_by(const WallPicture& hu, const WallShape& shape, double most_inside_hu,
                 int left_out = -1);

/// Share of what lies inside that is as bright as enhanced blood.
double blood_share(const WallPicture& hu, const WallShape& shape, double blood_hu);

/// Share of the directions in which soft tissue of more than `least_mm` lies between enhanced blood
/// and a wall that is seen: thrombus or a thick wall.
double ring_share(const WallPicture& hu, const WallShape& shape, double blood_hu,
                  double most_inside_hu, double least_mm);

/// Where the search for an ellipse begins and what holds it there.
struct WallSearch {
  const WallPicture& hu;
  double most_inside_hu = 0;
  WallShape expected;
  double hold = 1;  ///< 0: nothing holds it
  int left_out = -1;
};

/// The ellipse with most contrast around what is expected, to 0.1 mm.
WallShape finest(const WallSearch& search, const WallShape& start);

}  // namespace tomoscribe::pipeline::measure

#include <algorithm>
#include <array>
#include <cmath>

#include "model/phantom/detail/anatomy.h"

namespace tomoscribe::model::phantom {

namespace {

double distance_to(const Tube& tube, const Point& p) {
  const Point d = tube.to - tube.from, off = p - tube.from;
  const double squared = dot(d, d),
               t = squared > 0 ? std::clamp(dot(off, d) / squared, 0.0, 1.0) : 0.0;
  const Point rest = off - d * t;
  return std::sqrt(dot(rest, rest)) - tube.radius_mm;
}

bool clear_of(const std::vector<Tube>& tubes, const Point& centre, double radius_mm,
              double narrowest_mm) {
  return std::none_of(tubes.begin(), tubes.end(), [&](const Tube& tube) {
    return tube.radius_mm >= narrowest_mm && distance_to(tube, centre) < radius_mm + 2;
  });
}

bool clear_of(const std::vector<Ellipsoid>& shapes, const Point& canonical, double radius_mm) {
  return std::none_of(shapes.begin(), shapes.end(), [&](const Ellipsoid& shape) {
    const Point p = canonical - shape.centre;
    const double reach = shape.grow_mm + radius_mm + 3;
    const double u = dot(p, shape.axes[0]) / (shape.half_axes.x + reach),
                 v = dot(p, shape.axes[1]) / (shape.half_axes.y + reach),
                 w = dot(p, shape.axes[2]) / (shape.half_axes.z + reach);
    return u * u + v * v + w * w < 1;
  });
}

/// Of everything in a lung; `centre` is the canonical point in the scanner's frame.
bool clear_of(const Anatomy& anatomy, const Point& canonical, const Point& centre, double radius_mm,
              double narrowest_vessel_mm) {
  return clear_of(anatomy.organs, canonical, radius_mm) &&
         clear_of(anatomy.airways, centre, radius_mm, 0.1) &&
         clear_of(anatomy.vessels, centre, radius_mm, narrowest_vessel_mm);
}

struct Demand {
  double margin_mm, narrowest_vessel_mm;
};
// Stricter first; a crowded or small lung may leave only a tighter place.
constexpr std::array<Demand, 3> demands{{{7.0, 0.9}, {4.0, 1.6}, {2.5, 1.6}}};

}  // namespace

Nodule place_nodule(const Body& body, const Anatomy& anatomy, std::uint64_t seed, double radius_mm,
                    double low_z, double high_z) {
  Counter random(seed, 40);
  const bool left = random.uniform() < 0.5;
  const double side = left ? 1 : -1;
  for (const Demand& demand : demands)
    for (int tries = 0; tries < 3000; ++tries) {
      const Point p{random.between(10, 130) * side, random.between(-85, 85),
                    random.between(-140, 75)};
      if (!body.in_lung(left, p, radius_mm + demand.margin_mm)) continue;
      const Point centre = body.to_scanner(p);
      if (centre.z - radius_mm < low_z || centre.z + radius_mm > high_z) continue;
      if (clear_of(anatomy, p, centre, radius_mm, demand.narrowest_vessel_mm))
        return {centre, radius_mm, left};
    }
  return {};
}

}  // namespace tomoscribe::model::phantom

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

bool fits(const Body& body, const Anatomy& anatomy, const Wish& wish, const Demand& demand,
          bool left, const Point& p, const Point& centre) {
  const double radius = wish.radius_mm;
  switch (wish.where) {
    case Wish::Where::inside:
      return clear_of(anatomy, p, centre, radius, demand.narrowest_vessel_mm);
    case Wish::Where::anywhere: return clear_of(anatomy.organs, p, 0.4 * radius);
    case Wish::Where::at_pleura: {
      const double depth = Body::pleural_depth(body.section(p.z), p.x, p.y);
      return depth > 0.25 * radius && depth < 0.7 * radius && body.in_lung(left, p, 0) &&
             clear_of(anatomy, p, centre, radius, 1.6);
    }
  }
  return false;
}

double margin_of(const Wish& wish, const Demand& demand) {
  switch (wish.where) {
    case Wish::Where::inside: return wish.radius_mm + demand.margin_mm;
    case Wish::Where::anywhere: return 0.8 * wish.radius_mm;
    case Wish::Where::at_pleura: return 0;
  }
  return 0;
}

double side_sign(bool left) {
  return left ? 1 : -1;
}

bool is_taken(const Wish& wish, bool left, const Point& p, const Point& centre) {
  return wish.taken && wish.taken(left, p, centre);
}

}  // namespace

Place place_ball(const Body& body, const Anatomy& anatomy, std::uint64_t seed, const Wish& wish,
                 double low_z, double high_z) {
  Counter random(seed, wish.stream);
  const bool coin = random.uniform() < 0.5, left = wish.left.value_or(coin);
  const double radius = wish.radius_mm, side = side_sign(left);
  const auto suits = [&](const Point& p, const Point& centre, const Demand& demand) {
    if (centre.z - radius < low_z || centre.z + radius > high_z) return false;
    return !is_taken(wish, left, p, centre) && fits(body, anatomy, wish, demand, left, p, centre);
  };
  for (const Demand& demand : demands)
    for (int tries = 0; tries < 3000; ++tries) {
      const Point p{random.between(10, 130) * side, random.between(-85, 85),
                    random.between(-140, 75)};
      if (!body.in_lung(left, p, margin_of(wish, demand))) continue;
      const Point centre = body.to_scanner(p);
      if (suits(p, centre, demand)) return {centre, radius, left};
    }
  return {};
}

}  // namespace tomoscribe::model::phantom

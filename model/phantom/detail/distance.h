#pragma once
// Signed distances of simple shapes, millimetres, negative inside; and smooth random fields.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "model/phantom/detail/steady.h"

namespace tomoscribe::model::phantom {

constexpr double far_mm = 1000;

inline double length(const Point& p) {
  return std::sqrt(dot(p, p));
}

/// Exact on the surface, close to true near it.
inline double ellipsoid(const Point& p, const Point& centre, const Point& half) {
  const Point d = p - centre;
  const Point u{d.x / half.x, d.y / half.y, d.z / half.z};
  const double f = length(u);
  if (f < 1e-6) return -std::min({half.x, half.y, half.z});
  return f * (f - 1) / length({u.x / half.x, u.y / half.y, u.z / half.z});
}

/// A capsule whose radius changes from one end to the other.
inline double capsule(const Point& p, const Point& from, const Point& to, double from_radius,
                      double to_radius) {
  const Point d = to - from, off = p - from;
  const double squared = dot(d, d);
  const double t = squared > 0 ? std::clamp(dot(off, d) / squared, 0.0, 1.0) : 0;
  return length(off - d * t) - (from_radius + (to_radius - from_radius) * t);
}

/// Rounded union: `round_mm` is the width over which two shapes flow into one another.
inline double merged(double a, double b, double round_mm) {
  const double h = std::max(round_mm - std::abs(a - b), 0.0) / round_mm;
  return std::min(a, b) - h * h * round_mm / 4;
}

/// A point of a tube with its radius there.
struct Station {
  Point at;
  double radius_mm;
};
inline double tube(const Point& p, const std::vector<Station>& course) {
  double d = far_mm;
  for (std::size_t i = 0; i + 1 < course.size(); ++i)
    d = std::min(d, capsule(p, course[i].at, course[i + 1].at, course[i].radius_mm,
                            course[i + 1].radius_mm));
  return d;
}

struct Wave {
  double value;    ///< about -1 to 1
  Point gradient;  ///< per millimetre
};

/// Smooth random field: a cubic B-spline over random numbers, repeating after 24 nodes.
class Waves {
 public:
  Waves(std::uint64_t seed, std::uint64_t stream, double node_mm);
  Wave at(const Point& p) const;
  /// Millimetres to the nearest place where the field is zero, to first order; signed.
  double to_zero(const Point& p) const;

 private:
  static constexpr int nodes = 24;
  double node_mm_;
  std::vector<float> node_;
};

}  // namespace tomoscribe::model::phantom

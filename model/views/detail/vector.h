#pragma once
// The little algebra that views need.

#include <cmath>

#include "model/views/ct_volume.h"

namespace tomoscribe::model {

inline Vec3 operator+(const Vec3& a, const Vec3& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}

inline Vec3 operator-(const Vec3& a, const Vec3& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

inline Vec3 operator*(double factor, const Vec3& a) {
  return {factor * a[0], factor * a[1], factor * a[2]};
}

namespace detail {

inline double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

inline Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

inline double length(const Vec3& a) {
  return std::sqrt(dot(a, a));
}

inline double determinant(const std::array<Vec3, 3>& steps) {
  return dot(steps[0], cross(steps[1], steps[2]));
}

/// The coefficients of `v` in the basis `steps`.
inline Vec3 solve(const std::array<Vec3, 3>& steps, const Vec3& v) {
  const double det = determinant(steps);
  return {dot(v, cross(steps[1], steps[2])) / det, dot(v, cross(steps[2], steps[0])) / det,
          dot(v, cross(steps[0], steps[1])) / det};
}

inline bool finite(const Vec3& v) {
  return std::isfinite(v[0]) && std::isfinite(v[1]) && std::isfinite(v[2]);
}

}  // namespace detail

}  // namespace tomoscribe::model

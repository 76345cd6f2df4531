#include "pipeline/measure/symmetric.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tomoscribe::pipeline::measure {

std::array<double, 3> eigenvalues(const std::array<std::array<double, 3>, 3>& m) {
  const double off = m[0][1] * m[0][1] + m[0][2] * m[0][2] + m[1][2] * m[1][2];
  const double mean = (m[0][0] + m[1][1] + m[2][2]) / 3;
  const double a = m[0][0] - mean, b = m[1][1] - mean, c = m[2][2] - mean;
  const double spread = std::sqrt((a * a + b * b + c * c + 2 * off) / 6);
  if (spread < 1e-12) return {mean, mean, mean};
  const double determinant = a * (b * c - m[1][2] * m[1][2]) -
                             m[0][1] * (m[0][1] * c - m[1][2] * m[0][2]) +
                             m[0][2] * (m[0][1] * m[1][2] - b * m[0][2]);
  const double cosine = std::clamp(determinant / (2 * spread * spread * spread), -1.0, 1.0);
  const double angle = std::acos(cosine) / 3, third = 2 * std::numbers::pi / 3;
  return {mean + 2 * spread * std::cos(angle), mean + 2 * spread * std::cos(angle + third),
          mean + 2 * spread * std::cos(angle - third)};
}

}  // namespace tomoscribe::pipeline::measure

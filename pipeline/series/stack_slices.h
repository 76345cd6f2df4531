#pragma once
// Proves that image planes make a volume, or says in one sentence why they do not. Pure.

#include <array>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/volume.h"

namespace tomoscribe::pipeline {

/// One image plane, from one instance or one frame.
struct SlicePlane {
  std::size_t source = 0;                                         ///< the caller's number for it
  Vec3 position_mm{};                                             ///< (0020,0032)
  std::array<Vec3, 2> orientation{Vec3{1, 0, 0}, Vec3{0, 1, 0}};  ///< (0020,0037)
  std::array<double, 2> spacing_mm{1, 1};  ///< (0028,0030), between rows first
  int rows = 0, columns = 0;
  std::string sop_instance;  ///< decides which of two equal images is kept
};

/// Planes in the order of their normal, equally spaced.
struct Stack {
  Grid grid;
  std::vector<std::size_t> order;  ///< `source` of each slice
  /// Pairs (kept, left out) at one position; the caller must prove that their pixels are equal.
  std::vector<std::array<std::size_t, 2>> duplicates;
  double tilt_degrees = 0;  ///< between the normal and the line the slices lie on
  std::vector<std::string> notes;
};

/// Sorts by the projection of the position on the normal and checks orthonormal, parallel planes of
/// one shape, equal spacing within max(0.01 mm, 1 %) and a constant in-plane shift (gantry tilt,
/// kept as a sheared grid). Anything else is refused: no slice is invented.
/// Standard: PS3.3 C.7.6.2.1.1.
std::variant<Stack, Unsuitable> stack_slices(std::vector<SlicePlane> planes);

Vec3 cross(const Vec3& a, const Vec3& b);
double dot(const Vec3& a, const Vec3& b);
double length(const Vec3& a);
/// "2.5", "0.625": at most three decimals, at least one.
std::string millimetres(double value);

}  // namespace tomoscribe::pipeline

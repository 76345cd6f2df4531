#pragma once
// Proves that image planes make a volume, or says in one sentence why they do not. Pure.
// What is missing or unequally spaced is named; the grid has equally spaced slices all the same.

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
  std::string name;          ///< "image 12", for sentences; empty: its number in the stack
};

/// Where slices are missing.
struct MissingSlices {
  int after = 0;  ///< the image before the hole, from 0 in Stack::order
  int slices = 0;
  std::string text;  ///< "2 slices missing between image 7 and image 10 (z 35.0 to 50.0 mm)"
};

/// Planes in the order of their normal, and the equally spaced slices that they make.
struct Stack {
  Grid grid;
  std::vector<std::size_t> order;  ///< `source` of each image used, along the normal
  /// Place of each image of `order` in slices of the grid: 0, 1, 2, ... where `resampled` is false.
  std::vector<double> at;
  bool resampled = false;  ///< slices must be interpolated from the images' true positions
  std::vector<MissingSlices> missing;
  std::vector<std::size_t> apart;  ///< `source` of images that lie too far from the rest
  double spacing_mm = 0;           ///< median, from image to image
  double jitter_mm = 0;            ///< largest departure from it; 0 in a mixed stack
  bool mixed = false;              ///< thin and thick parts
  /// Pairs (kept, left out) at one position; the caller must prove that their pixels are equal.
  std::vector<std::array<std::size_t, 2>> duplicates;
  double tilt_degrees = 0;  ///< between the normal and the line the slices lie on
  std::vector<std::string> notes;
};

/// Sorts by the projection of the position on the normal and checks orthonormal, parallel planes of
/// one shape and a constant in-plane shift (gantry tilt, kept as a sheared grid); anything else is
/// refused. Unequal spacing and missing slices are kept with their true positions (spacing.h).
/// Standard: PS3.3 C.7.6.2.1.1.
std::variant<Stack, Unsuitable> stack_slices(std::vector<SlicePlane> planes);

Vec3 cross(const Vec3& a, const Vec3& b);
double dot(const Vec3& a, const Vec3& b);
double length(const Vec3& a);
/// "2.5", "0.625": at most three decimals, at least one.
std::string millimetres(double value);

}  // namespace tomoscribe::pipeline

#pragma once
// Positions of images along their normal, made equally spaced slices: what is regular, what is
// missing, what lies apart. Pure.

#include <array>
#include <cstddef>
#include <span>
#include <variant>
#include <vector>

#include "pipeline/analyse.h"

namespace tomoscribe::pipeline {

/// Slices that are not there, between two neighbouring images.
struct Hole {
  std::size_t after = 0;  ///< image of the block, from 0
  int slices = 0;         ///< how many are missing
  double gap_mm = 0;      ///< from image to image
};

struct Spacing {
  std::size_t first = 0, count = 0;  ///< the block of images that is used
  bool regular = true;               ///< every image is a slice, and every slice an image
  double median_mm = 0;              ///< from image to image
  double jitter_mm = 0;    ///< largest departure from the median where the spacing is meant equal
  double step_mm = 0;      ///< from slice to slice
  std::vector<double> at;  ///< per image of the block: its place in slices, 0 for the first
  int slices = 0;
  bool mixed = false;  ///< the distances change along the scan, as in thin and thick parts
  std::vector<Hole> holes;
};

/// `along_mm` ascends and no two are closer than 0.01 mm; two or more. Equal within max(0.01 mm,
/// 1 %) is regular. A gap of more than 25 mm and six times the median parts the images into blocks:
/// the one of most images is used. Gaps of 1.5 times their surroundings and more are holes.
/// Unsuitable when over a quarter of the slices is missing.
/// Source: STANDARDS 2.2 (4).
std::variant<Spacing, Unsuitable> spacing_of(std::span<const double> along_mm);

}  // namespace tomoscribe::pipeline

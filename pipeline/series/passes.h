#pragma once
// Two phases of one stretch of the body in one series: which images belong together.

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "dicom/instance_header.h"

namespace tomoscribe::pipeline {

/// What tells the pass of one frame.
struct PassFrame {
  dicom::Vec3 position_mm{};                 ///< image_position_patient
  std::array<dicom::Vec3, 2> orientation{};  ///< image_orientation_patient
  std::optional<int> acquisition_number;
  std::optional<double> acquisition_s;  ///< seconds of the day
};

struct Passes {
  /// Indices of the frames of each pass, the one to read first in front; one where there is one
  /// pass.
  std::vector<std::vector<std::size_t>> parts;
  bool taken_again =
      false;  ///< a step of the first one is in another part too: one taking is in each
};

/// Parted by acquisition number, else by pauses of 5 s and more, where the parts show the same
/// place: they share a position, or run over the same stretch (more than half of the shorter one,
/// three images and more each). Slices that are acquired one after the other stay together. Of a
/// scan in equal steps of which one was taken again the more complete taking stands among the other
/// steps; of equals the later one where it followed at once, else the first, which cannot be of
/// another phase than the rest. Each time through equal steps is one pass.
Passes passes_of(const std::vector<PassFrame>& frames);

}  // namespace tomoscribe::pipeline

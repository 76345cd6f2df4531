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

/// Indices of the frames of each pass, the largest first; one group where there is one pass.
/// Parted by acquisition number where positions repeat, and by acquisition number or by a pause of
/// 5 s and more where the parts run over the same stretch: more than half of the shorter one, three
/// images and more each. Slices that are acquired one after the other stay together.
std::vector<std::vector<std::size_t>> passes_of(const std::vector<PassFrame>& frames);

}  // namespace tomoscribe::pipeline

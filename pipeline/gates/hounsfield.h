#pragma once
// Whether the values are Hounsfield units, by what every scan of a patient shows: air and soft
// tissue.

#include <optional>
#include <string>

#include "pipeline/volume.h"

namespace tomoscribe::pipeline {

/// Median of the gas along the images' border, HU; nullopt where there is too little. Padding does
/// not count; noise that the scale cuts off at -1024 does, so that it does not move the median.
std::optional<int> outside_air_hu(const Volume& volume);

/// Why the values cannot be Hounsfield units; nullopt when air and soft tissue are where they must
/// be.
std::optional<std::string> why_not_hounsfield(const Volume& volume);

}  // namespace tomoscribe::pipeline

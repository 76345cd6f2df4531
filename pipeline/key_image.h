#pragma once
// Pictures for people: one windowed slice with the outlines of a finding. No text, no patient data.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/volume.h"
#include "reporting/report.h"

namespace tomoscribe::pipeline {

struct Window {
  double centre_hu = 40, width_hu = 400;
};
inline constexpr Window lung_window{-600, 1500}, soft_window{40, 400}, brain_window{40, 80};

using Colour = std::array<std::uint8_t, 3>;
inline constexpr Colour measured_colour{255, 220, 0};   ///< yellow
inline constexpr Colour proposed_colour{255, 64, 255};  ///< magenta: where a model pointed

/// RGB PNG of the image that `evidence` names, its outlines drawn in that colour; nullopt when the
/// volume has no such image. The same input gives the same bytes.
std::optional<std::string> key_image(const Volume& volume, const reporting::Evidence& evidence,
                                     const Window& window, const Colour& colour = measured_colour);

}  // namespace tomoscribe::pipeline

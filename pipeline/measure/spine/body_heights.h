#pragma once
// Heights of vertebral bodies, from both endplates of each.

#include <string>
#include <vector>

#include "pipeline/measure/spine/endplates.h"

namespace tomoscribe::pipeline::measure {

/// One vertebral body, or why it has no heights.
struct BodyHeights {
  double back_mm = 0, middle_mm = 0, front_mm = 0;
  double uncertainty_mm = 0;  ///< of one height against another: halves of the body, other windows
  double side_tilt = 0;       ///< of one endplate against the other, mm a mm from side to side
  Endplate lower, upper;
  std::string not_assessed;
};

/// Of boxes that follow each other from below. An endplate is taken only together with the one on
/// the other side of its disc, the disc between them: so the first body has no lower endplate that
/// is known, the last no upper one.
std::vector<BodyHeights> body_heights(const std::vector<BodyBox>& boxes);

}  // namespace tomoscribe::pipeline::measure

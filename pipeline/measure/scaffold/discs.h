#pragma once
// Where the discs are along the spine.

#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// What the curve shows, one value a working slice from Spine::first on.
struct SpineProfile {
  std::vector<double> body;  ///< mean HU of the vertebral body's inner section
  std::vector<double>
      pedicles;  ///< mean HU beside the canal, clamped: arch roots are dense, foramina not
  std::vector<double> disc;  ///< how much like a disc, about -1 to 1
};
SpineProfile spine_profile(const Scene& scene);

/// Middles of the discs, working slices, from below; empty when no regular row of them is seen.
std::vector<int> find_discs(const Scene& scene, const SpineProfile& profile);

}  // namespace tomoscribe::pipeline::measure

#pragma once
// The spinal canal, slice by slice.

#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// One slice of the path, working indices.
struct CanalPoint {
  double column = 0, row = 0, score = 0;
};

/// The best path through the whole scan, one point a working slice; empty without a body. It exists
/// where there is no spine too: the score tells.
std::vector<CanalPoint> canal_path(const Scene& scene);

}  // namespace tomoscribe::pipeline::measure

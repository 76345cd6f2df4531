#pragma once
// What tells which vertebra is which: ribs, lung apex, iliac crest.

#include <optional>
#include <string>
#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// One landmark and the numberings that it allows. A numbering is the number that the lowest
/// vertebra of the list would have (C1 is 1, T1 is 8, L1 is 20, L5 is 24); it falls upwards.
struct Landmark {
  std::string name;  ///< "lowest rib"
  double slice = 0;  ///< working slice where it lies
  std::vector<int> allowed;
};

/// Those that the scan shows; `vertebrae` from below.
std::vector<Landmark> landmarks(const Scene& scene, const std::vector<Vertebra>& vertebrae);

}  // namespace tomoscribe::pipeline::measure

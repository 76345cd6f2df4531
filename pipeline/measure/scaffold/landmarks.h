#pragma once
// What tells which vertebra is which: ribs, lung apex, iliac crest.

#include <optional>
#include <string>
#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// One landmark, the vertebra beside which it lies, and which one that may be (C1 is 1, T1 is 8, L1
/// is 20).
struct Landmark {
  std::string name;  ///< "lowest rib"
  int vertebra = 0;  ///< index in the list
  std::vector<int> numbers;
};

/// Those that the scan shows; `vertebrae` from below.
std::vector<Landmark> landmarks(const Scene& scene, const std::vector<Vertebra>& vertebrae);

}  // namespace tomoscribe::pipeline::measure

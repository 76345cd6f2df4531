#pragma once
// How high the diaphragm stands under each lung, whatever lies on it.

#include <optional>
#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// The diaphragm under one lung as a smooth surface. Working grid.
struct Diaphragm {
  double top = 0;             ///< the dome's highest slice (95th percentile)
  std::vector<float> height;  ///< slice per column and row, columns fastest; 0 where not known
};

/// The lowest lung of each column of the lung's middle section, through which a paraboloid is laid
/// by least squares; columns that stand out by more than the others spread (3 slices at least)
/// are left out and the fit repeated: consolidation and masses on the diaphragm only raise it.
/// Nullopt where the section is small (a side that is mostly without air).
std::optional<Diaphragm> diaphragm(const Scene& scene, Label lung);

}  // namespace tomoscribe::pipeline::measure

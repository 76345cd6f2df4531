#pragma once
// Lung without air, and masses, that hang together with heart, mediastinum, diaphragm or chest
// wall.

#include <string>

#include "pipeline/measure/crop.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

struct JoinedLung {
  Mask mask;            ///< of the box: 1 where such tissue lies, followed to the organs
  Mask seed;            ///< of the box: the part of it that lies in the place of lung
  std::string missing;  ///< why it was not searched; empty when it was
};

/// Soft tissue at least 18 mm thick and denser than fat where a lung must be (lung_territory) and
/// that is no part of the heart: the heart is what an opening by 0.6 of its greatest depth leaves
/// round its deepest place. From there it is followed to its border with the organs by a watershed
/// of the depth in the soft tissue (Vincent and Soille 1991, doi 10.1109/34.87344). \param box  of
/// the working grid, round both lungs.
JoinedLung joined_lung(const Scene& scene, const Crop& box);

}  // namespace tomoscribe::pipeline::measure

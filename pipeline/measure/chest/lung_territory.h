#pragma once
// Where a lung must be: inside the ribs, above the diaphragm, beside the mediastinum.

#include <string>

#include "pipeline/measure/chest/diaphragm.h"
#include "pipeline/measure/crop.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// Values of Territory::mask.
enum Place : std::uint8_t {
  outside_chest = 0,
  central_place = 1,    ///< within 22 mm of the spine's middle plane
  organ_place = 2,      ///< mediastinum's width, or below the diaphragm's surface
  diaphragm_place = 3,  ///< 6 mm or more below the diaphragm's surface
  lung_place = 4
};

/// What lies inside the chest, in a box of the working grid.
struct Territory {
  Mask mask;                 ///< Place
  Mask soft;                 ///< 1: soft tissue inside; no spine, descending aorta or pleural fluid
  int dome = 0, carina = 0;  ///< working slices
  std::string missing;       ///< why there is none; empty when there is one
  bool found() const { return missing.empty(); }
};

/// The chest is what lies inside the ribs, and between them the convex hull of both lungs.
/// Mediastinum: behind, the vertebral bodies and 8 mm beside them (14 mm on the aorta's side); in
/// front, a share of the chest's inner width on each side of the spine: 0.155 above the carina
/// (mediastinum to chest 0.31), 0.19 at the hila, 0.21 (right) and 0.22 (left) below, where the
/// left heart reaches further and must be told by its depth.
Territory lung_territory(const Scene& scene, const Crop& box);

}  // namespace tomoscribe::pipeline::measure

#pragma once
// Lung without air, and masses: what is of soft tissue's density inside the chest and neither
// heart, mediastinum, diaphragm, fluid, fat nor vessel.

#include <string>
#include <vector>

#include "pipeline/measure/chest/dense_part.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

struct DenseLung {
  Mask space;   ///< closed lungs with the parts; right_lung, left_lung or 0
  Mask labels;  ///< working grid: part number from 1, `organ_label`, 0 nothing
  std::vector<DensePart> parts;
  std::string joined_missing;  ///< why what is joined to organs was not searched; empty: it was
};

/// Value of DenseLung::labels: mediastinum, heart, diaphragm and 9 mm around.
inline constexpr std::uint8_t organ_label = 255;

/// Soft tissue opened by 6 mm falls into one large body (mediastinum, heart and all that is joined
/// to it through the diaphragm: never lung, however deep the lungs' dent is) and what lies apart
/// from it, inside the ribs' inner face or the closed lungs; what is joined to it is sought by
/// joined_lung. Vessels are cut by an opening of 3 mm. Uses Scene::fluid. Pieces below 3 mL, and
/// those of fat's density, are left out.
DenseLung dense_lung(const Scene& scene);

}  // namespace tomoscribe::pipeline::measure

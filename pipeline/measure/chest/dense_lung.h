#pragma once
// Lung without air, and masses: what is of soft tissue's density inside the chest and neither
// heart, mediastinum, diaphragm, fluid nor vessel.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// One dense piece. Millimetres, on the working grid.
struct DensePart {
  std::size_t voxels = 0;
  std::uint8_t lung = 0;             ///< right_lung or left_lung
  double against_lung = 0;           ///< share of its shell that is aerated lung
  double against_fluid = 0;          ///< share of its shell that is pleural fluid
  double long_mm = 0, short_mm = 0;  ///< of its body, on the axial section with the largest area
  double elongation = 0;             ///< of its body, longest over shortest axis of inertia
  double compactness =
      0;                ///< its body's volume over that of the ball round its centre that holds it
  bool joined = false;  ///< followed to its border with an organ by joined_lung
  double air = 0;       ///< gas inside its outline, share: bronchi
  double mean_mm() const { return (long_mm + short_mm) / 2; }
};

struct DenseLung {
  Mask space;                         ///< closed lungs with the parts; right_lung, left_lung or 0
  Mask bulk;                          ///< 1: mediastinum, heart, diaphragm and 9 mm around
  std::vector<std::uint16_t> labels;  ///< working grid: part number from 1, 0 nothing
  std::vector<DensePart> parts;
  /// Some of that lung's parts was followed to an organ.
  bool joined(std::uint8_t lung) const {
    return std::ranges::any_of(
        parts, [lung](const DensePart& part) { return part.joined && part.lung == lung; });
  }
  std::string joined_missing;  ///< why what is joined to organs was not searched; empty: it was
};

/// A part without what is much thinner than itself (vessels, strands, folds of pleura): its opening
/// by half of its greatest depth.
Mask body_of_part(const Mask& part, const Grid& grid);

/// Soft tissue opened by 6 mm falls into one large body (mediastinum, heart and all that is joined
/// to it through the diaphragm: never lung, however deep the lungs' dent is) and what lies apart
/// from it, inside the ribs' inner face or the closed lungs; what is joined to it is sought by
/// joined_lung. Vessels are cut by an opening of 3 mm. Uses Scene::fluid. Pieces below 3 mL are
/// left out.
DenseLung dense_lung(const Scene& scene);

}  // namespace tomoscribe::pipeline::measure

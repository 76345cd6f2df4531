#pragma once
// What dense pieces of the lung are proposed as: consolidation, fluid or consolidation, ground
// glass, masses.

#include <optional>

#include "pipeline/measure/chest/dense_lung.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {

enum class Proposal : std::uint8_t {
  nothing,  ///< a nodule, which another step looks for, or small
  mass,
  consolidation,
  fluid_or_consolidation  ///< of fluid's density, or lying as fluid does: pleural fluid that was
                          ///< not recognised looks the same
};
Proposal proposal_of(const DensePart& part, double voxel_ml);

/// "consolidation.right", "consolidation-or-fluid.right",
/// "ground-glass.left", …; "consolidation" where nothing without air was found.
/// \param glass  working grid, 1: ground glass
void propose_sides(const Scene& scene, const DenseLung& dense, const Mask& glass,
                   Findings& findings);

/// "mass.1", …, or "mass" where none was found.
void propose_masses(const Scene& scene, const DenseLung& dense, Findings& findings);

/// What lies beyond the border with an organ is missing from the size.
void bound_at_organ(reporting::Measurement& measurement);

}  // namespace tomoscribe::pipeline::measure

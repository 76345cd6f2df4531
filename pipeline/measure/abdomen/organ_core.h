#pragma once
// Density of the even middle of an organ, as the liver and the spleen are measured.

#include <string>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// HU of the working voxels of a core.
struct CoreDensity {
  double mean = 0, sd = 0, ml = 0;
  double between_parts = 0;  ///< half the range of the means of its lower, middle and upper thirds
  double uncertainty() const;
  /// Why it is no density of one tissue; empty when it is.
  std::string why_uneven() const;
};

/// What of a core belongs to the organ under the dome of the diaphragm.
struct Upper {
  double top_mm = 0;   ///< this much below its highest slice there is nothing but the organ
  double used_mm = 0;  ///< what lies farther down is left out
  double like_hu = 0;  ///< and what is farther than that from the top's median
};
/// Precondition: the core is not empty. Smoothed HU.
void keep_like_top(const Scene& scene, Mask& core, const Upper& upper);

/// The core without slices that a gate excludes; empty where less than 5 mL are left.
Mask core_to_measure(const Scene& scene, Mask core);

/// Precondition: the core has three voxels or more.
CoreDensity density_of(const Scene& scene, const Mask& core);

/// Why HU of this scan must not be held against published limits of unenhanced tissue at 120 kV;
/// empty when they may.
std::string why_no_tissue_density(const Scene& scene);

/// One past the highest working slice below that lung.
int slices_below(const Scene& scene, Label lung);

}  // namespace tomoscribe::pipeline::measure

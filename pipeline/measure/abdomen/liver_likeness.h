#pragma once
// Whether an even piece of soft tissue on the right can be liver, or is fluid beside or below it.

#include <string>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// What was looked at to tell liver from pleural fluid and ascites.
struct LiverLikeness {
  double median_hu = 0;
  std::size_t regions = 0;     ///< eighths of the core (right and left, front and back, upper and
                               ///< lower) of 2 mL or more
  double disagreement_hu = 0;  ///< largest difference of their medians
  double forward_mm = 0;       ///< its middle, in front of the vertebral bodies
  double aside_mm = 0;         ///< its middle, to the right of the spinal canal
  double blood_like = 0;       ///< share of the tissue round it that is as dense as blood
  /// Why it is not taken for liver; empty: it may be liver.
  std::string why_not() const;
};

/// \param core    what the density is measured in; working grid, not empty
/// \param tissue  soft tissue the core was taken from, of every density
/// Precondition: the spine was found; the blood was measured.
LiverLikeness liver_likeness(const Scene& scene, const Mask& core, const Mask& tissue);

}  // namespace tomoscribe::pipeline::measure

#pragma once
// What people must know of a series before they believe its numbers.

#include <cstdint>

#include "pipeline/measure/scene.h"
#include "pipeline/series/select_series.h"
#include "reporting/report.h"

namespace tomoscribe::pipeline {

/// What of a study was measured on a series.
enum class Measured : std::uint8_t { everything, lungs, all_but_lungs };

/// The card of the series that was read: geometry from its stack, verdicts from the gates on what
/// was measured there. Nodules and low attenuation are the lungs': of a head nothing is said of
/// them. Pure.
reporting::SeriesHealth health_card(const SeriesSlices& slices, const measure::Scene& scene,
                                    Measured measured);

}  // namespace tomoscribe::pipeline

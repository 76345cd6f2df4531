#pragma once
// What people must know of a series before they believe its numbers.

#include "pipeline/measure/scene.h"
#include "pipeline/series/select_series.h"
#include "reporting/report.h"

namespace tomoscribe::pipeline {

/// The card of the series that was read: geometry from its stack, verdicts from the gates. Pure.
reporting::SeriesHealth health_card(const SeriesSlices& slices, const measure::Scene& scene);

}  // namespace tomoscribe::pipeline

#pragma once
// The gates, in the order in which they run. Adding one: its file, its test, its line in gates.cpp.

#include "pipeline/gates/gate.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::gates {

/// One gate: looks at volume, header and what the scene knows so far; pure.
struct Gate {
  const char* name;
  Result (*run)(const measure::Scene& scene);
};
const std::vector<Gate>& all();

// Each in its own file.
Result not_ct(const measure::Scene& scene);
Result hounsfield(const measure::Scene& scene);
Result wrong_region(const measure::Scene& scene);
Result slice_thickness(const measure::Scene& scene);
Result missing_slices(const measure::Scene& scene);
Result coverage(const measure::Scene& scene);
Result field_of_view(const measure::Scene& scene);
Result metal(const measure::Scene& scene);
Result motion(const measure::Scene& scene);
Result doubling(const measure::Scene& scene);
Result noise_and_kernel(const measure::Scene& scene);
Result energy(const measure::Scene& scene);
Result respiration(const measure::Scene& scene);
Result head_vessels(const measure::Scene& scene);
Result position(const measure::Scene& scene);
Result laterality(const measure::Scene& scene);
Result age_and_surgery(const measure::Scene& scene);

/// Runs every gate, in order.
Gates run_all(const measure::Scene& scene);

}  // namespace tomoscribe::pipeline::gates

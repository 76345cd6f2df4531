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

/// Runs every gate, in order.
Gates run_all(const measure::Scene& scene);

}  // namespace tomoscribe::pipeline::gates

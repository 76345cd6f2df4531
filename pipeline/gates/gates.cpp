#include "pipeline/gates/gates.h"

namespace tomoscribe::pipeline::gates {

const std::vector<Gate>& all() {
  static const std::vector<Gate> gates{};
  return gates;
}

Gates run_all(const measure::Scene& scene) {
  Gates outcome;
  outcome.results.reserve(all().size());
  for (const Gate& gate : all()) {
    outcome.results.push_back(gate.run(scene));
    outcome.results.back().gate = gate.name;
  }
  return outcome;
}

}  // namespace tomoscribe::pipeline::gates

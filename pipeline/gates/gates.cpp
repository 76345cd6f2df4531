#include "pipeline/gates/gates.h"

#include <utility>

namespace tomoscribe::pipeline::gates {

const std::vector<Gate>& all() {
  static const std::vector<Gate> gates{
      {"not-ct", not_ct},
      {"hounsfield", hounsfield},
      {"wrong-region", wrong_region},
      {"missing-slices", missing_slices},
      {"slice-thickness", slice_thickness},
      {"coverage", coverage},
      {"field-of-view", field_of_view},
      {"metal", metal},
      {"motion", motion},
      {"doubling", doubling},
      {"noise-and-kernel", noise_and_kernel},
      {"energy", energy},
      {"respiration", respiration},
      {"head-vessels", head_vessels},
      {"position", position},
      {"laterality", laterality},
      {"age-and-surgery", age_and_surgery},
  };
  return gates;
}

Gates run_all(const measure::Scene& scene) {
  Gates outcome;
  outcome.results.reserve(all().size());
  for (const Gate& gate : all()) {
    Result first = gate.run(scene);
    std::vector<Result> more = std::move(first.more);
    first.more.clear();
    more.insert(more.begin(), std::move(first));
    for (Result& result : more) {
      result.gate = gate.name;
      outcome.results.push_back(std::move(result));
    }
  }
  return outcome;
}

}  // namespace tomoscribe::pipeline::gates

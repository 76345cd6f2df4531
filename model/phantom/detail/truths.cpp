#include "model/phantom/detail/truths.h"

#include <algorithm>

namespace tomoscribe::model::phantom {

Truth* named(Phantom& phantom, const std::string& name) {
  const auto found = std::ranges::find(phantom.truth, name, &Truth::name);
  return found == phantom.truth.end() ? nullptr : &*found;
}

void take_place_of(Truth& finding, const Truth& structure) {
  finding.volume_ml = structure.volume_ml;
  finding.mean_hu = structure.mean_hu;
  finding.centre_mm = structure.centre_mm;
  finding.size_mm = structure.size_mm;
  finding.boxes = structure.boxes;
  finding.runs = structure.runs;
  finding.expected = true;
}

void note_missing(Phantom& phantom) {
  for (const Truth& truth : phantom.truth)
    if (truth.role != Truth::Role::structure && truth.asked_size > 0 && truth.volume_ml <= 0)
      phantom.missing.push_back(truth.name);
}

}  // namespace tomoscribe::model::phantom

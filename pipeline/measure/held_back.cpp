// What a gate forbids is taken back here, whoever measured it: before the gates ran, or without
// asking. Values go with the reason in their place; comparisons with adults' limits go, the value
// stays.
#include <algorithm>
#include <array>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {

void forbidden_values(const Scene& scene, Findings& findings) {
  using gates::Use;
  for (const auto& [use, concept_name] :
       {std::pair{Use::volume, codes::volume}, std::pair{Use::density, codes::attenuation}})
    if (const gates::Answer may = scene.gates.allowed(use); !may)
      for (reporting::Finding& finding : findings)
        for (reporting::Measurement& measurement : finding.measurements)
          if (measurement.value && measurement.concept_name == concept_name)
            withhold(measurement, may.reason);
}

namespace {

/// Once: the limits are looked at again when an earlier study was compared with.
void say_no_limit(reporting::Measurement& measurement, const std::string& reason) {
  std::string words = no_limit_words(reason);
  if (std::ranges::find(measurement.conditions, words) == measurement.conditions.end())
    measurement.conditions.push_back(std::move(words));
}

}  // namespace

void adult_limits(const Scene& scene, Findings& findings) {
  const gates::Answer may = scene.gates.allowed(gates::Use::norms);
  if (may) return;
  for (reporting::Finding& finding : findings) {
    if (finding.recommendation.empty()) continue;
    finding.recommendation.clear();
    finding.citations.clear();
    for (reporting::Measurement& measurement : finding.measurements)
      if (measurement.value) say_no_limit(measurement, may.reason);
  }
}

void sides_in_doubt(Scene& scene, Findings& findings) {
  if (scene.gates.allowed(gates::Use::laterality)) return;
  for (reporting::Finding& finding : findings) {
    if (finding.laterality == reporting::Laterality::none) continue;
    finding.laterality = reporting::Laterality::none;
    finding.title += " (side in doubt)";
  }
}

void held_back(Scene& scene, Findings& findings) {
  forbidden_values(scene, findings);
  adult_limits(scene, findings);
  sides_in_doubt(scene, findings);
}

}  // namespace tomoscribe::pipeline::measure

#include "pipeline/measure/measure.h"

#include <algorithm>

#include "pipeline/gates/gates.h"
#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::measure {

const std::vector<Step>& steps() {
  constexpr bool when_allowed = true, always = false;  // Step::measures
  constexpr bool on_lungs_too = true;                  // Step::lungs
  static const std::vector<Step> all{
      {"body", "separating body and table", body_and_table, when_allowed, on_lungs_too},
      {"region", "recognising the body region", body_region, when_allowed, on_lungs_too},
      {"lungs", "finding the lungs", lungs, when_allowed, on_lungs_too},
      {"airway", "following the airway", central_airway, when_allowed, on_lungs_too},
      {"pleural-gas", "looking for gas in the pleura", pleural_gas, when_allowed, on_lungs_too},
      {"bone", "finding bone", bone, when_allowed, on_lungs_too},
      {"spine", "following the spine", spine, when_allowed, on_lungs_too},
      {"aorta-track", "following the aorta", aorta_track, when_allowed, on_lungs_too},
      {"contrast", "measuring the blood", contrast, when_allowed, on_lungs_too},
      {"levels", "counting vertebrae", levels, when_allowed, on_lungs_too},
      {"intracranial", "finding the intracranial space", intracranial},
      {"gates", "checking what may be measured", gate_checks, when_allowed, on_lungs_too},
      {"places", "choosing the images that show it", places, always, on_lungs_too},
      {"lung-volume", "measuring lung volumes", lung_volume, when_allowed, on_lungs_too},
      {"laa950", "measuring low attenuation", low_attenuation, when_allowed, on_lungs_too},
      {"effusion", "looking for pleural fluid", effusion, when_allowed, on_lungs_too},
      {"opacity", "looking for dense lung and masses", opacity, when_allowed, on_lungs_too},
      {"nodules", "looking for nodules", nodules, when_allowed, on_lungs_too},
      {"pneumothorax", "measuring gas in the pleura", pneumothorax, when_allowed, on_lungs_too},
      {"coronary-calcium", "looking for coronary calcium", coronary_calcium},
      {"cardiothoracic", "measuring the heart's width", cardiothoracic},
      {"trabecular", "measuring vertebral density", trabecular_density},
      {"heights", "measuring the heights of vertebrae", vertebral_heights},
      {"aorta", "measuring the aorta", aorta_diameter},
      {"liver", "measuring the liver's density", liver_density},
      {"spleen", "measuring the spleen's density", spleen_density},
      {"stones", "looking for stones", stones},
      {"composition", "measuring fat and muscle", body_composition},
      {"hyperdense", "looking for blood in the brain", hyperdense},
      {"extra-axial", "looking for blood against the skull", extra_axial},
      {"ventricles", "measuring the ventricles", ventricles},
      {"midline-shift", "comparing the brain's midline with the skull's", midline_shift},
      {"low-density", "comparing the two sides of the brain", low_density},
      {"held-back", "taking back what may not be said", held_back, always, on_lungs_too},
      {"grids", "saying where each number was measured", name_grids, always, on_lungs_too},
      {"not-looked-at", "listing what was not looked at", not_looked_at, always},
  };
  return all;
}

std::string stopped(const Scene& scene) {
  const auto& results = scene.gates.results;
  const auto stop = std::ranges::find(results, gates::Outcome::stop, &gates::Result::outcome);
  return stop == results.end() ? "" : stop->reason;
}

namespace {

/// The blood was measured before the gates ran: again without what they exclude, or not at all.
void measure_blood_again(Scene& scene, Findings& findings) {
  const gates::Answer may = scene.gates.allowed(gates::Use::density);
  const bool excluded = !left_out_words(scene).empty();
  const auto before = std::ranges::find(findings, "contrast", &reporting::Finding::id);
  if (before == findings.end() || (may && !excluded)) return;
  findings.erase(before);
  scene.contrast = {};
  if (may) return contrast(scene, findings);
  findings.push_back(not_assessed_finding("contrast", "contrast by the density of the blood",
                                          codes::presence, codes::aorta, may.reason));
}

}  // namespace

void gate_checks(Scene& scene, Findings& findings) {
  scene.gates = gates::run_all(scene);
  if (const std::string reason = stopped(scene); !reason.empty())
    findings.push_back(not_assessed_finding("measurements", "all measurements", codes::presence,
                                            {"38266002", "SCT", "Entire body"}, reason));
  measure_blood_again(scene, findings);
  forbidden_values(scene, findings);
}

Scene make_scene(const Volume& volume) {
  Scene scene{.volume = volume};
  scene.work = resample(volume, patient_grid(volume.grid, working_mm));
  return scene;
}

}  // namespace tomoscribe::pipeline::measure

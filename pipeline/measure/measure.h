#pragma once
// The measurements, in the order in which they run. Adding one: its file, its test, its line in
// measure.cpp.

#include <string>
#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// One step: reads the scene, may leave masks for later steps, adds findings or measurements.
struct Step {
  const char* name = "";   ///< "lung-volume"
  const char* stage = "";  ///< what people read while it runs
  void (*run)(Scene& scene, Findings& findings) = nullptr;
  bool measures = true;  ///< left out once a gate has stopped the study
  bool lungs = false;    ///< run on the lungs' own reconstruction as well, where there is one
};
const std::vector<Step>& steps();

/// Why nothing may be measured; empty: no gate stops.
std::string stopped(const Scene& scene);

/// The working grid and its smoothed copy.
Scene make_scene(const Volume& volume);

// Each in its own file.
void body_and_table(Scene& scene, Findings& findings);  ///< "body"; cuts the scene to the body
void body_region(Scene& scene, Findings& findings);     ///< "region"
void lungs(Scene& scene, Findings& findings);           ///< "lungs", "lungs.right", "lungs.left"
void central_airway(Scene& scene, Findings& findings);  ///< "airway"; native labels
void pleural_gas(Scene& scene, Findings& findings);     ///< labels of gas between lung and ribs
void bone(Scene& scene, Findings& findings);            ///< Scene::bone
void spine(Scene& scene, Findings& findings);           ///< Scene::spine
void aorta_track(Scene& scene, Findings& findings);     ///< Scene::aorta
void contrast(Scene& scene, Findings& findings);        ///< "contrast"; takes blood off the bone
void gate_checks(Scene& scene, Findings& findings);     ///< Scene::gates
void places(Scene& scene, Findings& findings);          ///< evidence of the above, body volume
void levels(Scene& scene, Findings& findings);          ///< "spine"; Scene::vertebrae
void trabecular_density(Scene& scene, Findings& findings);  ///< "spine.density"
void vertebral_heights(Scene& scene,
                       Findings& findings);             ///< "spine.height.1", … or "spine.height"
void liver_density(Scene& scene, Findings& findings);   ///< "liver"
void spleen_density(Scene& scene, Findings& findings);  ///< "spleen"; adds to "liver"
void stones(Scene& scene, Findings& findings);          ///< "stone.N" or "stone"
void body_composition(Scene& scene, Findings& findings);  ///< "composition.l3"
void aorta_diameter(Scene& scene, Findings& findings);    ///< "aorta.thoracic", "aorta.abdominal"
void lung_volume(Scene& scene, Findings& findings);
void low_attenuation(Scene& scene, Findings& findings);
void opacity(Scene& scene, Findings& findings);  ///< "opacity.right", "consolidation.right",
                                                 ///< "ground-glass.left", "mass.1", …; after
                                                 ///< effusion, before nodules
void nodules(Scene& scene, Findings& findings);  ///< "nodule.N" or "nodules"
void effusion(Scene& scene,
              Findings& findings);  ///< "effusion.right", "effusion.left" or "effusion"
void pneumothorax(Scene& scene,
                  Findings& findings);  ///< "pneumothorax.right", ".left" or "pneumothorax"
void coronary_calcium(Scene& scene, Findings& findings);  ///< "coronary.calcium"
void cardiothoracic(Scene& scene, Findings& findings);    ///< "heart.width"
void intracranial(Scene& scene, Findings& findings);      ///< "head.intracranial"; the cranium
void hyperdense(Scene& scene, Findings& findings);        ///< "head.hyperdense", ".1", …
void extra_axial(Scene& scene, Findings& findings);       ///< "head.extra-axial", ".1", …
void ventricles(Scene& scene, Findings& findings);        ///< "head.ventricles"
void midline_shift(Scene& scene, Findings& findings);     ///< "head.midline-shift"
void low_density(Scene& scene, Findings& findings);       ///< "head.low-density", ".1", …
void name_grids(Scene& scene, Findings& findings);        ///< says on which grid each was measured
void held_back(Scene& scene, Findings& findings);         ///< takes back what a gate forbids
void not_looked_at(Scene& scene, Findings& findings);     ///< one "not assessed" finding per system

// Parts of "held-back".
/// Volumes and densities that a gate forbids are taken back, with its reason.
void forbidden_values(const Scene& scene, Findings& findings);
/// Where limits published for adults do not hold, rules are taken off the findings; the values say
/// why. Again after a comparison with an earlier study.
void adult_limits(const Scene& scene, Findings& findings);
void sides_in_doubt(Scene& scene, Findings& findings);  ///< takes sides back that a gate forbids

}  // namespace tomoscribe::pipeline::measure

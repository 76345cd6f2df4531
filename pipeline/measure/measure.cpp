#include "pipeline/measure/measure.h"

#include "pipeline/gates/gates.h"

namespace tomoscribe::pipeline::measure {

const std::vector<Step>& steps() {
  static const std::vector<Step> all{
      {"body", "separating body and table", body_and_table},
      {"region", "recognising the body region", body_region},
      {"lungs", "finding the lungs", lungs},
      {"airway", "following the airway", central_airway},
      {"gates", "checking what may be measured", gate_checks},
      {"places", "choosing the images that show it", places},
      {"lung-volume", "measuring lung volumes", lung_volume},
      {"laa950", "measuring low attenuation", low_attenuation},
      {"not-looked-at", "listing what was not looked at", not_looked_at},
  };
  return all;
}

void gate_checks(Scene& scene, Findings&) {
  scene.gates = gates::run_all(scene);
}

Scene make_scene(const Volume& volume) {
  Scene scene{.volume = volume};
  scene.work = resample(volume, patient_grid(volume.grid, working_mm));
  return scene;
}

}  // namespace tomoscribe::pipeline::measure

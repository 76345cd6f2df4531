// Gas between lung and ribs (QUANTIFICATION A); lungs.cpp labels it while it sorts pockets of gas.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;

const reporting::Code& pneumothorax_code() {
  static const reporting::Code code{"36118008", "SCT", "Pneumothorax"};
  return code;
}

Finding finding_of(const Scene& scene, Label gas) {
  const bool right = gas == right_pleural_gas;
  const std::string word = right ? "right" : "left", id = "pneumothorax." + word;
  Finding finding =
      candidate_finding(id, "pneumothorax, " + word, pneumothorax_code(), codes::chest,
                        right ? reporting::Laterality::right : reporting::Laterality::left);
  finding.critical = true;
  const double ml = static_cast<double>(scene.sections.voxels(gas)) * scene.volume.grid.voxel_ml();
  finding.measurements.push_back(
      {.id = id + ".volume",
       .name = "volume of gas",
       .concept_name = codes::volume,
       .value = std::round(ml),
       .unit = codes::millilitre,
       .decimals = 0,
       .uncertainty = std::max(1.0, std::round(0.15 * ml)),
       .method =
           "pure gas between lung and ribs in front of the lung's middle, below -500 HU; shell "
           "at least 12 % chest wall and 20 % lung",
       .conditions = {"a bulla that lies against the ribs cannot be told from it"},
       .not_assessed = {},
       .lower_bound = false});
  if (auto evidence = largest_section(scene, {gas}, id + ".section", "largest section of the gas"))
    finding.evidence.push_back(std::move(*evidence));
  return finding;
}

}  // namespace

void pneumothorax(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::chest)) return;
  const Finding& lungs = finding(findings, "lungs");
  if (lungs.presence != reporting::Presence::present) {
    findings.push_back(not_assessed_finding("pneumothorax", "pneumothorax", pneumothorax_code(),
                                            codes::chest, lungs.not_assessed));
    return;
  }
  bool any = false;
  for (const Label gas : {right_pleural_gas, left_pleural_gas}) {
    if (scene.sections.voxels(gas) == 0) continue;
    findings.push_back(finding_of(scene, gas));
    any = true;
  }
  if (!any)
    findings.push_back(nothing_detected("pneumothorax", "Pneumothorax of 30 mL or more",
                                        pneumothorax_code(), codes::chest,
                                        "no candidate passed detection; less gas, and gas where "
                                        "the ribs are out of the image, is not "
                                        "excluded"));
}

}  // namespace tomoscribe::pipeline::measure

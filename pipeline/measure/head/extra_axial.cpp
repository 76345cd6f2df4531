// Blood between brain and vault: crescents and lenses of the density of fresh blood that lie
// against the inner table on one side (QUANTIFICATION A, "extra-axial crescent/lens").
#include <algorithm>
#include <cmath>

#include "pipeline/measure/head/blood.h"
#include "pipeline/measure/head/layer.h"
#include "pipeline/measure/measure.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;
using reporting::Laterality;
using reporting::Measurement;

constexpr const char* title = "Blood between brain and skull";
constexpr const char* searched_title = "Blood of 1 mL or more between brain and skull";
constexpr const char* not_found =
    "not found: isodense and low-density (older) collections, layers thinner than about 2 mm "
    "(under "
    "the top of the vault on thick slices: more), those of the posterior fossa, on the skull base "
    "and beside the midline";

std::string limits_words(const Cranium& cranium, const Layers& layers) {
  std::string text = "searched on " + number_text(layers.searched_cm2, 0) +
                     " cm² of the inner table, each side by itself; isodense and low-density "
                     "collections, layers thinner than about 2 mm, those at the vertex of thick "
                     "slices, in the posterior fossa, on the skull base or along the midline are "
                     "not excluded";
  if (layers.rim_all_round)
    text +=
        "; a faint or thin bright rim runs along the vault on both sides: beam hardening, or "
        "faint or thin blood on both sides";
  return text + part_of_head_words(cranium);
}

Measurement thickness(const std::string& id, const Layer& layer) {
  Measurement result{
      .id = id + ".thickness",
      .name = "largest thickness",
      .concept_name = codes::length,
      .unit = codes::millimetre,
      .decimals = 0,
      .method =
          "along rays square to the inner table, 98th percentile, from 0.9 mm (the dura) under "
          "half "
          "the bone's edge to half way between brain and layer; uncertainty: 1 mm, and 10 %"};
  set_value(result, layer.thickness_mm, std::hypot(1.0, 0.1 * layer.thickness_mm),
            layer.thickness_mm);
  result.conditions.emplace_back("candidate: to be confirmed");
  result.conditions.emplace_back(not_found);
  return result;
}

Measurement layer_volume(const std::string& id, const Layer& layer) {
  Measurement result{
      .id = id + ".volume",
      .name = "volume",
      .concept_name = codes::volume,
      .unit = codes::millilitre,
      .decimals = 1,
      .method =
          "thickness along rays square to the inner table, profiles averaged over 5 mm of it, to "
          "half way between brain and layer, without 0.9 mm of dura; 7 % are added for edges that "
          "no "
          "ray meets, as on phantoms; uncertainty: the limit moved by a tenth of the contrast, the "
          "border by 0.25 mm over the covered area, and 16 % (two SD on phantoms)"};
  constexpr double border_mm = 0.25, of_method = 0.16;
  const double border_ml = layer.area_cm2 * border_mm / 10;
  result.conditions.emplace_back("covers " + number_text(layer.area_cm2, 0) +
                                 " cm² of the inner table; parts thinner than 1 to 2 mm, on the "
                                 "skull base and beside the midline are not counted");
  set_value(result, layer.ml,
            std::hypot(std::hypot(layer.spread_ml, border_ml), of_method * layer.ml), layer.ml);
  return result;
}

Measurement layer_density(const Scene& scene, const std::string& id, const Layer& layer) {
  return {.id = id + ".density",
          .name = "median density",
          .concept_name = codes::attenuation,
          .value = layer.mean_hu,
          .unit = codes::hounsfield,
          .decimals = 0,
          .uncertainty = std::max(3.0, std::round(scene.cranium->noise_hu)),
          .method = "median over the rays of their densest place; uncertainty: 3 HU, or noise"};
}

Finding finding_of(const Scene& scene, const Layer& layer, std::size_t number) {
  const Cranium& cranium = *scene.cranium;
  const std::string id = "head.extra-axial." + std::to_string(number);
  const Laterality side = cranium.plane ? side_of(layer.side_mm, 3) : Laterality::none;
  Finding finding = candidate_finding(id, side_words(side) + "hyperdense layer against the skull",
                                      codes::haemorrhage, codes::brain, side);
  finding.measurements = {thickness(id, layer), layer_volume(id, layer),
                          layer_density(scene, id, layer)};
  bound_below_at_scan_end(cranium, cranium, layer.mask, finding.measurements[1]);
  finding.critical = true;
  if (const auto& thick = reporting::knowledge::rule("sdh.thickness-10");
      reporting::knowledge::reached(thick, finding.measurements.front()))
    reporting::knowledge::recommend(finding, thick);
  if (auto evidence =
          box_section(scene, cranium, layer.mask, id + ".section", "largest section of the layer"))
    finding.evidence.push_back(std::move(*evidence));
  verify_by_measurements(finding);
  return finding;
}

}  // namespace

void extra_axial(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::head) || scene.skull_without_brain) return;
  if (const std::string reason = no_density(scene); !reason.empty()) {
    findings.push_back(
        not_assessed_finding("head.extra-axial", title, codes::haemorrhage, codes::brain, reason));
    return;
  }
  const Layers& layers = scene.blobs->layers;
  std::size_t number = 0;
  for (const Layer& layer : layers.all) findings.push_back(finding_of(scene, layer, ++number));
  findings.push_back(search_outcome("head.extra-axial", searched_title, codes::haemorrhage,
                                    codes::brain, number > 0,
                                    limits_words(*scene.cranium, layers)));
}

}  // namespace tomoscribe::pipeline::measure

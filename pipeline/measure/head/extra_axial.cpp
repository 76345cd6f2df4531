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

Measurement thickness(const std::string& id, const Blob& blob) {
  Measurement result{
      .id = id + ".thickness",
      .name = "largest thickness",
      .concept_name = codes::length,
      .unit = codes::millimetre,
      .decimals = 0,
      .method =
          "from the inner table inwards, where it is thickest; uncertainty: one voxel of 1.5 mm "
          "at either border"};
  set_value(result, blob.thickness_mm, 2.0, 0.5 * blob.thickness_mm);
  result.conditions.emplace_back("candidate: to be confirmed");
  result.conditions.emplace_back(
      "isodense and thinner collections, those at the vertex, in the "
      "posterior fossa and along the midline are not found");
  return result;
}

Measurement layer_volume(const std::string& id, const Blob& blob, double slice_mm) {
  Measurement result = blob_volume(id, blob.volume, slice_mm);
  result.conditions.emplace_back(
      "followed along the inner table to where it is no longer half as dense as its middle: its "
      "thinnest parts are not counted");
  return result;
}

Finding finding_of(const Scene& scene, const Blob& blob, std::size_t number) {
  const std::string id = "head.extra-axial." + std::to_string(number);
  const Laterality side = blob.around.plane ? side_of(blob.side_mm, 3) : Laterality::none;
  Finding finding = candidate_finding(id, side_words(side) + "hyperdense layer against the skull",
                                      codes::haemorrhage, codes::brain, side);
  const BlobVolume& volume = blob.volume;
  finding.measurements = {thickness(id, blob),
                          layer_volume(id, blob, scene.volume.grid.spacing_mm()[2]),
                          blob_density(id, blob, volume)};
  bound_below_at_scan_end(*scene.cranium, blob.around, volume.mask, finding.measurements[1]);
  finding.critical = true;
  if (const auto& thick = reporting::knowledge::rule("sdh.thickness-10");
      reporting::knowledge::reached(thick, finding.measurements.front()))
    reporting::knowledge::recommend(finding, thick);
  if (auto evidence = box_section(scene, blob.around, volume.mask, id + ".section",
                                  "largest section of the layer"))
    finding.evidence.push_back(std::move(*evidence));
  verify_by_measurements(finding);
  return finding;
}

}  // namespace

void extra_axial(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::head) || scene.skull_without_brain) return;
  std::string reason = no_density(scene);
  if (reason.empty() && !scene.cranium->plane) reason = scene.cranium->no_plane;
  if (!reason.empty()) {
    findings.push_back(
        not_assessed_finding("head.extra-axial", title, codes::haemorrhage, codes::brain, reason));
    return;
  }
  std::size_t number = 0;
  for (const bool left : {true, false})
    if (const auto blob = layer_on_side(*scene.cranium, *scene.blobs, left))
      findings.push_back(finding_of(scene, *blob, ++number));
  const gates::Answer symmetry = scene.gates.allowed(gates::Use::symmetry);
  if (number > 0 && !symmetry)
    findings.back().measurements.front().conditions.push_back(symmetry.reason + ": flagged");
  if (number > 0) return;
  if (!symmetry)
    return findings.push_back(not_assessed_finding("head.extra-axial", title, codes::haemorrhage,
                                                   codes::brain, symmetry.reason));
  findings.push_back(nothing_detected(
      "head.extra-axial", title, codes::haemorrhage, codes::brain,
      "no hyperdense layer of 1 mL or more against one side of the vault passed detection; "
      "isodense collections, those thinner than 5 mm, at the vertex, in the posterior fossa or "
      "along the midline are not excluded"));
}

}  // namespace tomoscribe::pipeline::measure

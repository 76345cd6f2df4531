// Blood in the brain: candidates by density, size and asymmetry (QUANTIFICATION A, "hyperdense
// candidate"). A candidate must be confirmed; nothing found is not absence.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/head/blood.h"
#include "pipeline/measure/measure.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;
using reporting::Laterality;
using reporting::Measurement;

constexpr const char* title = "Blood inside the brain, away from the skull";
constexpr const char* searched_title =
    "Blood of 1 mL or more inside the brain, away from the skull";
constexpr std::size_t most_reported = 4;

/// What was left out of the search, for every outcome.
std::vector<std::string> searched_words(const Cranium& cranium, const Blobs& blobs) {
  std::string posterior = "no skull base in the scan, the posterior fossa was not told apart";
  if (cranium.petrous_mm && blobs.posterior_hu)
    posterior = "the posterior fossa was searched from " + number_text(*blobs.posterior_hu, 0) +
                " HU on and 6 mm away from the bone";
  else if (cranium.petrous_mm)
    posterior = "the posterior fossa was not searched: beam hardening between the petrous bones";
  return {
      std::move(posterior),
      "not searched: 2 mm along the bone, the midline along the vault (sinus, falx); components "
      "that are calcified, thin, or the same on both sides were left out"};
}

Measurement ellipsoid_volume(const std::string& id, const BlobVolume& volume) {
  Measurement result{
      .id = id + ".abc2",
      .name = "second estimate, A x B x C / 2",
      .concept_name = codes::volume,
      .value = std::round(volume.abc2_ml * 10) / 10,
      .unit = codes::millilitre,
      .decimals = 1,
      .uncertainty = std::max(0.1, std::round(volume.abc2_ml * 2) / 10),
      .method =
          "largest diameter, the one across it and the height of the component, halved "
          "(Kothari 1996, doi 10.1161/01.STR.27.8.1304); meant for ellipsoids: 20 %"};
  return result;
}

/// "deep" or "lobar" by distance from the inner table alone.
std::string place_words(const Blob& blob) {
  constexpr double deep_share = 0.55;
  if (blob.around.posterior_fossa(blob.centre_mm)) return "in the posterior fossa";
  const bool deep = blob.depth_mm > deep_share * blob.around.deepest_mm;
  return deep ? "deep in the hemisphere" : "lobar";
}

Finding finding_of(const Scene& scene, const Blob& blob, std::size_t number) {
  const std::string id = "head.hyperdense." + std::to_string(number);
  const Laterality side = blob.around.plane ? side_of(blob.side_mm, 3) : Laterality::none;
  Finding finding =
      candidate_finding(id, side_words(side) + "hyperdense component, " + place_words(blob),
                        codes::haemorrhage, codes::brain, side);
  const BlobVolume& volume = blob.volume;
  Measurement ml = blob_volume(id, volume, scene.volume.grid.spacing_mm()[2]);
  bound_below_at_scan_end(*scene.cranium, blob.around, volume.mask, ml);
  ml.conditions.emplace_back("candidate: to be confirmed");
  ml.conditions.push_back(place_words(blob) + " by its distance from the inner table, " +
                          number_text(blob.depth_mm, 0) + " mm");
  if (!blob.around.plane) ml.conditions.push_back("side not assessed: " + scene.cranium->no_plane);
  for (std::string& words : searched_words(*scene.cranium, *scene.blobs))
    ml.conditions.push_back(std::move(words));
  finding.critical = true;
  if (const auto may = scene.gates.allowed(gates::Use::volume); !may) withhold(ml, may.reason);
  if (const auto& large = reporting::knowledge::rule("ich.volume-30");
      reporting::knowledge::reached(large, ml))
    reporting::knowledge::recommend(finding, large);
  finding.measurements = {std::move(ml), ellipsoid_volume(id, volume),
                          blob_density(id, blob, volume)};
  if (auto evidence = box_section(scene, blob.around, volume.mask, id + ".section",
                                  "largest section of the component"))
    finding.evidence.push_back(std::move(*evidence));
  verify_by_measurements(finding);
  return finding;
}

std::string limits_words(const Cranium& cranium, const Blobs& blobs) {
  std::string text = "smaller, isodense and subarachnoid blood is not excluded";
  text += cranium.petrous_mm && !blobs.posterior_hu ? ", the posterior fossa was not searched" : "";
  const auto left_out = std::ranges::count(blobs.kinds, BlobKind::not_blood, &Judged::kind);
  if (left_out > 0)
    text += "; left out: " + std::to_string(left_out) +
            (left_out == 1 ? " component" : " components") + " (calcified, thin or symmetric)";
  return text + part_of_head_words(cranium);
}

}  // namespace

void hyperdense(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::head) || scene.skull_without_brain) return;
  const std::string reason = no_density(scene);
  if (!reason.empty()) {
    findings.push_back(
        not_assessed_finding("head.hyperdense", title, codes::haemorrhage, codes::brain, reason));
    return;
  }
  scene.blobs = find_blobs(*scene.cranium, scene.volume);
  std::size_t number = 0;
  for (std::size_t i = 0; i < scene.blobs->all.size() && number < most_reported; ++i)
    if (scene.blobs->kinds[i].kind == BlobKind::in_the_brain)
      findings.push_back(finding_of(scene, scene.blobs->all[i], ++number));
  if (number > 0) {
    const auto found =
        std::ranges::count(scene.blobs->kinds, BlobKind::in_the_brain, &Judged::kind);
    say_unlisted(findings, number, static_cast<std::size_t>(found));
  }
  findings.push_back(search_outcome("head.hyperdense", searched_title, codes::haemorrhage,
                                    codes::brain, number > 0,
                                    limits_words(*scene.cranium, *scene.blobs)));
}

}  // namespace tomoscribe::pipeline::measure

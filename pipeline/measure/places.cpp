// Where in the picture each finding rests.
#include <cmath>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

int middle_of(const Scene& scene, BodyRegion region) {
  int low = -1, high = -1;
  for (int i = 0; i < static_cast<int>(scene.regions.size()); ++i)
    if (scene.regions[static_cast<std::size_t>(i)] == region) {
      if (low < 0) low = i;
      high = i;
    }
  return low < 0 ? -1 : (low + high) / 2;
}

void add_region_sections(const Scene& scene, reporting::Finding& region) {
  static constexpr std::array<std::pair<BodyRegion, const char*>, 4> named{
      {{BodyRegion::head, "head"},
       {BodyRegion::chest, "chest"},
       {BodyRegion::abdomen, "abdomen"},
       {BodyRegion::pelvis, "pelvis"}}};
  for (const auto& [kind, word] : named)
    if (const int slice = middle_of(scene, kind); slice >= 0)
      if (auto evidence = body_section(scene, slice, std::string("region.") + word,
                                       std::string("middle of the ") + word))
        region.evidence.push_back(std::move(*evidence));
}

reporting::Measurement body_volume(const Scene& scene) {
  std::size_t voxels = 0;
  for (const Label label : {body, right_lung, left_lung, airway})
    voxels += scene.sections.voxels(label);
  const double ml = static_cast<double>(voxels) * scene.volume.grid.voxel_ml();
  reporting::Measurement volume{
      .id = "body.volume",
      .name = "volume within the scan",
      .concept_name = codes::volume,
      .value = std::round(ml),
      .unit = codes::millilitre,
      .decimals = 0,
      .uncertainty = std::round(0.02 * ml),
      .method =
          "body inside the volume, without table: above -400 HU, opened by 3 mm, largest "
          "piece (an arm lying apart is not counted), holes filled in each slice, plates that "
          "touch it taken off; at the whole scan's ends it is cut",
      .conditions = {},
      .not_assessed = {},
      .lower_bound = true};  // a scan never holds the whole body
  if (const auto may = scene.gates.allowed(gates::Use::volume); !may) {
    volume.value.reset(), volume.uncertainty.reset();
    volume.lower_bound = false;
    volume.not_assessed = may.reason;
    return volume;
  }
  if (scene.border_share > 0.1)
    volume.conditions.push_back("the body is cut at the side on " +
                                number_text(100 * scene.border_share, 0) + " % of the slices");
  return volume;
}

}  // namespace

void places(Scene& scene, Findings& findings) {
  if (scene.native.labels.empty()) return;
  const auto add = [&](const char* id, const std::vector<Label>& labels, const char* caption) {
    reporting::Finding& target = finding(findings, id);
    if (target.presence != reporting::Presence::present) return;
    if (auto evidence = largest_section(scene, labels, std::string(id) + ".section", caption))
      target.evidence.push_back(std::move(*evidence));
  };
  reporting::Finding& region = finding(findings, "region");
  if (region.presence == reporting::Presence::present) add_region_sections(scene, region);
  finding(findings, "body").measurements.push_back(body_volume(scene));
  add("body", {body, right_lung, left_lung, airway}, "largest section of the body");
  add("lungs", {right_lung, left_lung}, "largest section of both lungs");
  add("lungs.right", {right_lung}, "largest section of the right lung");
  add("lungs.left", {left_lung}, "largest section of the left lung");
  add("airway", {airway}, "largest section of the central airway");
}

}  // namespace tomoscribe::pipeline::measure

// Density of the liver (QUANTIFICATION A): the largest even piece of soft tissue on the right below
// the lungs, 10 mm inside its border. Fat lowers it; limits of Pickhardt 2012 (doi
// 10.1007/s00330-011-2349-2) and Boyce 2010 (AJR 194:623), for unenhanced scans at 120 kV. What can
// be pleural fluid or ascites is no liver (liver_likeness.h).
#include <algorithm>
#include <cmath>

#include "pipeline/measure/abdomen/liver_likeness.h"
#include "pipeline/measure/abdomen/organ_core.h"
#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr int least_hu = -20, most_hu = 150;
constexpr double core_mm = 10, right_mm = 25, least_core_ml = 60;
constexpr double dome_mm = 24, used_mm = 75, like_dome_hu = 20;

/// Soft tissue to the right of the spine in the abdomen, below the right lung.
Mask right_tissue(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  Mask mask(scene.body.size(), 0);
  const int last = std::min(slices_below(scene, right_lung) - 1, scene.spine.last);
  for (int slice = scene.spine.first; slice <= last; ++slice) {
    if (scene.regions[static_cast<std::size_t>(slice)] == BodyRegion::pelvis) continue;
    const double border =
        scene.spine.at[static_cast<std::size_t>(slice)].canal_column - right_mm / working_mm;
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < std::min<int>(grid.size[0], static_cast<int>(border));
           ++column) {
        const std::size_t at = grid.offset(column, row, slice);
        const bool fluid = !scene.fluid.empty() && scene.fluid[at] != 0;
        mask[at] = scene.labels[at] == body && !fluid && scene.smooth[at] >= least_hu &&
                           scene.smooth[at] <= most_hu
                       ? 1
                       : 0;
      }
  }
  return mask;
}

/// Both empty when there is too little.
struct Core {
  Mask measured;  ///< as dense as its top
  Mask tissue;    ///< the largest piece that lies 10 mm inside, of every density
};

Core liver_core(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  const Mask inner = deeper_than(depth_mm(right_tissue(scene), grid), core_mm);
  const Components pieces =
      components(inner, grid, static_cast<std::size_t>(least_core_ml / grid.voxel_ml()));
  if (pieces.voxels.empty()) return {};
  Core core{.measured = {}, .tissue = Mask(inner.size())};
  std::ranges::transform(pieces.labels, core.tissue.begin(),
                         [](std::uint16_t label) { return label == 1 ? 1 : 0; });
  core.measured = core.tissue;
  // Under the dome there is nothing but liver on the right; the kidney's lower half lies deeper.
  keep_like_top(scene, core.measured,
                {.top_mm = dome_mm, .used_mm = used_mm, .like_hu = like_dome_hu});
  return core;
}

reporting::Measurement measurement_of(const Scene& scene, const CoreDensity& density,
                                      const LiverLikeness& likeness) {
  return {
      .id = "liver.density",
      .name = "density",
      .concept_name = codes::attenuation,
      .value = std::round(density.mean),
      .unit = codes::hounsfield,
      .decimals = 0,
      .uncertainty = std::round(density.uncertainty()),
      .method =
          "mean HU of the largest piece of soft tissue on the right below the lung, 10 mm "
          "inside its border; uncertainty: lower, middle and upper third, and 2 HU of the "
          "method",
      .conditions = {"no contrast agent: blood " + number_text(*scene.contrast.blood_hu, 0) + " HU",
                     scene.volume.header.kvp ? "120 kV" : "tube voltage not known: flagged",
                     number_text(density.ml, 0) + " mL looked at, standard deviation " +
                         number_text(density.sd, 0) + " HU",
                     number_text(static_cast<double>(likeness.regions), 0) +
                         " of its eighths agree within " +
                         number_text(likeness.disagreement_hu, 0) + " HU; its middle lies " +
                         number_text(likeness.aside_mm, 0) + " mm to the right of the canal, " +
                         number_text(likeness.forward_mm, 0) + " mm in front of the vertebrae",
                     "vessels and lesions are not left out",
                     "told from fluid by place, density and vessels: to be confirmed"},
      .not_assessed = {},
      .lower_bound = false};
}

}  // namespace

void liver_density(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::abdomen)) return;
  const auto absent = [&](std::string reason) {
    findings.push_back(not_assessed_finding("liver", "density of the liver", codes::presence,
                                            codes::liver, std::move(reason)));
  };
  if (auto reason = why_no_tissue_density(scene); !reason.empty()) return absent(std::move(reason));
  Core core = liver_core(scene);
  core.measured = core_to_measure(scene, std::move(core.measured));
  if (core.measured.empty())
    return absent("too little of the liver lies below the lungs in the scan");
  const LiverLikeness likeness = liver_likeness(scene, core.measured, core.tissue);
  if (auto reason = likeness.why_not(); !reason.empty()) return absent(std::move(reason));
  const CoreDensity density = density_of(scene, core.measured);
  if (auto reason = density.why_uneven(); !reason.empty()) return absent(std::move(reason));
  reporting::Finding finding = measured_finding("liver", "Liver", codes::presence, codes::liver);
  finding.measurements.push_back(measurement_of(scene, density, likeness));
  if (const std::string words = left_out_words(scene); !words.empty())
    finding.measurements.back().conditions.push_back(words);
  for (const char* id : {"liver.40", "liver.48"})
    if (const auto& rule = reporting::knowledge::rule(id);
        reporting::knowledge::reached(rule, finding.measurements.front())) {
      reporting::knowledge::recommend(finding, rule);
      break;
    }
  if (auto evidence = mask_section(scene, core.measured, "liver.core",
                                   "where the density of the liver was measured"))
    finding.evidence.push_back(std::move(*evidence));
  findings.push_back(std::move(finding));
}

}  // namespace tomoscribe::pipeline::measure

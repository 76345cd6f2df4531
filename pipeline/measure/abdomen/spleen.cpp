// Density of the spleen, and how much less dense the liver is (QUANTIFICATION A): the largest
// even piece of soft tissue far on the left under the dome, 6 mm inside its border. For unenhanced
// scans at 120 kV. Length and volume are not measured: the core does not tell its border to stomach
// and kidney.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/abdomen/organ_core.h"
#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr int least_hu = -20, most_hu = 150;
constexpr double left_mm = 50, front_mm = 60;   // of the spinal canal
constexpr double above_mm = 45, below_mm = 80;  // of the lowest slice with left lung
constexpr double core_mm = 6, least_core_ml = 5;
constexpr double least_aside = 0.48;  // of the way from the canal to the skin; kidneys lie nearer
constexpr double top_mm = 25, used_mm = 50;
constexpr int like_top_hu = 10;
constexpr double least_without_fat_hu = 1;
constexpr double least_spleen_hu = 25, most_spleen_hu = 80;

/// Columns from the canal to the left skin, slice by slice.
std::vector<double> columns_to_skin(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  std::vector<double> reach(index_of(grid.size[2]), 0);
  for_each_voxel(grid, [&](std::size_t at, int column, int, int slice) {
    if (scene.body[at] == 0 || !scene.spine.covers(slice)) return;
    double& far = reach[index_of(slice)];
    far = std::max(far, column - scene.spine.at[index_of(slice)].canal_column);
  });
  return reach;
}

/// Soft tissue far to the left of the spine, where the spleen lies and the kidney hardly reaches.
Mask left_tissue(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  const std::vector<double> reach = columns_to_skin(scene);
  Mask mask(scene.body.size(), 0);
  const int lung = std::min(slices_below(scene, left_lung), grid.size[2]);
  const int last = std::min(lung + static_cast<int>(above_mm / working_mm), scene.spine.last);
  const int first = std::max(scene.spine.first, lung - static_cast<int>(below_mm / working_mm));
  for (int slice = first; slice <= last; ++slice) {
    const SpineSlice& spine = scene.spine.at[index_of(slice)];
    const double aside = std::max(left_mm / working_mm, least_aside * reach[index_of(slice)]);
    const int from = std::max(0, static_cast<int>(spine.canal_column + aside));
    const int top = std::max(0, static_cast<int>(spine.canal_row - front_mm / working_mm));
    for (int row = top; row < grid.size[1]; ++row)
      for (int column = from; column < grid.size[0]; ++column) {
        const std::size_t at = grid.offset(column, row, slice);
        const std::int16_t hu = scene.smooth[at];
        mask[at] = scene.labels[at] == body && hu >= least_hu && hu <= most_hu ? 1 : 0;
      }
  }
  return mask;
}

/// Empty when there is too little.
Mask spleen_core(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  const Mask tissue = left_tissue(scene);
  if (std::ranges::find(tissue, 1) == tissue.end()) return {};
  const auto least = static_cast<std::size_t>(least_core_ml / grid.voxel_ml());
  const Components pieces = components(deeper_than(depth_mm(tissue, grid), core_mm), grid, least);
  if (pieces.voxels.empty()) return {};
  Mask core(pieces.labels.size());
  std::ranges::transform(pieces.labels, core.begin(),
                         [](std::uint16_t label) { return label == 1 ? 1 : 0; });
  // Under the dome nothing of that density lies on the left but the spleen; kidney and colon lie
  // lower.
  keep_like_top(scene, core, {.top_mm = top_mm, .used_mm = used_mm, .like_hu = like_top_hu});
  if (static_cast<std::size_t>(std::ranges::count(core, 1)) < least) return {};
  return core;
}

reporting::Measurement density_measurement(const Scene& scene, const CoreDensity& density) {
  return {
      .id = "spleen.density",
      .name = "density",
      .concept_name = codes::attenuation,
      .value = std::round(density.mean),
      .unit = codes::hounsfield,
      .decimals = 0,
      .uncertainty = std::round(density.uncertainty()),
      .method =
          "mean HU of the largest even piece of soft tissue far on the left under the "
          "dome, 6 mm inside its border, within 10 HU of its uppermost 25 mm, its upper 50 mm; "
          "uncertainty: "
          "lower, middle and upper third, and 2 HU of the method",
      .conditions = {"no contrast agent: blood " + number_text(*scene.contrast.blood_hu, 0) + " HU",
                     scene.volume.header.kvp ? "120 kV" : "tube voltage not known: flagged",
                     number_text(density.ml, 0) + " mL looked at, standard deviation " +
                         number_text(density.sd, 0) + " HU"},
      .not_assessed = {},
      .lower_bound = false};
}

/// A fatty liver is less dense than the spleen (Piekarski 1980, doi
/// 10.1148/radiology.137.3.6934563); livers without fat by biopsy are 1 to 18 HU denser (Park 2011,
/// Radiology 258:760). Where both are low something else lowers them, and no limit of the liver
/// alone is cited.
void withdraw_fatty(reporting::Finding& liver) {
  liver.recommendation.clear();
  liver.citations.clear();
  liver.measurements.back().conditions.emplace_back(
      "limits for a fatty liver are not cited: of livers without fat this difference is 1 to 18 "
      "HU");
}

/// Adds liver minus spleen to the liver, where its density was measured.
void compare_with_liver(Findings& findings, const reporting::Measurement& spleen) {
  reporting::Finding& liver = finding(findings, "liver");
  const auto density =
      std::ranges::find(liver.measurements, "liver.density", &reporting::Measurement::id);
  if (density == liver.measurements.end() || !density->value) return;
  reporting::Measurement difference = *density;
  difference.id = "liver.minus-spleen";
  difference.name = "density, liver minus spleen";
  difference.value = *density->value - *spleen.value;
  difference.uncertainty =
      std::round(std::hypot(density->uncertainty.value_or(0), spleen.uncertainty.value_or(0)));
  difference.method = "difference of the two mean densities; uncertainty: both";
  difference.conditions = {"liver " + number_text(*density->value, 0) + " HU, spleen " +
                           number_text(*spleen.value, 0) + " HU, same scan"};
  liver.measurements.push_back(std::move(difference));
  if (const auto& rule = reporting::knowledge::rule("liver.spleen-10");
      reporting::knowledge::reached(rule, liver.measurements.back()))
    reporting::knowledge::recommend(liver, rule);
  else if (*liver.measurements.back().value >= least_without_fat_hu &&
           !liver.recommendation.empty())
    withdraw_fatty(liver);
}

}  // namespace

void spleen_density(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::abdomen)) return;
  const auto absent = [&](std::string reason) {
    findings.push_back(not_assessed_finding("spleen", "density of the spleen", codes::presence,
                                            codes::spleen, std::move(reason)));
  };
  if (auto reason = why_no_tissue_density(scene); !reason.empty()) return absent(std::move(reason));
  const Mask core = core_to_measure(scene, spleen_core(scene));
  if (core.empty()) return absent("too little of the spleen was found on the left under the lung");
  const CoreDensity density = density_of(scene, core);
  if (auto reason = density.why_uneven(); !reason.empty()) return absent(std::move(reason));
  if (density.mean < least_spleen_hu || density.mean > most_spleen_hu)
    return absent("what lies on the left under the lung measures " + number_text(density.mean, 0) +
                  " HU: not the spleen's density");
  reporting::Finding finding = measured_finding("spleen", "Spleen", codes::presence, codes::spleen);
  finding.measurements.push_back(density_measurement(scene, density));
  if (const std::string words = left_out_words(scene); !words.empty())
    finding.measurements.back().conditions.push_back(words);
  if (auto evidence =
          mask_section(scene, core, "spleen.core", "where the density of the spleen was measured"))
    finding.evidence.push_back(std::move(*evidence));
  compare_with_liver(findings, finding.measurements.front());
  findings.push_back(std::move(finding));
}

}  // namespace tomoscribe::pipeline::measure

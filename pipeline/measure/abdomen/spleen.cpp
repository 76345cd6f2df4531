// Density of the spleen, and how much less dense the liver is (QUANTIFICATION A): the most lateral
// even piece of soft tissue on the left under the dome, 8 mm inside its border. For unenhanced
// scans at 120 kV. Length and volume are not measured: the core does not tell its border to stomach
// and kidney.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/abdomen/organ_core.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr int least_hu = -20, most_hu = 150;
constexpr double left_mm = 50, front_mm = 60;     // of the spinal canal
constexpr double above_mm = 30, below_mm = 80;    // of the lowest slice with left lung
constexpr double core_mm = 8, least_core_ml = 8;  // the kidney's cortex is thinner
constexpr int like_side_hu = 15;
constexpr double least_spleen_hu = 25, most_spleen_hu = 80;

/// Soft tissue to the left of the spine, where the spleen lies.
Mask left_tissue(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  Mask mask(scene.body.size(), 0);
  const int lung = std::min(slices_below(scene, left_lung), grid.size[2]);
  const int last = std::min(lung + static_cast<int>(above_mm / working_mm), scene.spine.last);
  const int first = std::max(scene.spine.first, lung - static_cast<int>(below_mm / working_mm));
  for (int slice = first; slice <= last; ++slice) {
    const SpineSlice& spine = scene.spine.at[static_cast<std::size_t>(slice)];
    const int from = std::max(0, static_cast<int>(spine.canal_column + left_mm / working_mm));
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

/// The piece whose middle lies farthest to the left; 0 when there is none.
std::uint16_t most_lateral(const Components& pieces, const Grid& grid) {
  std::vector<double> columns(pieces.voxels.size(), 0);
  for_each_voxel(grid, [&](std::size_t at, int column, int, int) {
    if (pieces.labels[at] != 0) columns[pieces.labels[at] - 1U] += column;
  });
  std::uint16_t best = 0;
  double most = -1;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (const double mean = columns[i] / static_cast<double>(pieces.voxels[i]); mean > most)
      most = mean, best = static_cast<std::uint16_t>(i + 1);
  return best;
}

/// The spleen's outer third touches nothing but the wall: keeps what is as dense as that, so that
/// stomach or kidney lying against it fall away.
void keep_like_side(const Scene& scene, Mask& core) {
  const Grid& grid = scene.work.grid;
  std::vector<int> columns;
  columns.reserve(core.size() / 64);
  for_each_voxel(grid, [&](std::size_t at, int column, int, int) {
    if (core[at] != 0) columns.push_back(column);
  });
  const auto outer = columns.begin() + static_cast<std::ptrdiff_t>(columns.size() * 2 / 3);
  std::ranges::nth_element(columns, outer);
  const int border = *outer;
  std::vector<std::int16_t> side;
  side.reserve(columns.size());
  for_each_voxel(grid, [&](std::size_t at, int column, int, int) {
    if (core[at] != 0 && column >= border) side.push_back(scene.smooth[at]);
  });
  const auto middle = side.begin() + static_cast<std::ptrdiff_t>(side.size() / 2);
  std::ranges::nth_element(side, middle);
  for (std::size_t i = 0; i < core.size(); ++i)
    if (std::abs(scene.smooth[i] - *middle) > like_side_hu) core[i] = 0;
}

/// Empty when there is too little.
Mask spleen_core(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  const Mask tissue = left_tissue(scene);
  if (std::ranges::find(tissue, 1) == tissue.end()) return {};
  const auto least = static_cast<std::size_t>(least_core_ml / grid.voxel_ml());
  const Components pieces = components(deeper_than(depth_mm(tissue, grid), core_mm), grid, least);
  const std::uint16_t chosen = most_lateral(pieces, grid);
  if (chosen == 0) return {};
  Mask core(pieces.labels.size());
  std::ranges::transform(pieces.labels, core.begin(),
                         [chosen](std::uint16_t label) { return label == chosen ? 1 : 0; });
  keep_like_side(scene, core);
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
          "mean HU of the most lateral even piece of soft tissue on the left under the "
          "dome, 8 mm inside its border, within 15 HU of its outer third; uncertainty: "
          "lower, middle and upper third, and 2 HU of the method",
      .conditions = {"no contrast agent: blood " + number_text(*scene.contrast.blood_hu, 0) + " HU",
                     scene.volume.header.kvp ? "120 kV" : "tube voltage not known: flagged",
                     number_text(density.ml, 0) + " mL looked at, standard deviation " +
                         number_text(density.sd, 0) + " HU"},
      .not_assessed = {},
      .lower_bound = false};
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
}

}  // namespace

void spleen_density(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::abdomen)) return;
  const auto absent = [&](std::string reason) {
    findings.push_back(not_assessed_finding("spleen", "density of the spleen", codes::presence,
                                            codes::spleen, std::move(reason)));
  };
  if (auto reason = why_no_tissue_density(scene); !reason.empty()) return absent(std::move(reason));
  const Mask core = spleen_core(scene);
  if (core.empty()) return absent("too little of the spleen was found on the left under the lung");
  const CoreDensity density = density_of(scene, core);
  if (auto reason = density.why_uneven(); !reason.empty()) return absent(std::move(reason));
  if (density.mean < least_spleen_hu || density.mean > most_spleen_hu)
    return absent("what lies on the left under the lung measures " + number_text(density.mean, 0) +
                  " HU: not the spleen's density");
  reporting::Finding finding = measured_finding("spleen", "Spleen", codes::presence, codes::spleen);
  finding.measurements.push_back(density_measurement(scene, density));
  if (auto evidence =
          mask_section(scene, core, "spleen.core", "where the density of the spleen was measured"))
    finding.evidence.push_back(std::move(*evidence));
  compare_with_liver(findings, finding.measurements.front());
  findings.push_back(std::move(finding));
}

}  // namespace tomoscribe::pipeline::measure

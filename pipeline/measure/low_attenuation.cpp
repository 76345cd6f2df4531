// Share of lung below -950 HU (%LAA-950, density mask; QUANTIFICATION A: Muller 1988). Only where
// kernel and slice thickness let the number mean something (Boedeker 2004).
#include <algorithm>
#include <cmath>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "pipeline/series/select_series.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Measurement;

constexpr double best_thickness_mm = 1.5;
constexpr int limit_hu = -950, calibration_hu = 5;

struct Gate {
  std::string refusal;
  std::vector<std::string> conditions;
};

/// Median of the air in the trachea, from the voxels whose neighbours in the row are airway too.
std::optional<int> tracheal_air_hu(const Scene& scene) {
  std::vector<std::int16_t> values;
  const Mask& labels = scene.native.labels;
  for (std::size_t i = 2; i + 2 < labels.size(); ++i)
    if (labels[i - 2] == airway && labels[i] == airway && labels[i + 2] == airway)
      values.push_back(scene.volume.hu[i]);
  if (values.size() < 200) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::string contrast_words(const Scene& scene) {
  if (!scene.volume.header.contrast_agent.empty()) return "contrast agent given: flagged";
  if (!scene.contrast.blood_hu) return "no contrast agent in the header";
  const std::string blood = "blood " + number_text(*scene.contrast.blood_hu, 0) + " HU";
  if (scene.contrast.given()) return blood + ", contrast agent not named in the header: flagged";
  return scene.contrast.phase == ContrastPhase::unenhanced
             ? blood + ": no contrast agent"
             : blood + ": contrast uncertain, flagged";
}

Gate gate_of(const Scene& scene) {
  const dicom::InstanceHeader& header = scene.volume.header;
  Gate gate;
  if (const auto may = scene.gates.allowed(gates::Use::low_attenuation); !may) {
    gate.refusal = may.reason;
    return gate;
  }
  const double thickness = slice_thickness_mm(scene.volume);
  const std::string thick = "slice thickness " + number_text(thickness, 2) + " mm";
  gate.conditions.push_back(thickness <= best_thickness_mm + 0.01
                                ? thick + " <= 1.5 mm"
                                : thick + ": flagged, 1.5 mm is wanted");
  gate.conditions.push_back(kernel_is_sharp(header.manufacturer, header.convolution_kernel)
                                ? "smooth kernel " + header.convolution_kernel
                                : "kernel not known: flagged");
  gate.conditions.push_back(contrast_words(scene));
  if (const auto air = tracheal_air_hu(scene)) {
    const std::string said = "air in the trachea " + std::to_string(*air) + " HU";
    if (std::abs(*air + 1000) > 40) gate.refusal = said + ": the scale is off by more than 40 HU";
    gate.conditions.push_back(said + (std::abs(*air + 1000) <= 15 ? "" : ": flagged"));
  } else {
    gate.conditions.emplace_back("air in the trachea not measured: flagged");
  }
  gate.conditions.emplace_back("inspiration is not known");
  return gate;
}

/// Voxels of the two lungs, one native voxel away from their border in the plane.
struct Counts {
  double all = 0, low = 0, lower = 0, higher = 0;
  void add(int hu) {
    ++all;
    if (hu < limit_hu) ++low;
    if (hu < limit_hu - calibration_hu) ++lower;
    if (hu < limit_hu + calibration_hu) ++higher;
  }
  double percent(double count) const { return 100 * count / all; }
};

/// Interpolated slices have less noise than images, those near metal have streaks.
bool is_counted(const Scene& scene, int slice) {
  return scene.volume.kind(slice) == SliceKind::image && !scene.gates.excludes(slice);
}

std::string not_counted_words(const Scene& scene) {
  int out = 0;
  for (int slice = 0; slice < scene.volume.grid.size[2]; ++slice)
    if (!is_counted(scene, slice)) ++out;
  if (out == 0) return {};
  return std::to_string(out) + " of " + std::to_string(scene.volume.grid.size[2]) +
         " slices are not counted: metal within 10 mm, or interpolated between images";
}

/// Right and left.
void count_slice(const Scene& scene, int slice, std::array<Counts, 2>& counts) {
  const Mask& labels = scene.native.labels;
  const auto width = static_cast<std::size_t>(scene.native.size[0]);
  for (int row = 1; row + 1 < scene.native.size[1]; ++row) {
    const std::size_t base = scene.volume.grid.offset(0, row, slice);
    for (std::size_t at = base + 1; at + 1 < base + width; ++at) {
      const std::uint8_t label = labels[at];
      if (label != right_lung && label != left_lung) continue;
      if (labels[at - 1] != label || labels[at + 1] != label || labels[at - width] != label ||
          labels[at + width] != label)
        continue;
      counts[label == right_lung ? 0 : 1].add(scene.volume.hu[at]);
    }
  }
}

std::array<Counts, 2> count_lungs(const Scene& scene) {
  std::array<Counts, 2> counts;
  for (int slice = 0; slice < scene.native.size[2]; ++slice)
    if (is_counted(scene, slice)) count_slice(scene, slice, counts);
  return counts;
}

Measurement measurement_of(std::string id, const Gate& gate, const std::string& absent,
                           const Counts& counts) {
  Measurement result{
      .id = std::move(id),
      .name = "emphysema index (share below -950 HU)",
      .concept_name = codes::ratio,
      .value = std::nullopt,
      .unit = codes::percent,
      .decimals = 1,
      .uncertainty = std::nullopt,
      .method =
          "share of lung volume below -950 HU, one voxel inside the border "
          "(density mask, Muller 1988, Chest 94:782); uncertainty: 5 HU of calibration",
      .conditions = gate.conditions,
      .not_assessed = absent.empty() ? gate.refusal : absent,
      .lower_bound = false};
  if (!result.not_assessed.empty()) return result;
  if (counts.all < 1000) {
    result.not_assessed = "too little lung";
    return result;
  }
  result.value = std::round(counts.percent(counts.low) * 10) / 10;
  result.uncertainty = std::max(
      0.1, std::round((counts.percent(counts.higher) - counts.percent(counts.lower)) * 5) / 10);
  return result;
}

}  // namespace

void low_attenuation(Scene& scene, Findings& findings) {
  const reporting::Finding& lungs_found = finding(findings, "lungs");
  Gate gate;
  std::array<Counts, 2> counts;
  if (lungs_found.presence == reporting::Presence::present) {
    gate = gate_of(scene);
    for (const Measurement& other : lungs_found.measurements)
      if (other.id == "lung.volume.total" && other.lower_bound)
        gate.conditions.emplace_back("only part of the lungs is in the scan: flagged");
    if (std::string words = not_counted_words(scene); !words.empty())
      gate.conditions.push_back(std::move(words));
    counts = count_lungs(scene);
  }
  Counts both = counts[0];
  both.all += counts[1].all, both.low += counts[1].low;
  both.lower += counts[1].lower, both.higher += counts[1].higher;
  const auto add = [&](const char* to, const char* id, const Counts& side) {
    reporting::Finding& lung = finding(findings, to);
    lung.measurements.push_back(measurement_of(id, gate, lung.not_assessed, side));
  };
  add("lungs.right", "lung.laa950.right", counts[0]);
  add("lungs.left", "lung.laa950.left", counts[1]);
  add("lungs", "lung.laa950.total", both);
}

}  // namespace tomoscribe::pipeline::measure

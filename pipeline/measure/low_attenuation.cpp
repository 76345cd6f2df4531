// Share of lung below -950 HU (%LAA-950, density mask; QUANTIFICATION A: Muller 1988). Only where
// kernel and slice thickness let the number mean something (Boedeker 2004).
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "pipeline/gates/texture.h"
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
  double noise_hu = 0;  ///< of a voxel of the slices, in air where it was found
};

/// The air in the trachea: its median, and the noise there.
struct TrachealAir {
  int median_hu = 0;
  double noise_hu = 0;  ///< standard deviation, from the half above the median: scales end below
};

/// From the voxels whose neighbours in the row are airway too.
std::optional<TrachealAir> tracheal_air(const Scene& scene) {
  std::vector<std::int16_t> values;
  const Mask& labels = scene.native.labels;
  for (std::size_t i = 2; i + 2 < labels.size(); ++i)
    if (labels[i - 2] == airway && labels[i] == airway && labels[i + 2] == airway)
      values.push_back(scene.volume.hu[i]);
  if (values.size() < 200) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  const int median = *middle;
  constexpr double one_sd = 0.8413;  // of a normal distribution lies below
  const auto above =
      values.begin() + static_cast<std::ptrdiff_t>(one_sd * static_cast<double>(values.size()));
  std::ranges::nth_element(values, above);
  return TrachealAir{.median_hu = median, .noise_hu = static_cast<double>(*above - median)};
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
  if (const auto air = tracheal_air(scene)) {
    const int off = std::abs(air->median_hu + 1000);
    const std::string said = "air in the trachea " + std::to_string(air->median_hu) + " HU";
    if (off > 40) gate.refusal = said + ": the scale is off by more than 40 HU";
    gate.conditions.push_back(said + (off <= 15 ? "" : ": flagged"));
    gate.noise_hu = air->noise_hu;
  } else {
    gate.conditions.emplace_back("air in the trachea not measured: flagged");
    if (const auto texture = gates::texture_of(scene)) gate.noise_hu = texture->noise_hu;
  }
  gate.conditions.emplace_back("inspiration is not known");
  return gate;
}

/// HU of a lung's voxels, one native voxel away from their border in the plane.
class Counts {
 public:
  void add(int hu) { ++bins_[index_of(std::clamp(hu, least_hu, most_hu) - least_hu)]; }
  void add(const Counts& other) {
    for (std::size_t i = 0; i < bins_.size(); ++i) bins_[i] += other.bins_[i];
  }
  double all() const { return std::accumulate(bins_.begin(), bins_.end(), 0.0); }
  /// Percent below a limit, as it would be with so much more noise (normal distribution).
  double percent_below(double limit, double noise_hu = 0) const {
    double below = 0;
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      const double from_limit = least_hu + static_cast<double>(i) - limit;
      const double share =
          noise_hu > 0     ? std::erfc((from_limit + 0.5) / (noise_hu * std::numbers::sqrt2)) / 2
          : from_limit < 0 ? 1.0
                           : 0.0;
      below += bins_[i] * share;
    }
    return 100 * below / all();
  }

 private:
  static constexpr int least_hu = -1100, most_hu = -600;
  std::vector<double> bins_ = std::vector<double>(most_hu - least_hu + 1, 0.0);
};

/// 5 HU of calibration, and what the noise adds: to first order a share grows with the variance, so
/// four times as much as half as much noise more adds.
double uncertainty_of(const Counts& counts, double noise_hu) {
  const double calibration = (counts.percent_below(limit_hu + calibration_hu) -
                              counts.percent_below(limit_hu - calibration_hu)) /
                             2;
  const double noise =
      4 * (counts.percent_below(limit_hu, noise_hu / 2) - counts.percent_below(limit_hu));
  return std::hypot(calibration, noise);
}

/// A lung's label where the four neighbours in the plane have it too, else 0.
std::uint8_t inner_lung(const Mask& labels, std::size_t at, std::size_t width) {
  const std::uint8_t label = labels[at];
  if (label != right_lung && label != left_lung) return 0;
  const bool inner = labels[at - 1] == label && labels[at + 1] == label &&
                     labels[at - width] == label && labels[at + width] == label;
  return inner ? label : std::uint8_t{0};
}

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
  const std::size_t width = index_of(scene.native.size[0]);
  for (int row = 1; row + 1 < scene.native.size[1]; ++row) {
    const std::size_t base = scene.volume.grid.offset(0, row, slice);
    for (std::size_t at = base + 1; at + 1 < base + width; ++at)
      if (const std::uint8_t label = inner_lung(labels, at, width); label != 0)
        counts[label == right_lung ? 0 : 1].add(scene.volume.hu[at]);
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
          "(density mask, Muller 1988, Chest 94:782); uncertainty: 5 HU of calibration, and what "
          "the noise adds",
      .conditions = gate.conditions,
      .not_assessed = absent.empty() ? gate.refusal : absent,
      .lower_bound = false};
  if (!result.not_assessed.empty()) return result;
  if (counts.all() < 1000) {
    result.not_assessed = "too little lung";
    return result;
  }
  result.value = std::round(counts.percent_below(limit_hu) * 10) / 10;
  result.uncertainty = std::max(0.1, std::round(uncertainty_of(counts, gate.noise_hu) * 10) / 10);
  result.conditions.push_back(gate.noise_hu > 0
                                  ? "noise of a voxel " + number_text(gate.noise_hu, 0) + " HU"
                                  : "noise not known: flagged");
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
  both.add(counts[1]);
  const auto add = [&](const char* to, const char* id, const Counts& side) {
    reporting::Finding& lung = finding(findings, to);
    lung.measurements.push_back(measurement_of(id, gate, lung.not_assessed, side));
  };
  add("lungs.right", "lung.laa950.right", counts[0]);
  add("lungs.left", "lung.laa950.left", counts[1]);
  add("lungs", "lung.laa950.total", both);
}

}  // namespace tomoscribe::pipeline::measure

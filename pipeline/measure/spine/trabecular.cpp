// Density of trabecular bone in the vertebral bodies T11 to L3 (QUANTIFICATION A; Pickhardt 2013,
// Ann Intern Med 158:588): an ellipse of 10 x 8 to 20 x 16 mm in the middle, as large as the body
// leaves 5 mm and more inside its cortex, through all of it that is 5 mm and more from the
// endplates.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "pipeline/measure/scaffold/curve.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Measurement;

constexpr int t11 = 18, l1 = 20, l3 = 22;
constexpr double least_wide_mm = 5, least_deep_mm = 4, most_wide_mm = 10, most_deep_mm = 8;  // half
constexpr double inside_cortex_mm = 5, centring_mm = 2;
constexpr double most_sd_hu = 60, metal_hu = 1000, method_hu = 5;
constexpr double sampling_times = 2;  // of the standard error: 95 % of a normal distribution

constexpr const char* uneven =
    "flagged: the body is uneven (bone island, spur, fracture), only a small part of it was "
    "measured";

/// An ellipse across the spine, a few millimetres thick.
struct Region {
  CurvePlane plane;
  double across_mm = 0, forward_mm = 0, up_mm = 0;  ///< moved by
  double half_thick_mm = 0, half_wide_mm = least_wide_mm, half_deep_mm = least_deep_mm;
  bool reduced = false;  ///< smaller than the body allows: the rest is uneven
};

struct Density {
  double median = 0, sd = 0, most = 0;
  double sampling_hu =
      0;  ///< standard error of the median: what this piece of grain and noise adds
};

double along(const Vec3& v, const Vec3& direction) {
  return v[0] * direction[0] + v[1] * direction[1] + v[2] * direction[2];
}

bool inside(const Region& region, const Vec3& from_centre_mm) {
  const CurvePlane& plane = region.plane;
  return std::abs(along(from_centre_mm, plane.up)) <= region.half_thick_mm &&
         std::hypot(along(from_centre_mm, plane.across) / region.half_wide_mm,
                    along(from_centre_mm, plane.forward) / region.half_deep_mm) <= 1;
}

/// A voxel's value and the eighth of the region in which it lies.
struct Sample {
  double hu = 0;
  std::size_t eighth = 0;
};

/// The volume's own voxel nearest to a place of the working grid.
double native_hu(const Scene& scene, const Vec3& working_index) {
  const Grid& native = scene.volume.grid;
  const Vec3 voxel = native.index_at(
      scene.work.grid.point_mm(working_index[0], working_index[1], working_index[2]));
  std::array<int, 3> nearest{};
  for (std::size_t i = 0; i < 3; ++i)
    nearest[i] = std::clamp(static_cast<int>(std::lround(voxel[i])), 0, native.size[i] - 1);
  return scene.volume.at(nearest[0], nearest[1], nearest[2]);
}

std::size_t eighth_of(double x, double y, double z) {
  std::size_t eighth = x > 0 ? 1 : 0;
  if (y > 0) eighth += 2;
  return z > 0 ? eighth + 4 : eighth;
}

/// HU of the volume's own voxels, each as often as a raster of 1 mm meets it. The working grid lies
/// along the patient's axes, so the plane's directions are directions in the patient.
std::vector<Sample> samples_in(const Scene& scene, const Region& region) {
  const Vec3 index =
      region.plane.at(region.plane.body, region.across_mm, region.forward_mm, region.up_mm);
  const int wide = static_cast<int>(region.half_wide_mm);
  const int deep = static_cast<int>(region.half_deep_mm);
  const int layers = static_cast<int>(2 * region.half_thick_mm) + 1;
  std::vector<Sample> samples;
  samples.reserve(4096);
  for (int layer = 0; layer < layers; ++layer)
    for (int y = -deep; y <= deep; ++y)
      for (int x = -wide; x <= wide; ++x) {
        if (std::hypot(x / region.half_wide_mm, y / region.half_deep_mm) > 1) continue;
        const double z = layer - region.half_thick_mm;
        samples.push_back({native_hu(scene, region.plane.at(index, x, y, z)), eighth_of(x, y, z)});
      }
  return samples;
}

/// Noise and the grain of the marrow hang together over millimetres: of n voxels far fewer are
/// independent. The eighths of the region (5 x 4 x 5 mm and more) nearly are, so that the spread of
/// their means stands for SD / sqrt(n).
double sampling_error_hu(const std::vector<Sample>& samples) {
  std::array<double, 8> sums{}, counts{};
  for (const Sample& sample : samples) sums[sample.eighth] += sample.hu, ++counts[sample.eighth];
  double mean = 0, squares = 0;
  for (std::size_t i = 0; i < 8; ++i) mean += sums[i] / std::max(1.0, counts[i]) / 8;
  for (std::size_t i = 0; i < 8; ++i)
    squares += std::pow(sums[i] / std::max(1.0, counts[i]) - mean, 2) / 7;
  constexpr double of_a_median = 1.25;  // sqrt(pi / 2), of a normal distribution
  return of_a_median * std::sqrt(squares / 8);
}

Density density_of(const Scene& scene, const Region& region) {
  const std::vector<Sample> samples = samples_in(scene, region);
  const auto count = static_cast<double>(samples.size());
  std::vector<double> values(samples.size());
  std::ranges::transform(samples, values.begin(), &Sample::hu);
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) squares += (value - mean) * (value - mean) / count;
  std::ranges::sort(values);
  return {.median = values[values.size() / 2],
          .sd = std::sqrt(squares),
          .most = values.back(),
          .sampling_hu = sampling_error_hu(samples)};
}

/// Through all of the body that lies 5 mm and more from cortex and endplates, which lie about 5 mm
/// from the middle of a disc. Where that is uneven (a bone island, sclerosis, a spur) only the
/// middle, then only the middle 5 mm of it.
Region region_of(const Scene& scene, const Vertebra& vertebra) {
  constexpr double thin = 2.5, thick = 7.0, from_disc_mm = 10;
  constexpr double margin_mm = inside_cortex_mm + centring_mm;
  const double half_mm = (vertebra.upper_disc - vertebra.lower_disc) * working_mm / 2;
  Region region{.plane = curve_plane(scene, vertebra.middle()),
                .half_thick_mm = std::clamp(half_mm - from_disc_mm, thin, thick)};
  region.half_wide_mm =
      std::clamp(region.plane.half_width_mm - margin_mm, least_wide_mm, most_wide_mm);
  region.half_deep_mm =
      std::clamp(region.plane.half_depth_mm - margin_mm, least_deep_mm, most_deep_mm);
  if (density_of(scene, region).sd <= most_sd_hu) return region;
  region.half_wide_mm = least_wide_mm, region.half_deep_mm = least_deep_mm;
  region.reduced = true;
  if (density_of(scene, region).sd > most_sd_hu) region.half_thick_mm = thin;
  return region;
}

/// Half the spread when the region moves by a working voxel to every side.
double spread_of(const Scene& scene, const Region& region) {
  double least = 1e9, most = -1e9;
  for (const auto& [x, y, z] :
       {std::array{1.5, 0.0, 0.0}, std::array{-1.5, 0.0, 0.0}, std::array{0.0, 1.5, 0.0},
        std::array{0.0, -1.5, 0.0}, std::array{0.0, 0.0, 1.5}, std::array{0.0, 0.0, -1.5}}) {
    Region moved = region;
    moved.across_mm += x, moved.forward_mm += y, moved.up_mm += z;
    const double hu = density_of(scene, moved).median;
    least = std::min(least, hu), most = std::max(most, hu);
  }
  return (most - least) / 2;
}

/// Why no density can be given for the whole scan; empty when it can.
std::string refusal(const Scene& scene) {
  if (!scene.spine.found()) return "no spinal canal was found";
  if (!scene.vertebrae.named) return scene.vertebrae.reason;
  const auto& kvp = scene.volume.header.kvp;
  if (kvp && std::abs(*kvp - 120) > 1)
    return "the scan was made at " + number_text(*kvp, 0) + " kV, not 120 kV";
  return scene.gates.allowed(gates::Use::bone).reason;
}

/// Whether the region reaches a slice that a gate excludes.
bool reaches_excluded(const Scene& scene, const Region& region) {
  const double half_mm = region.half_thick_mm;
  return std::ranges::any_of(std::array{-half_mm, 0.0, half_mm}, [&](double up_mm) {
    const Vec3 at = region.plane.at(region.plane.body, 0, 0, up_mm);
    return is_excluded(scene, scene.work.grid.point_mm(at[0], at[1], at[2]));
  });
}

/// Why the limits of the spine's density, found in unenhanced adults, do not hold; empty: they do.
std::string no_limits(const Scene& scene) {
  if (scene.contrast.phase == ContrastPhase::unknown)
    return "whether contrast agent was given is not known";
  if (scene.contrast.phase != ContrastPhase::unenhanced)
    return "the blood measures " + number_text(*scene.contrast.blood_hu, 0) +
           " HU: contrast agent raises the density";
  return scene.gates.allowed(gates::Use::tissue).reason;
}

std::vector<std::string> conditions_of(const Scene& scene, const Region& region,
                                       const Density& density) {
  std::vector<std::string> conditions{
      "level estimated",
      "region " + number_text(2 * region.half_wide_mm, 0) + " x " +
          number_text(2 * region.half_deep_mm, 0) + " mm, " +
          number_text(2 * region.half_thick_mm, 0) + " mm high",
      "standard deviation in the region " + number_text(density.sd, 0) +
          " HU, standard error of its median " + number_text(density.sampling_hu, 0) + " HU",
      scene.volume.header.kvp ? "120 kV" : "tube voltage not known: flagged"};
  if (region.reduced) conditions.emplace_back(uneven);
  if (scene.contrast.given())
    conditions.push_back("contrast agent (blood " + number_text(*scene.contrast.blood_hu, 0) +
                         " HU) adds about 10 to 20 HU: flagged");
  else if (scene.contrast.phase == ContrastPhase::unenhanced)
    conditions.emplace_back("no contrast agent in the blood");
  else
    conditions.emplace_back("contrast agent not excluded: flagged");
  return conditions;
}

Measurement blank(const std::string& level) {
  return {.id = "spine.trabecular." + level,
          .name = "trabecular density of " + level + " (estimated level)",
          .concept_name = codes::attenuation,
          .value = std::nullopt,
          .unit = codes::hounsfield,
          .decimals = 0,
          .uncertainty = std::nullopt,
          .method =
              "median HU of the volume's voxels in an ellipse in the middle of the vertebral body, "
              "square to "
              "the spine (Pickhardt 2013, Ann Intern Med 158:588), 5 mm and more inside the cortex "
              "and 5 to 14 mm high between the endplates; "
              "uncertainty: moved by 1.5 mm to every side, twice the standard error of the region, "
              "and 5 HU of the method",
          .conditions = {},
          .not_assessed = {},
          .lower_bound = false};
}

Measurement measured(const Scene& scene, const Vertebra& vertebra) {
  Measurement result = blank(vertebra.name());
  const Region region = region_of(scene, vertebra);
  const Density density = density_of(scene, region);
  if (region.plane.half_depth_mm < least_deep_mm + inside_cortex_mm ||
      region.plane.half_width_mm < least_wide_mm + inside_cortex_mm)
    result.not_assessed = "the vertebral body is too small for the region";
  else if (reaches_excluded(scene, region))
    result.not_assessed = left_out_words(scene);
  else if (density.most > metal_hu)
    result.not_assessed = "metal or cement in the vertebral body";
  else if (density.sd > most_sd_hu)
    result.not_assessed = "uneven or noisy: standard deviation " + number_text(density.sd, 0) +
                          " HU > " + number_text(most_sd_hu, 0) + " HU";
  if (!result.not_assessed.empty()) return result;
  result.value = std::round(density.median);
  result.uncertainty = std::round(
      std::hypot(spread_of(scene, region), sampling_times * density.sampling_hu, method_hu));
  result.conditions = conditions_of(scene, region, density);
  return result;
}

Mask region_mask(const Scene& scene, const Vertebra& vertebra) {
  const Region region = region_of(scene, vertebra);
  const Grid& grid = scene.work.grid;
  Mask mask(scene.body.size(), 0);
  std::array<int, 3> low{}, high{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double reach = (region.half_wide_mm + region.half_thick_mm) / working_mm;
    low[i] = std::clamp(static_cast<int>(region.plane.body[i] - reach), 0, grid.size[i] - 1);
    high[i] = std::clamp(static_cast<int>(region.plane.body[i] + reach + 1), 0, grid.size[i] - 1);
  }
  for (int slice = low[2]; slice <= high[2]; ++slice)
    for (int row = low[1]; row <= high[1]; ++row)
      for (int column = low[0]; column <= high[0]; ++column) {
        Vec3 from{static_cast<double>(column), static_cast<double>(row),
                  static_cast<double>(slice)};
        for (std::size_t i = 0; i < 3; ++i) from[i] = (from[i] - region.plane.body[i]) * working_mm;
        if (inside(region, from)) mask[grid.offset(column, row, slice)] = 1;
      }
  return mask;
}

reporting::Finding absent(std::string reason) {
  return not_assessed_finding("spine.density", "trabecular density of the lumbar spine",
                              codes::presence, codes::spine, std::move(reason));
}

/// The stricter of the two limits of L1 that holds with all of the uncertainty; where limits do not
/// hold, why.
void recommend_densitometry(const Scene& scene, reporting::Finding& finding) {
  Measurement& first = finding.measurements.front();
  if (first.id != "spine.trabecular.L1" || !first.value) return;
  if (std::ranges::find(first.conditions, uneven) != first.conditions.end()) {
    first.conditions.emplace_back("not compared with published limits: the body is uneven");
    return;
  }
  if (const std::string reason = no_limits(scene); !reason.empty())
    return first.conditions.push_back("not compared with published limits: " + reason);
  Measurement most = first;
  most.value = *first.value + first.uncertainty.value_or(0);
  for (const char* id : {"bone.l1-110", "bone.l1-160"})
    if (const auto& rule = reporting::knowledge::rule(id);
        reporting::knowledge::reached(rule, most))
      return reporting::knowledge::recommend(finding, rule);
}

}  // namespace

void trabecular_density(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::abdomen) && !scene.shows(BodyRegion::chest)) return;
  if (auto reason = refusal(scene); !reason.empty())
    return findings.push_back(absent(std::move(reason)));
  std::vector<Measurement> all;
  const Vertebra* shown = nullptr;
  for (int number = l3; number >= t11; --number)
    if (const Vertebra* vertebra = scene.vertebrae.find(number)) {
      all.push_back(measured(scene, *vertebra));
      if (all.back().value && (shown == nullptr || number == l1)) shown = vertebra;
    }
  if (all.empty())
    return findings.push_back(absent(
        "none of the vertebrae T11 to L3 is whole in the scan and near a landmark for counting"));
  if (shown == nullptr) return findings.push_back(absent(all.front().not_assessed));
  std::stable_partition(all.begin(), all.end(),
                        [](const Measurement& one) { return one.id == "spine.trabecular.L1"; });
  reporting::Finding finding =
      measured_finding("spine.density", "Vertebral bodies", codes::presence, codes::spine);
  finding.measurements = std::move(all);
  recommend_densitometry(scene, finding);
  if (auto evidence = mask_section(scene, region_mask(scene, *shown), "spine.density.region",
                                   "where the density of " + shown->name() + " was measured"))
    finding.evidence.push_back(std::move(*evidence));
  findings.push_back(std::move(finding));
}

}  // namespace tomoscribe::pipeline::measure

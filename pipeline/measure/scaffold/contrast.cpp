// Contrast by the density of the blood in the descending aorta (QUANTIFICATION A, S8): below 70 HU
// none, 70 to 130 cannot be told, above 130 enhanced, above 250 arterial. The header may be silent
// or wrong; where the two disagree the finding says so.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double unenhanced_below_hu = 70, enhanced_above_hu = 130, arterial_above_hu = 250;

ContrastPhase phase_of(double blood_hu) {
  if (blood_hu < unenhanced_below_hu) return ContrastPhase::unenhanced;
  if (blood_hu <= enhanced_above_hu) return ContrastPhase::indeterminate;
  return blood_hu > arterial_above_hu ? ContrastPhase::arterial : ContrastPhase::enhanced;
}

/// Columns and rows of the working grid inside the aorta's circle, shrunk by `share`.
template <class Visit>
void for_core(const Scene& scene, int slice, double share, Visit visit) {
  const Grid& grid = scene.work.grid;
  const AortaSlice& at = scene.aorta.at[static_cast<std::size_t>(slice)];
  const double reach = share * at.radius_mm / working_mm;
  const int low_c = std::max(0, static_cast<int>(at.column - reach));
  const int low_r = std::max(0, static_cast<int>(at.row - reach));
  const int high_c = std::min(grid.size[0] - 1, static_cast<int>(at.column + reach + 1));
  const int high_r = std::min(grid.size[1] - 1, static_cast<int>(at.row + reach + 1));
  for (int row = low_r; row <= high_r; ++row)
    for (int column = low_c; column <= high_c; ++column)
      if (std::hypot(column - at.column, row - at.row) <= reach)
        visit(grid.offset(column, row, slice));
}

bool is_left_out(const Scene& scene, int slice) {
  const AortaSlice& at = scene.aorta.at[static_cast<std::size_t>(slice)];
  return is_excluded(scene, scene.work.grid.point_mm(at.column, at.row, slice));
}

/// Mean HU of the aorta's core, slice by slice.
std::vector<double> blood_by_slice(const Scene& scene) {
  std::vector<double> means;
  for (int slice = 0; slice < static_cast<int>(scene.aorta.at.size()); ++slice) {
    if (!scene.aorta.covers(slice) || is_left_out(scene, slice)) continue;
    double sum = 0, count = 0;
    for_core(scene, slice, 0.6, [&](std::size_t at) {
      sum += scene.work.hu[at];
      ++count;
    });
    if (count > 0) means.push_back(sum / count);
  }
  std::ranges::sort(means);
  return means;
}

Mask aorta_mask(const Scene& scene) {
  Mask mask(scene.body.size(), 0);
  const std::size_t plane = scene.work.grid.offset(0, 0, 1);
  for (int slice = 0; slice < static_cast<int>(scene.aorta.at.size()); ++slice)
    if (scene.aorta.covers(slice))
      for_core(scene, slice, 1.0, [&](std::size_t at) {
        mask[at] = 1;
        if (at + plane < mask.size()) mask[at + plane] = 1;  // the track has every second slice
      });
  return mask;
}

std::string title_of(const Scene& scene) {
  const bool named = !scene.volume.header.contrast_agent.empty();
  switch (scene.contrast.phase) {
    case ContrastPhase::unknown: break;
    case ContrastPhase::unenhanced:
      return named ? "Unenhanced by the density of the blood, although the image headers name a "
                     "contrast agent"
                   : "Unenhanced by the density of the blood";
    case ContrastPhase::indeterminate:
      return "Whether contrast was given cannot be told from the density of the blood";
    case ContrastPhase::enhanced:
    case ContrastPhase::arterial:
      return std::string("Enhanced") +
             (scene.contrast.phase == ContrastPhase::arterial ? " (arterial)" : "") +
             " by the density of the blood" +
             (named ? "" : ", although the image headers name no contrast agent");
  }
  return "Contrast by the density of the blood";
}

reporting::Measurement blood_density(const std::vector<double>& means) {
  const auto at = [&](double share) {
    return means[static_cast<std::size_t>(share * static_cast<double>(means.size() - 1))];
  };
  return {.id = "contrast.blood",
          .name = "blood in the aorta",
          .concept_name = codes::attenuation,
          .value = std::round(at(0.5)),
          .unit = codes::hounsfield,
          .decimals = 0,
          .uncertainty = std::max(3.0, std::round(at(0.84) - at(0.16))),
          .method =
              "median over the slices of the mean HU in the inner 60 % of the descending aorta's "
              "radius; uncertainty: two SD of the slices; below 70 HU unenhanced, above 130 "
              "enhanced, above 250 arterial",
          .conditions = {"aorta followed on " + std::to_string(means.size()) + " sections, " +
                         "3 mm apart"},
          .not_assessed = {},
          .lower_bound = false};
}

/// The mask and what touches it by a face.
Mask grown(const Mask& mask, const Grid& grid) {
  Mask result = mask;
  const std::ptrdiff_t columns = grid.size[0], plane = columns * grid.size[1];
  const auto count = static_cast<std::ptrdiff_t>(mask.size());
  for (std::ptrdiff_t at = plane; at < count - plane; ++at)
    if (mask[static_cast<std::size_t>(at)] != 0)
      for (const std::ptrdiff_t step : {std::ptrdiff_t{1}, columns, plane})
        result[static_cast<std::size_t>(at - step)] = result[static_cast<std::size_t>(at + step)] =
            1;
  return result;
}

/// The mask without its outermost voxels.
Mask shrunk(const Mask& mask, const Grid& grid) {
  Mask rest(mask.size());
  std::ranges::transform(mask, rest.begin(), [](std::uint8_t in) { return in == 0 ? 1 : 0; });
  rest = grown(rest, grid);
  std::ranges::transform(rest, rest.begin(), [](std::uint8_t out) { return out == 0 ? 1 : 0; });
  return rest;
}

/// Voxels of the blood's density outside the vertebral bodies.
Mask like_blood(const Scene& scene) {
  const double blood = *scene.contrast.blood_hu;
  const Grid& grid = scene.work.grid;
  Mask like(scene.bone.size());
  std::ranges::transform(scene.smooth, like.begin(), [blood](std::int16_t hu) {
    return std::abs(hu - blood) < 0.3 * blood ? 1 : 0;
  });
  for (int slice = scene.spine.first; slice <= scene.spine.last; ++slice) {
    const SpineSlice& at = scene.spine.at[static_cast<std::size_t>(slice)];
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column)
        if (std::hypot((column - at.body_column) * working_mm / (at.half_width_mm + 3),
                       (row - at.body_row) * working_mm / (at.half_depth_mm + 3)) < 1)
          like[grid.offset(column, row, slice)] = 0;
  }
  return like;
}

/// Grows from the aorta through what has the density of the blood and is thicker than 6 mm, but not
/// into the spine, and takes it off the bone with a margin.
void take_blood_off_bone(Scene& scene) {
  const Grid& grid = scene.work.grid;
  const Mask core = shrunk(shrunk(like_blood(scene), grid), grid);
  const Components pieces = components(core, grid, 1);
  const Mask seeds = aorta_mask(scene);
  std::vector<std::uint8_t> vessel(65536, 0);
  for (std::size_t i = 0; i < seeds.size(); ++i)
    if (seeds[i] != 0) vessel[pieces.labels[i]] = 1;
  vessel[0] = 0;
  Mask blood_pool(core.size());
  std::ranges::transform(pieces.labels, blood_pool.begin(),
                         [&](std::uint16_t label) { return vessel[label]; });
  for (std::size_t i = 0; i < seeds.size(); ++i)
    if (seeds[i] != 0) blood_pool[i] = 1;  // the ends of the track may be too thin for a core
  for (int i = 0; i < 3; ++i) blood_pool = grown(blood_pool, grid);
  for (std::size_t i = 0; i < blood_pool.size(); ++i)
    if (blood_pool[i] != 0) scene.bone[i] = 0;
}

}  // namespace

void contrast(Scene& scene, Findings& findings) {
  const std::vector<double> means = blood_by_slice(scene);
  if (means.empty()) {
    if (scene.shows(BodyRegion::chest) || scene.shows(BodyRegion::abdomen))
      findings.push_back(not_assessed_finding(
          "contrast", "contrast by the density of the blood", codes::presence, codes::aorta,
          "the descending aorta was not found beside the spine"));
    return;
  }
  scene.contrast.blood_hu = means[means.size() / 2];
  scene.contrast.phase = phase_of(*scene.contrast.blood_hu);
  reporting::Finding finding =
      measured_finding("contrast", title_of(scene), codes::presence, codes::aorta);
  finding.measurements.push_back(blood_density(means));
  if (std::string words = left_out_words(scene); !words.empty())
    finding.measurements.back().conditions.push_back(std::move(words));
  if (auto evidence =
          mask_section(scene, aorta_mask(scene), "contrast.aorta", "largest section of the aorta"))
    finding.evidence.push_back(std::move(*evidence));
  findings.push_back(std::move(finding));
  if (scene.contrast.given()) take_blood_off_bone(scene);
}

}  // namespace tomoscribe::pipeline::measure

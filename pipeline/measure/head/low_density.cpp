// Brain that is darker than its mirror image (QUANTIFICATION A, "hypodensity asymmetry"):
// asymmetric low density of any age. Early ischaemia is not looked for.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/excluded.h"
#include "pipeline/measure/head/head_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;
using reporting::Laterality;
using reporting::Measurement;

constexpr double sigma_mm = 3.5, difference_hu = -7, least_ml = 5;
constexpr std::size_t most_reported = 3;

/// Where a difference means something: brain, away from bone, ventricles and midline, and not where
/// beam hardening draws bands.
bool is_judged(const Cranium& cranium, const std::vector<float>& from_ventricles,
               const Vec3& point) {
  constexpr double rim_mm = 8, beside_ventricle_mm = 5;
  const Grid& grid = cranium.image.grid;
  return value_at(cranium.depth, grid, point) > rim_mm && !cranium.posterior_fossa(point) &&
         (from_ventricles.empty() || value_at(from_ventricles, grid, point) < -beside_ventricle_mm);
}

struct Differences {
  std::vector<float> hu;  ///< smoothed value less that of the mirror image; 0 where not judged
};

Differences differences_of(const Cranium& cranium) {
  constexpr double beside_midline_mm = 6;
  const Grid& grid = cranium.image.grid;
  Mask brain = cranium.inside;
  for (std::size_t i = 0; i < brain.size(); ++i)
    if (cranium.image.hu[i] < -30 || cranium.image.hu[i] > 100) brain[i] = 0;
  const std::vector<std::int16_t> smooth = smoothed_within(cranium.image, brain, sigma_mm);
  std::vector<float> from_ventricles;
  if (std::ranges::count(cranium.ventricles, 1) > 0)
    from_ventricles = depth_mm(cranium.ventricles, grid);
  Differences result{std::vector<float>(smooth.size())};
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (cranium.inside[at] == 0) return;
    const Vec3 point = grid.point_mm(column, row, slice);
    if (cranium.base_mm && point[2] < *cranium.base_mm + 3) return;
    if (std::abs(cranium.plane->side_mm(point)) < beside_midline_mm) return;
    const Vec3 mirror = cranium.plane->mirrored(point);
    if (is_judged(cranium, from_ventricles, point) && is_judged(cranium, from_ventricles, mirror))
      result.hu[at] = static_cast<float>(smooth[at] - value_at(smooth, grid, mirror));
  });
  return result;
}

struct Area {
  Mask mask;
  double ml = 0, mean_hu = 0, spread_ml = 0, side_mm = 0;
  bool beside_blood = false, opposite_blood = false;
};

bool is_blood(const Scene& scene, const Vec3& point, double mm) {
  if (!scene.blobs) return false;
  for (std::size_t i = 0; i < scene.blobs->all.size(); ++i) {
    const Blob& blob = scene.blobs->all[i];
    if (scene.blobs->kinds[i].kind == BlobKind::not_blood) continue;
    double square = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double off = point[axis] - blob.centre_mm[axis];
      square += off * off;
    }
    const double radius = std::cbrt(blob.ml * 1000 * 0.239);
    if (square < (radius + mm) * (radius + mm)) return true;
  }
  return false;
}

Area area_of(const Scene& scene, const Differences& differences, const Components& pieces,
             std::size_t number) {
  const Cranium& cranium = *scene.cranium;
  const Grid& grid = cranium.image.grid;
  Area area;
  area.mask.resize(differences.hu.size());
  double count = 0, deep = 0, beside = 0, opposite = 0;
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (pieces.labels[at] != number) return;
    area.mask[at] = 1;
    const Vec3 point = grid.point_mm(column, row, slice);
    const auto hu = static_cast<double>(differences.hu[at]);
    ++count;
    area.mean_hu += hu;
    if (hu < difference_hu - 1.5) ++deep;
    if (is_blood(scene, point, 12)) ++beside;
    if (is_blood(scene, cranium.plane->mirrored(point), 6)) ++opposite;
    area.side_mm += cranium.plane->side_mm(point);
  });
  area.ml = count * grid.voxel_ml();
  area.mean_hu /= count;
  area.side_mm /= count;
  area.spread_ml = (count - deep) * grid.voxel_ml();
  area.beside_blood = beside > 0.3 * count;
  area.opposite_blood = opposite > 0.3 * count;
  return area;
}

Finding finding_of(const Scene& scene, const Area& area, std::size_t number) {
  const std::string id = "head.low-density." + std::to_string(number);
  const Laterality side = side_of(area.side_mm, 0);
  Finding finding =
      candidate_finding(id, side_words(side) + "asymmetric low density, age indeterminate",
                        codes::lesion, codes::brain, side);
  Measurement volume{
      .id = id + ".volume",
      .name = "volume of its darkest part",
      .concept_name = codes::volume,
      .unit = codes::millilitre,
      .decimals = 0,
      .method =
          "7 HU and more below its mirror image about the skull's plane of symmetry (sigma 3.5 "
          "mm), counted at 1.5 mm; uncertainty: threshold moved by 1.5 HU, and 20 % of the "
          "method"};
  volume.conditions.emplace_back("candidate: to be confirmed");
  volume.conditions.emplace_back(
      "not searched: 8 mm along the bone, 5 mm around the ventricles, 6 mm "
      "beside the midline, the skull base and posterior fossa");
  if (area.beside_blood)
    volume.conditions.emplace_back("around a hyperdense component: may be its oedema");
  set_value(volume, area.ml, std::hypot(area.spread_ml, 0.2 * area.ml), area.ml);
  bound_below_at_scan_end(*scene.cranium, *scene.cranium, area.mask, volume);
  Measurement darker{.id = id + ".difference",
                     .name = "mean difference from the other side",
                     .concept_name = codes::attenuation,
                     .value = std::round(area.mean_hu),
                     .unit = codes::hounsfield,
                     .decimals = 0,
                     .uncertainty = std::max(2.0, std::round(scene.cranium->noise_hu)),
                     .method = "mean over the same voxels; uncertainty: 2 HU, or noise"};
  finding.measurements = {std::move(volume), std::move(darker)};
  if (auto evidence = box_section(scene, *scene.cranium, area.mask, id + ".section",
                                  "largest section of the darker area"))
    finding.evidence.push_back(std::move(*evidence));
  verify_by_measurements(finding);
  return finding;
}

}  // namespace

void low_density(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::head) || scene.skull_without_brain) return;
  constexpr const char* title = "Asymmetric low density of the brain";
  std::string reason = no_scale(scene);
  if (reason.empty()) reason = scene.gates.allowed(gates::Use::symmetry).reason;
  if (reason.empty() && !scene.cranium->plane) reason = scene.cranium->no_plane;
  if (!reason.empty()) {
    findings.push_back(
        not_assessed_finding("head.low-density", title, codes::lesion, codes::brain, reason));
    return;
  }
  const Cranium& cranium = *scene.cranium;
  const Differences differences = differences_of(cranium);
  Mask darker(differences.hu.size());
  std::ranges::transform(differences.hu, darker.begin(),
                         [](float hu) { return static_cast<double>(hu) < difference_hu ? 1 : 0; });
  const Components pieces =
      components(without_excluded(scene, cranium.image.grid, darker), cranium.image.grid,
                 static_cast<std::size_t>(least_ml / cranium.image.grid.voxel_ml()));
  const std::string left_out = left_out_words(scene);
  std::size_t number = 0, found = 0;
  for (std::size_t i = 0; i < pieces.voxels.size(); ++i) {
    const Area area = area_of(scene, differences, pieces, i + 1);
    if (area.opposite_blood) continue;
    if (++found <= most_reported) findings.push_back(finding_of(scene, area, ++number));
  }
  if (number > 0) say_unlisted(findings, number, found);
  findings.push_back(search_outcome(
      "head.low-density", "Asymmetric low density of the brain of 5 mL or more", codes::lesion,
      codes::brain, number > 0,
      "searched for what is 7 HU darker than its mirror image; early ischaemia, small, symmetric "
      "and superficial changes are not excluded" +
          part_of_head_words(cranium) + (left_out.empty() ? "" : "; " + left_out)));
}

}  // namespace tomoscribe::pipeline::measure

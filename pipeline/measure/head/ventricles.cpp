// The ventricles: cerebrospinal fluid deep in the head (QUANTIFICATION A, "ventricles"), and the
// Evans index where frontal horns are found.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/head/head_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;
using reporting::Measurement;

constexpr double low_hu = -15, high_hu = 20, fluid_hu = 5, deep_mm = 22, above_base_mm = 8;
constexpr double horns_mm = 12;        // what is nearer to the bone is taken for sulci
constexpr double high_tissue_hu = 60;  // blood and calcifications beside the fluid count as brain

/// A little above half way from fluid to this brain (narrow ventricles are blurred), 20 HU at most.
double limit_hu(const Cranium& cranium) {
  return std::min(high_hu, (fluid_hu + cranium.brain_hu) / 2 + 1.5);
}

/// The pieces of which some part lies near the midline: what is as dark further out is no
/// ventricle.
std::vector<bool> near_midline(const Cranium& cranium, const Components& pieces) {
  constexpr double near_mm = 16;
  std::vector<bool> near(pieces.voxels.size() + 1, !cranium.plane);
  near[0] = false;
  if (!cranium.plane) return near;
  for_each_voxel(cranium.image.grid, [&](std::size_t at, int column, int row, int slice) {
    const std::size_t number = pieces.labels[at];
    if (number > 0 && !near[number])
      near[number] = std::abs(cranium.plane->side_mm(cranium.point(column, row, slice))) < near_mm;
  });
  return near;
}

/// Fluid above the basal cisterns, so deep and deeper.
Mask fluid_mask(const Cranium& cranium, double limit, double least_depth_mm) {
  const Grid& grid = cranium.image.grid;
  Mask fluid(grid.voxels());
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    const double hu = cranium.fine[at];
    if (hu < low_hu || hu > limit || static_cast<double>(cranium.depth[at]) < least_depth_mm)
      return;
    const Vec3 point = grid.point_mm(column, row, slice);
    if (!cranium.base_mm || point[2] > *cranium.base_mm + above_base_mm) fluid[at] = 1;
  });
  return fluid;
}

/// Deep fluid near the midline, without what one voxel's loss removes.
Mask deep_core(const Cranium& cranium, double limit) {
  const Grid& grid = cranium.image.grid;
  constexpr double least_ml = 0.2;
  const Components pieces =
      components(deeper_than(depth_mm(fluid_mask(cranium, limit, deep_mm), grid), 0.1), grid,
                 static_cast<std::size_t>(least_ml / grid.voxel_ml()));
  const std::vector<bool> near = near_midline(cranium, pieces);
  Mask core(pieces.labels.size());
  std::ranges::transform(pieces.labels, core.begin(),
                         [&](std::uint16_t label) { return near[label] ? 1 : 0; });
  return core;
}

/// Adds to the core the horns that hang together with it nearer to the bone. Sulci are too thin to
/// lead there; infarcts are not as dark.
void add_horns(const Cranium& cranium, double limit, Mask& core) {
  constexpr double darker_hu = 5;
  const Grid& grid = cranium.image.grid;
  const Components pieces = components(
      deeper_than(depth_mm(fluid_mask(cranium, limit - darker_hu, horns_mm), grid), 0.1), grid, 1);
  std::vector<bool> joined(pieces.voxels.size() + 1);
  for (std::size_t i = 0; i < core.size(); ++i)
    if (core[i] != 0) joined[pieces.labels[i]] = true;
  joined[0] = false;
  for (std::size_t i = 0; i < core.size(); ++i)
    if (joined[pieces.labels[i]]) core[i] = 1;
}

Mask ventricle_mask(const Cranium& cranium, double limit) {
  constexpr float reach_mm = 3.8F;
  Mask core = deep_core(cranium, limit);
  if (std::ranges::count(core, 1) == 0) return core;
  add_horns(cranium, limit, core);
  const std::vector<float> away = depth_mm(core, cranium.image.grid);
  Mask result = fluid_mask(cranium, limit, horns_mm);
  for (std::size_t i = 0; i < result.size(); ++i)
    if (away[i] < -reach_mm) result[i] = 0;
  return result;
}

/// Voxels of the mask and beside it, each with the share of fluid that its density tells: narrow
/// parts are blurred.
double volume_ml(const Cranium& cranium, const Mask& mask) {
  if (std::ranges::count(mask, 1) == 0) return 0;
  constexpr float reach_mm = -2.2F, ring_from_mm = -5, ring_to_mm = -3, pure_mm = 2.5F;
  const std::vector<float> away = depth_mm(mask, cranium.image.grid);
  std::vector<double> ring, pure;
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (cranium.inside[i] == 0 || away[i] < ring_from_mm) continue;
    const double hu = cranium.image.hu[i];
    if (away[i] < ring_to_mm) ring.push_back(hu);
    if (away[i] >= pure_mm) pure.push_back(hu);
    if (away[i] >= reach_mm) sum += std::min(hu, high_tissue_hu), ++count;
  }
  constexpr std::size_t enough = 50;
  const double tissue = ring.size() > enough ? median_of(ring) : cranium.brain_hu;
  const double fluid = pure.size() > enough ? median_of(pure) : fluid_hu;
  return (count * tissue - sum) / (tissue - std::min(fluid, tissue / 2)) *
         cranium.image.grid.voxel_ml();
}

/// What the measured part leaves out (third ventricle's floor, fourth ventricle, temporal horns,
/// narrow parts), and two SD of that: 19 heads of the evaluation, 12 to 110 mL
/// (docs/measurements.md).
constexpr double left_out_ml = 5.5, left_out_share = 0.06, left_out_sd2_ml = 5;
/// The horns' thin outer tips; two SD on thin and on thick slices, same heads.
constexpr double tips_index = 0.02, tips_sd2 = 0.035, thick_sd2 = 0.05;

Measurement volume_measurement(const Cranium& cranium) {
  Measurement result{
      .id = "head.ventricles.volume",
      .name = "volume of the ventricles",
      .concept_name = codes::volume,
      .unit = codes::millilitre,
      .decimals = 0,
      .method =
          "from -15 HU to a little above half way between fluid and brain (20 HU at most; sigma "
          "1.2 mm), from a core more than 22 mm inside the inner table and 8 mm above the skull "
          "base into the horns as far as 12 mm, cisterns cut by an opening of one voxel; each "
          "voxel of 1.5 mm counts with its share of fluid by density; 5.5 mL and 6 % are added for "
          "what that leaves out, as on phantoms; uncertainty: threshold moved by 2 HU, 5 mL (two "
          "SD "
          "on phantoms), and 6 %"};
  const double part_ml = volume_ml(cranium, cranium.ventricles);
  const double ml = part_ml * (1 + left_out_share) + left_out_ml;
  const double spread =
      std::abs(volume_ml(cranium, ventricle_mask(cranium, limit_hu(cranium) + 2)) -
               volume_ml(cranium, ventricle_mask(cranium, limit_hu(cranium) - 2))) /
      2;
  result.conditions.push_back(
      "flagged: measured " + number_text(part_ml, 0) +
      " mL; what is thinner than 4 mm or within 12 mm of the bone, the third ventricle's floor and "
      "the fourth ventricle are added as an estimate; cisterns that touch may be counted");
  constexpr double tolerance = 0.55;
  set_value(result, ml, std::hypot(std::hypot(spread, left_out_sd2_ml), left_out_share * ml),
            tolerance * ml);
  bound_below_at_scan_end(cranium, cranium, cranium.ventricles, result);
  return result;
}

/// Voxels of one slice on either side of the plane.
struct Sides {
  double left_mm = 0, right_mm = 0;  ///< furthest from the plane
  int left = 0, right = 0;           ///< voxels
};

struct Horns {
  double width_mm = 0;
  int slice = -1;
  double y_mm = 0;
};

/// The widest pair of frontal horns: the front third of the ventricles, on both sides.
Horns frontal_horns(const Cranium& cranium) {
  const Grid& grid = cranium.image.grid;
  double front = 1e9, back = -1e9;
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (cranium.ventricles[at] == 0) return;
    const double y = grid.point_mm(column, row, slice)[1];
    front = std::min(front, y), back = std::max(back, y);
  });
  const double limit = front + 0.35 * (back - front);
  std::vector<Sides> sides(static_cast<std::size_t>(grid.size[2]));
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    const Vec3 point = grid.point_mm(column, row, slice);
    if (cranium.ventricles[at] == 0 || point[1] > limit) return;
    Sides& here = sides[static_cast<std::size_t>(slice)];
    const double off = cranium.plane->side_mm(point);
    off > 0 ? ++here.left : ++here.right;
    here.left_mm = std::max(here.left_mm, off), here.right_mm = std::max(here.right_mm, -off);
  });
  Horns horns;
  horns.y_mm = (front + limit) / 2;
  constexpr int least_voxels = 8;
  for (int slice = 0; slice < grid.size[2]; ++slice) {
    const Sides& here = sides[static_cast<std::size_t>(slice)];
    if (here.left < least_voxels || here.right < least_voxels) continue;
    const double width = here.left_mm + here.right_mm + grid.step_mm[0][0];
    if (width > horns.width_mm) horns = {width, slice, horns.y_mm};
  }
  return horns;
}

/// Widest place inside the skull on one slice, across the plane.
double inner_width_mm(const Cranium& cranium, int slice) {
  const Grid& grid = cranium.image.grid;
  double most = 0;
  for (int row = 0; row < grid.size[1]; ++row) {
    double low = 1e9, high = -1e9;
    for (int column = 0; column < grid.size[0]; ++column) {
      if (cranium.inside[grid.offset(column, row, slice)] == 0) continue;
      const double off = cranium.plane->side_mm(grid.point_mm(column, row, slice));
      low = std::min(low, off), high = std::max(high, off);
    }
    most = std::max(most, high - low + grid.step_mm[0][0]);
  }
  return most;
}

Measurement evans_measurement(const Cranium& cranium, double slice_mm) {
  Measurement result{
      .id = "head.ventricles.evans",
      .name = "Evans index",
      .concept_name = codes::ratio,
      .unit = codes::no_unit,
      .decimals = 2,
      .method =
          "largest width of the frontal horns over the largest width inside the skull on the "
          "same slice of the working grid; 0.02 is added for the horns' thin tips, as on phantoms; "
          "uncertainty: one voxel of 1.5 mm at either border, and two SD on phantoms"};
  if (!cranium.plane) {
    result.not_assessed = cranium.no_plane;
    return result;
  }
  const Horns horns = frontal_horns(cranium);
  if (horns.slice < 0) {
    result.not_assessed = "frontal horns were not found on both sides";
    return result;
  }
  const double inner = inner_width_mm(cranium, horns.slice);
  constexpr double border_mm = 2.2, tolerance = 0.06, least_index = 0.14;
  if (horns.width_mm < least_index * inner) {  // only the tip of a horn
    result.not_assessed = "frontal horns were not found on both sides";
    return result;
  }
  result.conditions.emplace_back("flagged: on axial slices of the scan, whatever their angle");
  constexpr double thick_mm = 3.5;
  set_value(result, horns.width_mm / inner + tips_index,
            std::hypot(border_mm / inner, slice_mm > thick_mm ? thick_sd2 : tips_sd2), tolerance);
  return result;
}

}  // namespace

void ventricles(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::head) || scene.skull_without_brain) return;
  constexpr const char* title = "Ventricles";
  constexpr double least_ml = 1;
  std::string reason = no_scale(scene);
  if (reason.empty()) {
    scene.cranium->ventricles = ventricle_mask(*scene.cranium, limit_hu(*scene.cranium));
    if (volume_ml(*scene.cranium, scene.cranium->ventricles) < least_ml)
      reason = "no fluid of 1 mL or more was found deep in the brain";
  }
  if (!reason.empty()) {
    findings.push_back(
        not_assessed_finding("head.ventricles", title, codes::presence, codes::ventricle, reason));
    return;
  }
  Finding finding = measured_finding("head.ventricles", title, codes::presence, codes::ventricle);
  finding.measurements.push_back(volume_measurement(*scene.cranium));
  finding.measurements.push_back(
      evans_measurement(*scene.cranium, scene.volume.grid.spacing_mm()[2]));
  if (auto evidence = box_section(scene, *scene.cranium, scene.cranium->ventricles,
                                  "head.ventricles.section", "largest section of the ventricles"))
    finding.evidence.push_back(std::move(*evidence));
  verify_by_measurements(finding);
  findings.push_back(std::move(finding));
}

}  // namespace tomoscribe::pipeline::measure

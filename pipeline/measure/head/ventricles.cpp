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

constexpr double low_hu = -15, high_hu = 20, deep_mm = 22, above_base_mm = 8;

/// Fluid deep in the head, above the basal cisterns, without what one voxel's loss removes.
Mask ventricle_mask(const Cranium& cranium, double limit_hu) {
  const Grid& grid = cranium.image.grid;
  Mask fluid(grid.voxels());
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    const double hu = cranium.fine[at];
    if (hu < low_hu || hu > limit_hu || static_cast<double>(cranium.depth[at]) < deep_mm) return;
    const Vec3 point = grid.point_mm(column, row, slice);
    if (!cranium.base_mm || point[2] > *cranium.base_mm + above_base_mm) fluid[at] = 1;
  });
  constexpr double least_ml = 0.2;
  const Components pieces = components(deeper_than(depth_mm(fluid, grid), 0.1), grid,
                                       static_cast<std::size_t>(least_ml / grid.voxel_ml()));
  Mask core(fluid.size());
  std::ranges::transform(pieces.labels, core.begin(),
                         [](std::uint16_t label) { return label != 0 ? 1 : 0; });
  if (pieces.voxels.empty()) return core;
  const std::vector<float> away = depth_mm(core, grid);
  for (std::size_t i = 0; i < core.size(); ++i) core[i] = fluid[i] != 0 && away[i] >= -2.2F ? 1 : 0;
  return core;
}

double volume_ml(const Mask& mask, const Grid& grid) {
  return static_cast<double>(std::ranges::count(mask, 1)) * grid.voxel_ml();
}

Measurement volume_measurement(const Cranium& cranium) {
  Measurement result{
      .id = "head.ventricles.volume",
      .name = "volume of the ventricles' deep part",
      .concept_name = codes::volume,
      .unit = codes::millilitre,
      .decimals = 0,
      .method =
          "-15 to 20 HU (sigma 1.2 mm) more than 22 mm inside the inner table and 8 mm above "
          "the skull base, cisterns cut by an opening of one voxel, counted at 1.5 mm; "
          "uncertainty: threshold moved by 3 HU, and 15 % of the method"};
  const Grid& grid = cranium.image.grid;
  const double ml = volume_ml(cranium.ventricles, grid);
  const double spread = (volume_ml(ventricle_mask(cranium, high_hu + 3), grid) -
                         volume_ml(ventricle_mask(cranium, high_hu - 3), grid)) /
                        2;
  result.conditions.emplace_back(
      "flagged: temporal and occipital horns nearer to the bone, third "
      "ventricle's floor and fourth ventricle are not counted; cisterns "
      "that touch may be");
  set_value(result, ml, std::hypot(spread, 0.15 * ml), 0.45 * ml);
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

Measurement evans_measurement(const Cranium& cranium) {
  Measurement result{
      .id = "head.ventricles.evans",
      .name = "Evans index",
      .concept_name = codes::ratio,
      .unit = codes::no_unit,
      .decimals = 2,
      .method =
          "largest width of the frontal horns over the largest width inside the skull on the "
          "same slice of the working grid; uncertainty: one voxel of 1.5 mm at either border"};
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
  constexpr double border_mm = 2.2, tolerance = 0.06;
  result.conditions.emplace_back("flagged: on axial slices of the scan, whatever their angle");
  set_value(result, horns.width_mm / inner, border_mm / inner, tolerance);
  return result;
}

}  // namespace

void ventricles(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::head) || scene.skull_without_brain) return;
  constexpr const char* title = "Ventricles";
  constexpr double least_ml = 1;
  std::string reason = no_scale(scene);
  if (reason.empty()) {
    scene.cranium->ventricles = ventricle_mask(*scene.cranium, high_hu);
    if (volume_ml(scene.cranium->ventricles, scene.cranium->image.grid) < least_ml)
      reason = "no fluid of 1 mL or more was found deep in the brain";
  }
  if (!reason.empty()) {
    findings.push_back(
        not_assessed_finding("head.ventricles", title, codes::presence, codes::ventricle, reason));
    return;
  }
  Finding finding = measured_finding("head.ventricles", title, codes::presence, codes::ventricle);
  finding.measurements.push_back(volume_measurement(*scene.cranium));
  finding.measurements.push_back(evans_measurement(*scene.cranium));
  if (auto evidence = box_section(scene, *scene.cranium, scene.cranium->ventricles,
                                  "head.ventricles.section", "largest section of the ventricles"))
    finding.evidence.push_back(std::move(*evidence));
  verify_by_measurements(finding);
  findings.push_back(std::move(finding));
}

}  // namespace tomoscribe::pipeline::measure

// Contrast agent in a head: enhanced vessels, dura and sinuses are as dense as blood. The header
// may be silent, so the superior sagittal sinus and the arteries are looked at.
#include <algorithm>
#include <cmath>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"
#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

using measure::Cranium;
using measure::Mask;

constexpr double enhanced_hu = 100;  // fresh blood stays below 95, a healthy sinus below 70

/// Median density of what lies along the vault in the midline, above the base and behind the
/// middle: sinus, with some falx and fluid. 0 where too little is seen.
double sagittal_sinus_hu(const Cranium& cranium) {
  constexpr double half_mm = 3, from_bone_mm = 3, to_mm = 6, above_base_mm = 20;
  constexpr std::size_t least_voxels = 60;  // 0.2 mL
  std::vector<double> values;
  measure::for_each_voxel(cranium.image.grid, [&](std::size_t at, int column, int row, int slice) {
    const auto depth = static_cast<double>(cranium.depth[at]);
    if (depth < from_bone_mm || depth > to_mm) return;
    const auto point = cranium.point(column, row, slice);
    if (std::abs(cranium.plane->side_mm(point)) > half_mm) return;
    if (point[1] < cranium.plane->point_mm[1]) return;
    if (!cranium.base_mm || point[2] > *cranium.base_mm + above_base_mm)
      values.push_back(cranium.image.hu[at]);
  });
  return values.size() < least_voxels ? 0 : measure::median_of(values);
}

/// Dense and thin, away from bone and midline: arteries. Calcifications are lumps.
double arteries_ml(const Cranium& cranium) {
  constexpr double from_bone_mm = 6, beside_midline_mm = 4, most_hu = 700;
  const Grid& grid = cranium.image.grid;
  Mask dense(grid.voxels());
  measure::for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    const double hu = cranium.image.hu[at];
    dense[at] = static_cast<double>(cranium.depth[at]) > from_bone_mm && hu > enhanced_hu &&
                        hu < most_hu &&
                        std::abs(cranium.plane->side_mm(cranium.point(column, row, slice))) >
                            beside_midline_mm
                    ? 1
                    : 0;
  });
  // What stays within 3 mm of the core of a lump belongs to it.
  const Mask core = measure::deeper_than(measure::depth_mm(dense, grid), 1);
  auto thin = std::ranges::count(dense, std::uint8_t{1});
  if (std::ranges::count(core, 1) > 0) {
    const std::vector<float> from_core = measure::depth_mm(core, grid);
    for (std::size_t i = 0; i < dense.size(); ++i)
      if (dense[i] != 0 && from_core[i] >= -3) --thin;
  }
  return static_cast<double>(thin) * grid.voxel_ml();
}

}  // namespace

Result head_vessels(const measure::Scene& scene) {
  constexpr double least_arteries_ml = 1.5;
  if (!scene.shows(measure::BodyRegion::head)) return passed();
  if (!scene.volume.header.contrast_agent.empty())
    return restricted({Use::blood},
                      "a contrast agent was given: vessels and dura are as dense as blood");
  if (!scene.cranium || !scene.cranium->plane) return passed();
  const double sinus_hu = sagittal_sinus_hu(*scene.cranium);
  if (sinus_hu > enhanced_hu)
    return restricted({Use::blood},
                      "the sagittal sinus looks enhanced (" + measure::number_text(sinus_hu, 0) +
                          " HU) though the header names no contrast agent: vessels and dura are "
                          "as dense as blood");
  if (arteries_ml(*scene.cranium) > least_arteries_ml)
    return restricted({Use::blood},
                      "arteries of the brain look enhanced though the header names no contrast "
                      "agent: vessels and dura are as dense as blood");
  return passed();
}

}  // namespace tomoscribe::pipeline::gates

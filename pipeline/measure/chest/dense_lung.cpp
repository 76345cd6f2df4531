#include "pipeline/measure/chest/dense_lung.h"

#include <algorithm>
#include <cmath>

#include "pipeline/measure/chest/joined_lung.h"
#include "pipeline/measure/chest/lung_space.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t dense_hu = -300;
constexpr double ball_mm = 15;
constexpr double bulk_mm = 6;    // mediastinum and abdomen hold together through an opening of that
constexpr double vessel_mm = 3;  // opening that cuts vessels (QUANTIFICATION A)
constexpr double from_ribs_mm = 2;
constexpr double least_ml = 3;
constexpr double least_against_lung = 0.3;  // layers of the chest wall: 0.20 to 0.25 on phantoms
constexpr double least_joined_against_lung = 0.05;  // most of its shell is chest wall or organ

bool is_lung(std::uint8_t label) {
  return label == right_lung || label == left_lung;
}

/// Vertebrae and what lies within 10 mm of them.
bool near_spine(const Scene& scene, int column, int row, int slice) {
  constexpr double margin_mm = 10;
  if (!scene.spine.covers(slice)) return false;
  const SpineSlice& spine = scene.spine.at[index_of(slice)];
  const double away = working_mm * std::hypot(column - spine.body_column, row - spine.body_row);
  return away < std::max(spine.half_width_mm, spine.half_depth_mm) + margin_mm;
}

/// Soft tissue that is not chest wall; 2 where it may be lung (inside ribs or in the closed lungs).
Mask soft_tissue(const Scene& scene, const Cages& cages, const Mask& space, const Crop& box) {
  Mask soft(box.grid.voxels(), 0);
  std::size_t in = 0;
  for_each_voxel(box.grid, [&](std::size_t, int column, int row, int slice) {
    const std::size_t at =
        scene.work.grid.offset(box.low[0] + column, box.low[1] + row, box.low[2] + slice);
    const std::size_t here = in++;
    if (scene.body[at] == 0 || scene.labels[at] > body || scene.smooth[at] <= dense_hu) return;
    if (!scene.fluid.empty() && scene.fluid[at] != 0) return;
    const auto ribs = cages.to_ribs_mm(box.low[0] + column, box.low[1] + row, box.low[2] + slice);
    const bool spine = near_spine(scene, box.low[0] + column, box.low[1] + row, box.low[2] + slice);
    if (!spine && (space[at] != 0 || (ribs && *ribs > from_ribs_mm)))
      soft[here] = 2;
    else if (spine || !ribs)
      soft[here] = 1;
  });
  return soft;
}

Mask not_zero(const Mask& mask) {
  Mask result(mask.size());
  std::ranges::transform(mask, result.begin(), [](std::uint8_t v) { return v != 0 ? 1 : 0; });
  return result;
}

/// 1: the largest piece of the opened soft tissue and 9 mm around.
Mask bulk_of(const Mask& soft, const Grid& grid) {
  Mask core = deeper_than(depth_mm(soft, grid), bulk_mm - working_mm / 2);
  {
    const Components pieces = components(core, grid, 1);
    for (std::size_t i = 0; i < core.size(); ++i) core[i] = pieces.labels[i] == 1 ? 1 : 0;
  }
  const std::vector<float> away = depth_mm(core, grid);
  const auto reach = static_cast<float>(-bulk_mm - 2 * working_mm);
  for (std::size_t i = 0; i < core.size(); ++i) core[i] = away[i] >= reach ? 1 : 0;
  return core;
}

/// Shapes and densities of those numbered parts of a box that lie against aerated lung.
void add_shapes(const Scene& scene, const Crop& box, const std::vector<std::uint16_t>& labels,
                std::vector<DensePart>& parts) {
  Mask one(labels.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].against_lung < least_joined_against_lung) continue;
    std::ranges::transform(labels, one.begin(),
                           [i](std::uint16_t label) { return label == i + 1 ? 1 : 0; });
    auto around = crop_around(one, box.grid, 8, [](std::uint8_t v) { return v != 0; });
    if (!around) continue;
    Mask mask(around->grid.voxels());
    for_each_in(*around, box.grid, [&](std::size_t at, std::size_t in) { mask[in] = one[at]; });
    for (std::size_t axis = 0; axis < 3; ++axis) around->low[axis] += box.low[axis];
    add_shape(scene, *around, mask, parts[i]);
  }
}

Components pieces_of(const Mask& mask, const Grid& grid) {
  return components(mask, grid, static_cast<std::size_t>(least_ml / grid.voxel_ml()));
}

/// What is left of a mask without vessels, in pieces that hold some of `seed`, lie against aerated
/// lung and are not fat.
Mask lying_against_lung(const Scene& scene, const Cages& cages, const Crop& box, const Mask& mask,
                        const Mask& seed, double least) {
  const Components pieces = pieces_of(opened(mask, box.grid, vessel_mm), box.grid);
  std::vector<DensePart> parts = contacts_of(scene, cages, box, pieces);
  add_shapes(scene, box, pieces.labels, parts);
  Mask held(parts.size() + 1, 0);
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (seed[i] != 0) held[pieces.labels[i]] = 1;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i].against_lung < least || parts[i].is_fat()) held[i + 1] = 0;
  held[0] = 0;
  Mask result(mask.size());
  std::ranges::transform(pieces.labels, result.begin(),
                         [&](std::uint16_t piece) { return held[piece]; });
  return result;
}

/// The parts, numbered from 1, with organs, on the working grid. `joins`: what is joined to organs.
void keep_parts(const Scene& scene, const Cages& cages, const Crop& box, const Mask& dense_here,
                const Mask& joins, DenseLung& dense) {
  const Components pieces = pieces_of(dense_here, box.grid);
  std::vector<DensePart> parts = contacts_of(scene, cages, box, pieces);
  for (std::size_t i = 0; i < joins.size(); ++i)
    if (joins[i] != 0 && pieces.labels[i] != 0) parts[pieces.labels[i] - 1U].joined = true;
  add_shapes(scene, box, pieces.labels, parts);
  Mask number(parts.size() + 1, 0);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const double least = parts[i].joined ? least_joined_against_lung : least_against_lung;
    if (parts[i].against_lung < least || parts[i].is_fat()) continue;
    if (dense.parts.size() + 1 == organ_label) break;
    dense.parts.push_back(parts[i]);
    number[i + 1] = static_cast<std::uint8_t>(dense.parts.size());
  }
  for_each_in(box, scene.work.grid, [&](std::size_t at, std::size_t in) {
    const std::uint8_t kept = number[pieces.labels[in]];
    if (kept == 0) return;
    dense.labels[at] = kept;
    dense.space[at] = dense.parts[kept - 1U].lung;
  });
}

}  // namespace

DenseLung dense_lung(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  DenseLung dense{
      .space = lung_space(scene, ball_mm), .labels = {}, .parts = {}, .joined_missing = {}};
  const auto box = crop_around(scene.labels, grid, 2 * ball_mm, is_lung);
  if (!box) {
    dense.labels.assign(scene.labels.size(), 0);
    return dense;
  }
  const Cages cages(scene);
  Mask soft = soft_tissue(scene, cages, dense.space, *box);
  const Mask bulk = bulk_of(not_zero(soft), box->grid);
  JoinedLung joined = joined_lung(scene, *box);
  dense.joined_missing = joined.missing;
  for (std::size_t i = 0; i < soft.size(); ++i) soft[i] = soft[i] == 2 && bulk[i] == 0 ? 1 : 0;
  // Judged before they are put together: a layer of the chest wall must not hide what touches it.
  soft = lying_against_lung(scene, cages, *box, soft, soft, least_against_lung);
  joined.mask =
      lying_against_lung(scene, cages, *box, joined.mask, joined.seed, least_joined_against_lung);
  for (std::size_t i = 0; i < soft.size(); ++i)
    soft[i] = soft[i] != 0 || joined.mask[i] != 0 ? 1 : 0;
  dense.labels.assign(scene.labels.size(), 0);
  for_each_in(*box, grid, [&](std::size_t at, std::size_t in) {
    if (bulk[in] != 0) dense.labels[at] = organ_label;
  });
  keep_parts(scene, cages, *box, soft, joined.mask, dense);
  return dense;
}

}  // namespace tomoscribe::pipeline::measure

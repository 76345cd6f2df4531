#include "pipeline/measure/chest/heart_space.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "pipeline/measure/chest/lung_rows.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double below_dome_mm = 30;     // the heart rests on the lower left diaphragm
constexpr double least_height_mm = 50;   // from the dome to the carina
constexpr double trachea_width_mm = 32;  // wider: the main bronchi
constexpr double dome_disc_mm = 12, dome_step_mm = 12, dome_height_mm = 18;
constexpr double outer_share = 0.7;  // of the right lung: the heart lies in the rest
// Below the dome lie liver and costal cartilage on both sides of it; from the spine's middle.
constexpr double right_reach_mm = 20, left_reach_mm = 75;
constexpr double spine_margin_mm = 3, aorta_margin_mm = 4;

using Extent = IndexRange;

/// Slices with lung of one side.
Extent slices_of(const Scene& scene, Label lung) {
  Extent extent;
  for_each_voxel(scene.work.grid, [&](std::size_t at, int, int, int slice) {
    if (scene.labels[at] == lung) extent.add(slice);
  });
  return extent;
}

/// Share of lung in a disc of one slice.
double lung_share(const Scene& scene, int column, int row, int slice) {
  const Grid& grid = scene.work.grid;
  const int reach = static_cast<int>(dome_disc_mm / working_mm);
  double lung = 0, all = 0;
  for (int dr = -reach; dr <= reach; ++dr)
    for (int dc = -reach; dc <= reach; ++dc) {
      const int c = column + dc, r = row + dr;
      if (dc * dc + dr * dr > reach * reach || c < 0 || r < 0 || c >= grid.size[0] ||
          r >= grid.size[1])
        continue;
      all += 1;
      if (scene.labels[grid.offset(c, r, slice)] == right_lung) lung += 1;
    }
  return all > 0 ? lung / all : 0;
}

/// Columns and rows on a lattice that lie well inside the right lung half way up, away from the
/// heart.
std::vector<std::array<int, 2>> inside_right_lung(const Scene& scene, int half) {
  const Grid& grid = scene.work.grid;
  Extent columns, rows;
  for (int r = 0; r < grid.size[1]; ++r)
    for (int c = 0; c < grid.size[0]; ++c)
      if (scene.labels[grid.offset(c, r, half)] == right_lung) columns.add(c), rows.add(r);
  std::vector<std::array<int, 2>> places;
  const int step = static_cast<int>(dome_step_mm / working_mm);
  const int inner = columns.low + static_cast<int>(outer_share * (columns.high - columns.low));
  for (int r = rows.low; r <= rows.high; r += step)
    for (int c = columns.low; c <= inner; c += step)
      if (lung_share(scene, c, r, half) > 0.9) places.push_back({c, r});
  return places;
}

/// The highest slice where the right diaphragm stands in the lung: some place of the lung's section
/// half way up holds no lung there nor a little below. -1 where the scan ends before.
int right_dome(const Scene& scene, const Extent& slices) {
  const int half = (slices.low + slices.high) / 2;
  const auto places = inside_right_lung(scene, half);
  const int height = static_cast<int>(dome_height_mm / working_mm);
  for (int slice = half; slice >= height; --slice)
    if (std::ranges::any_of(places, [&](const std::array<int, 2>& at) {
          return lung_share(scene, at[0], at[1], slice) < 0.5 &&
                 lung_share(scene, at[0], at[1], slice - height / 2) < 0.2 &&
                 lung_share(scene, at[0], at[1], slice - height) < 0.2;
        }))
      return slice;
  return -1;
}

/// Last row in front of the vertebral body.
int front_of_spine(const Scene& scene, int slice) {
  if (!scene.spine.covers(slice)) return -1;
  const SpineSlice& spine = scene.spine.at[static_cast<std::size_t>(slice)];
  return static_cast<int>(spine.body_row - (spine.half_depth_mm + spine_margin_mm) / working_mm);
}

/// Columns in which the heart can lie.
Extent columns_allowed(const Scene& scene, int slice, bool below_dome) {
  if (!below_dome || !scene.spine.covers(slice))
    return {.low = 0, .high = scene.work.grid.size[0] - 1};
  const double middle = scene.spine.at[static_cast<std::size_t>(slice)].body_column;
  return {.low = static_cast<int>(middle - right_reach_mm / working_mm),
          .high = static_cast<int>(middle + left_reach_mm / working_mm)};
}

/// The slice's voxels between the lungs' inner borders.
void fill_slice(const Scene& scene, int slice, bool below_dome, Mask& mask) {
  const Grid& grid = scene.work.grid;
  const std::vector<LungRow> rows = lung_rows(scene, slice);
  const Extent allowed = columns_allowed(scene, slice, below_dome);
  const int behind = std::min(front_of_spine(scene, slice), grid.size[1] - 1);
  for (int r = 0; r <= behind; ++r) {
    const LungRow& row = rows[static_cast<std::size_t>(r)];
    const int low =
        std::max({static_cast<int>(std::ceil(row.hull_low)), row.right.high + 1, allowed.low});
    const int high = std::min({static_cast<int>(row.hull_high), row.left.low - 1, allowed.high});
    for (int c = low; c <= high; ++c) {
      const std::size_t at = grid.offset(c, r, slice);
      if (scene.labels[at] == body) mask[at] = 1;
    }
  }
}

void take_off_aorta(const Scene& scene, int slice, Mask& mask) {
  const AortaSlice* aorta = nearest_aorta(scene, slice);
  if (aorta == nullptr) return;
  const Grid& grid = scene.work.grid;
  const double radius = (aorta->radius_mm + aorta_margin_mm) / working_mm;
  for (int r = 0; r < grid.size[1]; ++r)
    for (int c = 0; c < grid.size[0]; ++c)
      if (std::hypot(c - aorta->column, r - aorta->row) <= radius)
        mask[grid.offset(c, r, slice)] = 0;
}

HeartSpace none(std::string why) {
  HeartSpace space;
  space.missing = std::move(why);
  return space;
}

}  // namespace

const AortaSlice* nearest_aorta(const Scene& scene, int slice) {
  constexpr int reach = 8;
  for (int away = 0; away <= reach; ++away)
    for (const int at : {slice - away, slice + away})
      if (scene.aorta.covers(at)) return &scene.aorta.at[static_cast<std::size_t>(at)];
  return nullptr;
}

int carina_slice(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  std::vector<Extent> width(static_cast<std::size_t>(grid.size[2]));
  for_each_voxel(grid, [&](std::size_t at, int column, int, int slice) {
    if (scene.labels[at] == airway) width[static_cast<std::size_t>(slice)].add(column);
  });
  int found = -1;
  for (int slice = grid.size[2] - 1; slice >= 0; --slice) {
    const Extent& here = width[static_cast<std::size_t>(slice)];
    if (!here.any()) {
      if (found >= 0) break;
      continue;
    }
    if ((here.high - here.low) * working_mm > trachea_width_mm) break;
    found = slice;
  }
  return found;
}

HeartSpace heart_space(const Scene& scene) {
  if (scene.labels.empty()) return none("the chest is not in the volume");
  const Extent right = slices_of(scene, right_lung), left = slices_of(scene, left_lung);
  if (!right.any() || !left.any())
    return none("both lungs are needed to find the heart between them");
  if (!scene.spine.found()) return none("the spine behind the heart was not found");
  HeartSpace space;
  space.dome = right_dome(scene, right);
  space.to = carina_slice(scene);
  if (space.to < 0) return none("the bifurcation of the trachea was not found");
  if (space.dome < 0) return none("the dome of the diaphragm was not found");
  if ((space.to - space.dome) * working_mm < least_height_mm)
    return none("the heart is not wholly in the scan");
  space.from = space.dome - static_cast<int>(below_dome_mm / working_mm);
  space.cut = space.from < 0;
  space.from = std::max(space.from, 0);
  for (int slice = space.from; slice <= space.to; ++slice)
    if (!scene.spine.covers(slice))
      return none("the spine behind the heart was not followed all the way");
  space.mask.assign(scene.labels.size(), 0);
  for (int slice = space.from; slice <= space.to; ++slice) {
    fill_slice(scene, slice, slice < space.dome, space.mask);
    take_off_aorta(scene, slice, space.mask);
  }
  return space;
}

}  // namespace tomoscribe::pipeline::measure

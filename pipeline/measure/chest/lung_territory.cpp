#include "pipeline/measure/chest/lung_territory.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/measure/chest/cage.h"
#include "pipeline/measure/chest/heart_space.h"
#include "pipeline/measure/chest/lung_rows.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t soft_hu = -200;  // of the smoothed image: fat is soft tissue here
constexpr double below_mm = 30, from_ribs_mm = 1;
constexpr double spine_margin_mm = 3, aorta_margin_mm = 3;
constexpr double central_mm = 22;
constexpr double beside_spine_mm = 8, beside_aorta_mm = 6, before_spine_mm = 5;
constexpr double upper_share = 0.155, hilar_share = 0.19, right_share = 0.21, left_share = 0.22;
constexpr double above_carina_mm = 20, below_carina_mm = 25;
constexpr int on_surface = 6, on_dome = 4, under_surface = 4;  // slices

double to_side_mm(const SpineSlice& spine, int column) {
  return (column - spine.body_column) * working_mm;
}

/// The chest's inner side, from ribs and from the hull of both lungs.
class Inside {
 public:
  explicit Inside(const Scene& scene)
      : cages_{Cage(scene, right_lung, below_mm), Cage(scene, left_lung, below_mm)} {
    for (int slice = 0; slice < scene.work.grid.size[2]; ++slice) {
      rows_.push_back(lung_rows(scene, slice));
      const bool any = std::ranges::any_of(
          rows_.back(), [](const LungRow& row) { return row.hull_low < row.hull_high; });
      if (any) lungs_.add(slice);
    }
    for (int slice = 0; lungs_.any() && slice < lungs_.low; ++slice)
      rows_[index_of(slice)] = rows_[index_of(std::min(lungs_.low + 4, lungs_.high))];
    std::vector<double> widths;
    for (int slice = lungs_.low; slice <= lungs_.high; ++slice) widths.push_back(width_mm(slice));
    if (widths.empty()) return;
    const auto middle = widths.begin() + static_cast<std::ptrdiff_t>(widths.size() / 2);
    std::ranges::nth_element(widths, middle);
    width_ = *middle;
  }
  bool holds(int column, int row, int slice) const {
    if (slice > lungs_.high) return false;
    bool known = false;
    for (const Cage& cage : cages_) {
      const auto mm = cage.empty() ? std::nullopt : cage.to_ribs_mm(column, row, slice);
      if (mm && *mm <= from_ribs_mm) return false;
      known = known || mm;
    }
    const LungRow& hull = rows_[index_of(slice)][index_of(row)];
    return known || (column >= hull.hull_low && column <= hull.hull_high);
  }
  double width_mm() const { return width_; }  ///< median of the chest's inner widths

 private:
  double width_mm(int slice) const {
    IndexRange columns;
    for (const LungRow& row : rows_[index_of(slice)])
      for (const IndexRange& lung : {row.right, row.left})
        if (lung.any()) columns.add(lung.low), columns.add(lung.high);
    return columns.any() ? (columns.high - columns.low) * working_mm : 0;
  }
  std::array<Cage, 2> cages_;
  std::vector<std::vector<LungRow>> rows_;
  IndexRange lungs_;
  double width_ = 0;
};

bool in_tube(double column, double row, int c, int r, double mm) {
  return std::hypot(c - column, r - row) * working_mm < mm;
}

/// The vertebral body's round and what lies behind it.
bool in_spine(const SpineSlice& spine, int column, int row) {
  const double reach = std::max(spine.half_width_mm, spine.half_depth_mm) + spine_margin_mm;
  return in_tube(spine.body_column, spine.body_row, column, row, reach) ||
         (row > spine.body_row && std::abs(to_side_mm(spine, column)) < reach);
}

/// Spine, descending aorta and fluid: no lung, and the border of what lies against them.
bool is_other(const Scene& scene, std::size_t at, int column, int row, int slice) {
  if (!scene.fluid.empty() && scene.fluid[at] != 0) return true;
  if (in_spine(scene.spine.at[index_of(slice)], column, row)) return true;
  if (!scene.aorta.covers(slice)) return false;
  const AortaSlice& aorta = scene.aorta.at[index_of(slice)];
  return in_tube(aorta.column, aorta.row, column, row, aorta.radius_mm + aorta_margin_mm);
}

/// Both sides of the diaphragm and the widths of the mediastinum.
class Limits {
 public:
  Limits(const Scene& scene, const Diaphragm& right, const Diaphragm& left, int carina,
         double width_mm)
      : scene_(scene), right_(right), left_(left), carina_(carina), width_mm_(width_mm) {}

  Place place(int column, int row, int slice) const {
    const SpineSlice& spine = scene_.spine.at[index_of(slice)];
    const double side = to_side_mm(spine, column);
    const double surface = surface_at(column, row, side < 0 ? right_ : left_);
    if (slice < surface - under_surface) return diaphragm_place;
    if (std::abs(side) < central_mm) return central_place;
    if (slice <= surface + (known(column, row, side < 0 ? right_ : left_) ? on_surface : on_dome))
      return organ_place;
    return std::abs(side) > reach_mm(spine, row, slice, side < 0) ? lung_place : organ_place;
  }

 private:
  float height(int column, int row, const Diaphragm& one) const {
    return one.height[index_of(row) * index_of(scene_.work.grid.size[0]) + index_of(column)];
  }
  bool known(int column, int row, const Diaphragm& one) const {
    return height(column, row, one) > 0;
  }
  /// Beyond the columns that were seen the dome's top stands for it.
  double surface_at(int column, int row, const Diaphragm& one) const {
    return known(column, row, one) ? std::min(one.top, double{height(column, row, one)}) : one.top;
  }
  double reach_mm(const SpineSlice& spine, int row, int slice, bool right) const {
    if (row > spine.body_row - (spine.half_depth_mm + before_spine_mm) / working_mm)
      return std::max(spine.half_width_mm, spine.half_depth_mm) + beside_spine_mm +
             (right ? 0 : beside_aorta_mm);
    const double over_carina = (slice - carina_) * working_mm;
    if (over_carina > above_carina_mm) return upper_share * width_mm_;
    if (over_carina > -below_carina_mm) return hilar_share * width_mm_;
    return (right ? right_share : left_share) * width_mm_;
  }

  const Scene& scene_;
  const Diaphragm &right_, &left_;
  int carina_;
  double width_mm_;
};

Territory none(std::string why) {
  Territory territory;
  territory.missing = std::move(why);
  return territory;
}

}  // namespace

Territory lung_territory(const Scene& scene, const Crop& box) {
  if (!scene.spine.found()) return none("the spine was not found");
  const auto right = diaphragm(scene, right_lung), left = diaphragm(scene, left_lung);
  if (!right || !left) return none("the diaphragm was not seen on both sides");
  Territory territory;
  territory.carina = carina_slice(scene);
  territory.dome = static_cast<int>(right->top);
  if (territory.carina < 0) return none("the bifurcation of the trachea was not found");
  if (territory.carina <= territory.dome) return none("the lungs are not wholly in the scan");
  const Inside inside(scene);
  const Limits limits(scene, *right, *left, territory.carina, inside.width_mm());
  territory.mask.assign(box.grid.voxels(), outside_chest);
  territory.soft.assign(box.grid.voxels(), 0);
  for_each_voxel(box.grid, [&](std::size_t in, int c, int r, int s) {
    const int column = box.low[0] + c, row = box.low[1] + r, slice = box.low[2] + s;
    const std::size_t at = scene.work.grid.offset(column, row, slice);
    if (scene.body[at] == 0 || !scene.spine.covers(slice) || !inside.holds(column, row, slice))
      return;
    territory.mask[in] = limits.place(column, row, slice);
    if (scene.labels[at] <= body && scene.smooth[at] > soft_hu &&
        !is_other(scene, at, column, row, slice))
      territory.soft[in] = 1;
  });
  return territory;
}

}  // namespace tomoscribe::pipeline::measure

#include "pipeline/measure/chest/joined_lung.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pipeline/measure/chest/dense_part.h"
#include "pipeline/measure/chest/lung_territory.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double heart_share = 0.6, heart_margin_mm = 6;
constexpr double seed_mm = 4.5;         // opening by 5.25 mm
constexpr double least_depth_mm = 8.2;  // outermost voxels have 0: 18 mm thick
constexpr double least_seed_ml = 6;
constexpr float inside_mm = 4.5;
constexpr double organ_mm = 2.5, diaphragm_mm = 10.5;  // depths from which an organ is certain
constexpr float level_mm = 0.25F;

/// The deepest soft tissue beside the middle plane between dome and carina; nullopt where there is
/// none.
std::optional<std::size_t> middle_of_heart(const Territory& territory,
                                           const std::vector<float>& depth, const Crop& box) {
  std::optional<std::size_t> deepest;
  float most = 0;
  for_each_voxel(box.grid, [&](std::size_t at, int, int, int s) {
    const int slice = box.low[2] + s;
    const bool between = territory.mask[at] == central_place || territory.mask[at] == organ_place;
    if (slice >= territory.dome && slice <= territory.carina && between && depth[at] > most)
      deepest = at, most = depth[at];
  });
  return deepest;
}

/// The heart with a margin: round the deepest soft tissue beside the middle plane between dome and
/// carina.
Mask heart(const Territory& territory, const std::vector<float>& depth, const Crop& box) {
  const Grid& grid = box.grid;
  Mask result(depth.size(), 0);
  const auto deepest = middle_of_heart(territory, depth, box);
  if (!deepest) return result;
  const double most = depth[*deepest];
  const double ball_mm = heart_share * most;
  Mask core(depth.size());
  for (std::size_t i = 0; i < core.size(); ++i)
    core[i] = territory.mask[i] != diaphragm_place && depth[i] >= ball_mm ? 1 : 0;
  const double reach_mm = ball_mm + heart_margin_mm;
  const auto around = crop_around(core, grid, reach_mm, [](std::uint8_t v) { return v != 0; });
  Mask inside(around->grid.voxels(), 0);
  std::size_t deepest_inside = 0;
  for_each_in(*around, grid, [&](std::size_t at, std::size_t in) {
    inside[in] = core[at];
    if (at == *deepest) deepest_inside = in;
  });
  {
    const Components pieces = components(inside, around->grid, 1);
    const std::uint16_t mine = pieces.labels[deepest_inside];
    for (std::size_t i = 0; i < inside.size(); ++i) inside[i] = pieces.labels[i] == mine ? 1 : 0;
  }
  const std::vector<float> away = depth_mm(inside, around->grid);
  for_each_in(*around, grid, [&](std::size_t at, std::size_t in) {
    result[at] = away[in] >= -static_cast<float>(reach_mm) ? 1 : 0;
  });
  return result;
}

/// By number: 1 where a piece is thick enough, and not of fat's density there: the fat beside the
/// heart is no lung. \param around  of `box`: what `pieces` number
Mask thick_pieces(const Scene& scene, const Components& pieces, const std::vector<float>& depth,
                  const Crop& box, const Crop& around) {
  std::vector<float> thickest(pieces.voxels.size() + 1, 0);
  std::vector<std::vector<std::int16_t>> inner(thickest.size());
  for_each_voxel(around.grid, [&](std::size_t in, int c, int r, int s) {
    const std::uint16_t piece = pieces.labels[in];
    if (piece == 0) return;
    const int column = around.low[0] + c, row = around.low[1] + r, slice = around.low[2] + s;
    const float deep = depth[box.grid.offset(column, row, slice)];
    thickest[piece] = std::max(thickest[piece], deep);
    if (deep >= inside_mm)
      inner[piece].push_back(scene.smooth[scene.work.grid.offset(
          box.low[0] + column, box.low[1] + row, box.low[2] + slice)]);
  });
  Mask kept(thickest.size(), 0);
  for (std::size_t i = 1; i < kept.size(); ++i) {
    if (thickest[i] < least_depth_mm) continue;
    const auto middle = inner[i].begin() + static_cast<std::ptrdiff_t>(inner[i].size() / 2);
    std::ranges::nth_element(inner[i], middle);
    kept[i] = *middle >= fat_hu ? 1 : 0;
  }
  return kept;
}

/// What an opening by 5.25 mm leaves of soft tissue in the place of lung, in pieces that are thick
/// enough; 0 elsewhere.
Mask seeds(const Scene& scene, const Territory& territory, const Mask& heart,
           const std::vector<float>& depth, const Crop& box) {
  const Grid& grid = box.grid;
  Mask suspect(depth.size());
  for (std::size_t i = 0; i < suspect.size(); ++i)
    suspect[i] = territory.soft[i] != 0 && territory.mask[i] == lung_place && heart[i] == 0 ? 1 : 0;
  suspect = opened(suspect, grid, seed_mm);
  const auto around = crop_around(suspect, grid, 0, [](std::uint8_t v) { return v != 0; });
  if (!around) return suspect;
  Mask inside(around->grid.voxels());
  for_each_in(*around, grid, [&](std::size_t at, std::size_t in) { inside[in] = suspect[at]; });
  const Components pieces =
      components(inside, around->grid, static_cast<std::size_t>(least_seed_ml / grid.voxel_ml()));
  const Mask kept = thick_pieces(scene, pieces, depth, box, *around);
  for_each_in(*around, grid,
              [&](std::size_t at, std::size_t in) { suspect[at] = kept[pieces.labels[in]]; });
  return suspect;
}

enum Owner : std::uint8_t { nobody = 0, organ = 1, lesion = 2 };

Mask markers(const Territory& territory, const Mask& heart, const Mask& seed,
             const std::vector<float>& depth) {
  Mask owner(depth.size(), nobody);
  for (std::size_t i = 0; i < owner.size(); ++i) {
    if (territory.soft[i] == 0) continue;
    const std::uint8_t place = territory.mask[i];
    const bool organ_here = place == diaphragm_place
                                ? depth[i] > diaphragm_mm
                                : depth[i] > organ_mm && (place == central_place || heart[i] != 0);
    if (seed[i] != 0)
      owner[i] = lesion;
    else if (organ_here)
      owner[i] = organ;
  }
  return owner;
}

/// Where a lesion may lie: above the diaphragm's dome, outside the middle 44 mm.
Mask open_to_lesions(const Territory& territory, const Crop& box) {
  Mask result(territory.mask.size(), 0);
  for_each_voxel(box.grid, [&](std::size_t at, int, int, int slice) {
    const std::uint8_t place = territory.mask[at];
    const bool beside = place == organ_place || place == lung_place;
    if (territory.soft[at] != 0 && beside && box.low[2] + slice > territory.dome) result[at] = 1;
  });
  return result;
}

/// The deepest voxels of each piece of a mask.
std::vector<std::size_t> deepest_of(const Mask& mask, const std::vector<float>& depth,
                                    const Grid& grid) {
  const Components pieces = components(mask, grid, 1);
  std::vector<float> most(pieces.voxels.size() + 1, 0);
  for (std::size_t i = 0; i < mask.size(); ++i)
    most[pieces.labels[i]] = std::max(most[pieces.labels[i]], depth[i]);
  std::vector<std::size_t> deepest;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask[i] != 0 && depth[i] >= most[pieces.labels[i]]) deepest.push_back(i);
  return deepest;
}

/// Lets the deepest voxels of the seeds climb to where the tissue is thickest: a lesion's middle
/// may lie in the mediastinum's width, where the organs' flood would reach it first.
void climb(const Mask& open, const std::vector<float>& depth, const Grid& grid,
           std::vector<std::size_t> waiting, Mask& owner) {
  const auto steps = face_steps(grid);
  while (!waiting.empty()) {
    const std::size_t at = waiting.back();
    waiting.pop_back();
    for (const std::ptrdiff_t step : steps) {
      const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(at) + step;
      if (to < 0 || to >= static_cast<std::ptrdiff_t>(open.size())) continue;
      const auto near = static_cast<std::size_t>(to);
      if (open[near] == 0 || owner[near] != nobody || depth[near] < depth[at]) continue;
      owner[near] = lesion;
      waiting.push_back(near);
    }
  }
}

/// Gives each voxel of soft tissue to the marker that reaches it first when the depths are flooded
/// from the deepest up.
class Flood {
 public:
  Flood(const Mask& soft, const std::vector<float>& depth, const Grid& grid, Mask& owner)
      : soft_(soft), depth_(depth), steps_(face_steps(grid)), owner_(owner) {
    std::size_t top = 0;
    for (std::size_t i = 0; i < soft.size(); ++i)
      if (soft[i] != 0) top = std::max(top, level_of(i));
    waiting_.resize(top + 1);
    for (std::size_t i = 0; i < soft.size(); ++i)
      if (owner[i] != nobody) waiting_[level_of(i)].push_back(i);
  }
  void run() {
    for (std::size_t level = waiting_.size(); level-- > 0;)
      while (!waiting_[level].empty()) {
        const std::size_t at = waiting_[level].back();
        waiting_[level].pop_back();
        spread(at, level);
      }
  }

 private:
  std::size_t level_of(std::size_t at) const {
    return static_cast<std::size_t>(std::max(0.0F, depth_[at]) / level_mm);
  }
  void spread(std::size_t at, std::size_t level) {
    for (const std::ptrdiff_t step : steps_) {
      const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(at) + step;
      if (to < 0 || to >= static_cast<std::ptrdiff_t>(soft_.size())) continue;
      const auto near = static_cast<std::size_t>(to);
      if (soft_[near] == 0 || owner_[near] != nobody) continue;
      owner_[near] = owner_[at];
      waiting_[std::min(level, level_of(near))].push_back(near);
    }
  }

  const Mask& soft_;
  const std::vector<float>& depth_;
  std::array<std::ptrdiff_t, 6> steps_;
  Mask& owner_;
  std::vector<std::vector<std::size_t>> waiting_;
};

}  // namespace

JoinedLung joined_lung(const Scene& scene, const Crop& box) {
  const Territory territory = lung_territory(scene, box);
  JoinedLung joined{.mask = Mask(box.grid.voxels(), 0),
                    .seed = Mask(box.grid.voxels(), 0),
                    .missing = territory.missing};
  if (!territory.found()) return joined;
  const std::vector<float> depth = depth_mm(territory.soft, box.grid);
  const Mask with_heart = heart(territory, depth, box);
  joined.seed = seeds(scene, territory, with_heart, depth, box);
  if (std::ranges::count(joined.seed, 1) == 0) return joined;
  Mask owner = markers(territory, with_heart, joined.seed, depth);
  climb(open_to_lesions(territory, box), depth, box.grid, deepest_of(joined.seed, depth, box.grid),
        owner);
  Flood(territory.soft, depth, box.grid, owner).run();
  for (std::size_t i = 0; i < owner.size(); ++i) joined.mask[i] = owner[i] == lesion ? 1 : 0;
  return joined;
}

}  // namespace tomoscribe::pipeline::measure

// Landmarks for counting vertebrae (QUANTIFICATION A, S7). A rib is bone that begins beside a
// vertebra and reaches further to the side than any transverse process.
#include "pipeline/measure/scaffold/landmarks.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t rib_hu = 150;
constexpr double seed_from_mm = 20, seed_to_mm = 27;          // beside the canal
constexpr double seed_behind_mm = 22, seed_in_front_mm = 16;  // of the canal
constexpr double rib_reach_mm = 55;  // transverse processes end at about 45 mm
constexpr double rib_slope_mm = 30;
constexpr double crest_from_mm = 45, least_pelvis_ml = 40;
constexpr int t1 = 8, t12 = 19, l4 = 23, l5 = 24;

/// Millimetres to the left of the canal; slices beyond the spine take its ends.
double left_mm(const Spine& spine, int column, int slice) {
  const int s = std::clamp(slice, spine.first, spine.last);
  return (column - spine.at[static_cast<std::size_t>(s)].canal_column) * working_mm;
}

/// The voxels of `mask` that lie at least `mm` to the side of the canal.
Mask lateral(const Scene& scene, Mask mask, double mm) {
  const Grid& grid = scene.work.grid;
  std::size_t at = 0;
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column, ++at)
        if (std::abs(left_mm(scene.spine, column, slice)) < mm) mask[at] = 0;
  return mask;
}

/// Bone beside the spine, without contrast agent. What is 0 here is not walked through.
Mask lateral_bone(const Scene& scene) {
  Mask mask(scene.body.size(), 0);
  for (std::size_t at = 0; at < mask.size(); ++at) {
    const bool dense = scene.body[at] != 0 && scene.work.hu[at] > rib_hu;
    mask[at] = dense && (!scene.contrast.given() || scene.bone[at] != 0) ? 1 : 0;
  }
  return lateral(scene, std::move(mask), seed_from_mm);
}

/// Which vertebra's ribs and processes begin at a slice: between its lower third and just above its
/// upper disc. -1 when none.
int vertebra_of_process(const std::vector<Vertebra>& vertebrae, double slice) {
  for (std::size_t i = 0; i < vertebrae.size(); ++i) {
    const double height = vertebrae[i].upper_disc - vertebrae[i].lower_disc;
    if (slice >= vertebrae[i].lower_disc + 0.22 * height &&
        slice < vertebrae[i].upper_disc + 0.22 * height)
      return static_cast<int>(i);
  }
  return -1;
}

/// How far the bone reaches that begins beside each vertebra: every voxel belongs to the vertebra
/// that is nearest along bone.
class Ribs {
 public:
  Ribs(const Scene& scene, const std::vector<Vertebra>& vertebrae)
      : scene_{scene}, mask_{lateral_bone(scene)}, reach_mm_(vertebrae.size(), 0) {
    owner_.assign(mask_.size(), -1);
    seed(vertebrae);
    spread();
  }
  bool has_rib(std::size_t vertebra) const { return reach_mm_[vertebra] >= rib_reach_mm; }
  /// Whether a vertebra lies in chest or abdomen, where bone beside it may be a rib.
  bool on_trunk(const Vertebra& vertebra) const {
    const auto slice = static_cast<std::size_t>(
        std::clamp<double>(vertebra.middle(), 0, static_cast<double>(scene_.regions.size()) - 1));
    const BodyRegion region = scene_.regions[slice];
    return region == BodyRegion::chest || region == BodyRegion::abdomen;
  }

 private:
  void seed(const std::vector<Vertebra>& vertebrae) {
    const Grid& grid = scene_.work.grid;
    for (int slice = scene_.spine.first; slice <= scene_.spine.last; ++slice) {
      const int vertebra = vertebra_of_process(vertebrae, slice);
      if (vertebra < 0) continue;
      const SpineSlice& spine = scene_.spine.at[static_cast<std::size_t>(slice)];
      const int from =
          std::max(0, static_cast<int>(spine.canal_row - seed_in_front_mm / working_mm));
      const int to = std::min(grid.size[1] - 1,
                              static_cast<int>(spine.canal_row + seed_behind_mm / working_mm));
      for (int row = from; row <= to; ++row)
        for (int column = 0; column < grid.size[0]; ++column) {
          const std::size_t at = grid.offset(column, row, slice);
          if (mask_[at] == 0 || std::abs(left_mm(scene_.spine, column, slice)) > seed_to_mm)
            continue;
          owner_[at] = static_cast<std::int16_t>(vertebra);
          front_.push_back(at);
        }
    }
  }

  void spread() {
    const Grid& grid = scene_.work.grid;
    const std::ptrdiff_t columns = grid.size[0], plane = columns * grid.size[1];
    std::vector<std::size_t> next;
    while (!front_.empty()) {
      next.clear();
      for (const std::size_t at : front_) {
        note(at);
        for (const std::ptrdiff_t step :
             {std::ptrdiff_t{1}, std::ptrdiff_t{-1}, columns, -columns, plane, -plane}) {
          const auto to = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(at) + step);
          if (to >= mask_.size() || mask_[to] == 0 || owner_[to] >= 0) continue;
          owner_[to] = owner_[at];
          next.push_back(to);
        }
      }
      front_.swap(next);
    }
  }

  void note(std::size_t at) {
    const auto columns = static_cast<std::size_t>(scene_.work.grid.size[0]);
    const std::size_t plane = columns * static_cast<std::size_t>(scene_.work.grid.size[1]);
    double& reach = reach_mm_[static_cast<std::size_t>(owner_[at])];
    reach = std::max(reach, std::abs(left_mm(scene_.spine, static_cast<int>(at % columns),
                                             static_cast<int>(at / plane))));
  }

  const Scene& scene_;
  Mask mask_;
  std::vector<double> reach_mm_;
  std::vector<std::int16_t> owner_;
  std::vector<std::size_t> front_;
};

/// Index of the vertebra at a slice, with the discs as borders; nullopt outside.
std::optional<int> vertebra_at(const std::vector<Vertebra>& vertebrae, double slice) {
  for (std::size_t i = 0; i < vertebrae.size(); ++i)
    if (slice >= vertebrae[i].lower_disc && slice < vertebrae[i].upper_disc)
      return static_cast<int>(i);
  return std::nullopt;
}

/// The lowest vertebra with ribs that has one without below it, where a rib, sloping down, would
/// still be in the scan.
void add_lowest_rib(const Ribs& ribs, const std::vector<Vertebra>& vertebrae,
                    std::vector<Landmark>& found) {
  for (std::size_t i = 1; i < vertebrae.size(); ++i) {
    if (!ribs.has_rib(i) || ribs.has_rib(i - 1) || !ribs.on_trunk(vertebrae[i])) continue;
    if (i + 1 < vertebrae.size() && !ribs.has_rib(i + 1)) continue;
    if (vertebrae[i - 1].middle() * working_mm < rib_slope_mm) return;
    if (i + 3 < vertebrae.size() && !ribs.has_rib(i + 2)) continue;
    found.push_back({"lowest rib", static_cast<int>(i), {t12}});
    return;
  }
}

/// The highest vertebra with ribs that has one without above it.
void add_highest_rib(const Ribs& ribs, const std::vector<Vertebra>& vertebrae,
                     std::vector<Landmark>& found) {
  for (std::size_t i = vertebrae.size() - 1; i-- > 2;) {
    if (ribs.has_rib(i + 1)) return;  // above the ribs there are none, or the scan does not show it
    if (!ribs.has_rib(i)) continue;
    if (!ribs.has_rib(i - 1) || !ribs.has_rib(i - 2)) return;
    found.push_back({"first rib", static_cast<int>(i), {t1}});
    return;
  }
}

/// The top of both lungs, when it is not cut: at T1 or T2.
void add_lung_apex(const Scene& scene, const std::vector<Vertebra>& vertebrae,
                   std::vector<Landmark>& found) {
  const auto plane = static_cast<std::size_t>(scene.work.grid.size[0]) *
                     static_cast<std::size_t>(scene.work.grid.size[1]);
  const auto is_lung = [](std::uint8_t label) { return label == right_lung || label == left_lung; };
  const auto top = std::find_if(scene.labels.rbegin(), scene.labels.rend(), is_lung);
  if (top == scene.labels.rend()) return;
  const int slice =
      static_cast<int>(static_cast<std::size_t>(scene.labels.rend() - top - 1) / plane);
  if (slice >= scene.work.grid.size[2] - 3) return;
  if (const auto at = vertebra_at(vertebrae, slice))
    found.push_back({"lung apex", *at, {t1, t1 + 1}});
}

/// The highest slice of the pelvis; nullopt without one.
std::optional<int> crest_slice(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  const auto least = static_cast<std::size_t>(least_pelvis_ml / grid.voxel_ml());
  const Components pieces = components(lateral(scene, scene.bone, crest_from_mm), grid, least);
  const std::size_t plane = grid.offset(0, 0, 1);
  std::vector<int> lowest(pieces.voxels.size() + 1, -1), highest(pieces.voxels.size() + 1, -1);
  for (std::size_t i = 0; i < pieces.labels.size(); ++i) {
    const std::uint16_t piece = pieces.labels[i];
    if (lowest[piece] < 0) lowest[piece] = static_cast<int>(i / plane);
    highest[piece] = static_cast<int>(i / plane);
  }
  std::optional<int> crest;
  for (std::size_t i = 1; i < lowest.size(); ++i)
    if (scene.regions[static_cast<std::size_t>(lowest[i])] == BodyRegion::pelvis)
      crest = std::max(crest.value_or(0), highest[i]);
  return crest;
}

/// The top of the pelvis: at L4 or L5.
void add_iliac_crest(const Scene& scene, const std::vector<Vertebra>& vertebrae,
                     std::vector<Landmark>& found) {
  if (!scene.shows(BodyRegion::pelvis)) return;
  const std::optional<int> crest = crest_slice(scene);
  if (!crest || *crest >= scene.work.grid.size[2] - 3) return;
  if (const auto vertebra = vertebra_at(vertebrae, *crest))
    found.push_back({"iliac crest", *vertebra, {l4, l5}});
}

}  // namespace

std::vector<Landmark> landmarks(const Scene& scene, const std::vector<Vertebra>& vertebrae) {
  std::vector<Landmark> found;
  if (vertebrae.size() < 2) return found;
  const Ribs ribs(scene, vertebrae);
  add_highest_rib(ribs, vertebrae, found);
  add_lowest_rib(ribs, vertebrae, found);
  add_lung_apex(scene, vertebrae, found);
  add_iliac_crest(scene, vertebrae, found);
  return found;
}

}  // namespace tomoscribe::pipeline::measure

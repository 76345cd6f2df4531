#include "pipeline/measure/chest/dense_lung.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/measure/chest/cage.h"
#include "pipeline/measure/chest/joined_lung.h"
#include "pipeline/measure/chest/lung_space.h"
#include "pipeline/measure/crop.h"
#include "pipeline/measure/section_axes.h"
#include "pipeline/measure/symmetric.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t dense_hu = -300, gas_hu = -600;
constexpr double ball_mm = 15;
constexpr double bulk_mm = 6;    // mediastinum and abdomen hold together through an opening of that
constexpr double vessel_mm = 3;  // opening that cuts vessels (QUANTIFICATION A)
constexpr double from_ribs_mm = 2;
constexpr double least_ml = 3;
constexpr double least_against_lung = 0.2;
constexpr double least_joined_against_lung = 0.05;  // most of its shell is chest wall or organ
constexpr int look = 3;                             // voxels over which a border is blurred

bool is_lung(std::uint8_t label) {
  return label == right_lung || label == left_lung;
}

/// The two sides of the chest inside their ribs.
class Cages {
 public:
  explicit Cages(const Scene& scene)
      : sides_{Cage(scene, right_lung, 0), Cage(scene, left_lung, 0)} {}
  /// Millimetres in from the ribs of that side, where they are known.
  std::optional<double> to_ribs_mm(int column, int row, int slice) const {
    for (const Cage& cage : sides_)
      if (const auto mm = covers(cage, slice) ? cage.to_ribs_mm(column, row, slice) : std::nullopt)
        return mm;
    return std::nullopt;
  }

 private:
  static bool covers(const Cage& cage, int slice) {
    const int index = slice - cage.first();
    return !cage.empty() && index >= 0 && index < static_cast<int>(cage.slices().size());
  }
  std::array<Cage, 2> sides_;
};

/// Vertebrae and what lies within 10 mm of them.
bool near_spine(const Scene& scene, int column, int row, int slice) {
  constexpr double margin_mm = 10;
  if (!scene.spine.covers(slice)) return false;
  const SpineSlice& spine = scene.spine.at[index_of(slice)];
  const double away = working_mm * std::hypot(column - spine.body_column, row - spine.body_row);
  return away < std::max(spine.half_width_mm, spine.half_depth_mm) + margin_mm;
}

/// Soft tissue that is not chest wall; 2 where it may be lung (inside ribs or in the closed lungs).
Mask soft_tissue(const Scene& scene, const Mask& space, const Crop& box) {
  const Cages cages(scene);
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

/// What the opening by `mm` leaves of a mask.
Mask opened(const Mask& mask, const Grid& grid, double mm) {
  Mask core = deeper_than(depth_mm(mask, grid), mm - working_mm / 2);
  if (std::ranges::count(core, 1) == 0) return core;
  const std::vector<float> from_core = depth_mm(core, grid);
  Mask result(mask.size());
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = mask[i] != 0 && from_core[i] >= -static_cast<float>(mm + working_mm / 2) ? 1 : 0;
  return result;
}

/// Millimetres outside the largest piece of the opened soft tissue, 0 inside.
std::vector<float> outside_bulk_mm(const Mask& soft, const Grid& grid) {
  Mask core = deeper_than(depth_mm(soft, grid), bulk_mm - working_mm / 2);
  const Components pieces = components(core, grid, 1);
  for (std::size_t i = 0; i < core.size(); ++i) core[i] = pieces.labels[i] == 1 ? 1 : 0;
  std::vector<float> away = depth_mm(core, grid);
  for (float& mm : away) mm = std::max(0.0F, -mm);
  return away;
}

class Judge {
 public:
  Judge(const Scene& scene, const Crop& box, const Components& pieces)
      : scene_(scene), box_(box), pieces_(pieces), faces_(face_steps(scene.work.grid)) {}

  std::vector<DensePart> parts() const {
    std::vector<DensePart> all(pieces_.voxels.size());
    std::vector<Sums> sums(all.size());
    const Grid& grid = scene_.work.grid;
    std::size_t in = 0;
    for_each_voxel(box_.grid, [&](std::size_t, int column, int row, int slice) {
      const std::uint16_t piece = pieces_.labels[in++];
      if (piece == 0) return;
      const std::size_t at =
          grid.offset(box_.low[0] + column, box_.low[1] + row, box_.low[2] + slice);
      ++sums[piece - 1U].count;
      look_around(at, in - 1, sums[piece - 1U]);
    });
    for (std::size_t i = 0; i < all.size(); ++i) sums[i].write(all[i]);
    return all;
  }

 private:
  struct Sums {
    double count = 0, faces = 0, lung = 0, right = 0, fluid = 0;
    void write(DensePart& part) const {
      part.voxels = static_cast<std::size_t>(count);
      part.against_lung = lung / std::max(1.0, faces);
      part.against_fluid = fluid / std::max(1.0, faces);
      part.lung = 2 * right >= lung ? right_lung : left_lung;
    }
  };

  void look_around(std::size_t at, std::size_t in, Sums& sums) const {
    const auto steps = face_steps(box_.grid);
    for (std::size_t k = 0; k < faces_.size(); ++k) {
      const std::ptrdiff_t near = static_cast<std::ptrdiff_t>(in) + steps[k];
      if (near < 0 || near >= static_cast<std::ptrdiff_t>(pieces_.labels.size())) continue;
      if (pieces_.labels[static_cast<std::size_t>(near)] != 0) continue;
      ++sums.faces;
      look_out(at, faces_[k], sums);
    }
  }

  void look_out(std::size_t at, std::ptrdiff_t face, Sums& sums) const {
    for (int step = 1; step <= look; ++step) {
      const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(at) + face * step;
      if (to < 0 || to >= static_cast<std::ptrdiff_t>(scene_.labels.size())) return;
      const auto index = static_cast<std::size_t>(to);
      if (!scene_.fluid.empty() && scene_.fluid[index] != 0) {
        ++sums.fluid;
        return;
      }
      if (!is_lung(scene_.labels[index])) continue;
      ++sums.lung;
      if (scene_.labels[index] == right_lung) ++sums.right;
      return;
    }
  }

  const Scene& scene_;
  const Crop& box_;
  const Components& pieces_;
  std::array<std::ptrdiff_t, 6> faces_;
};

/// Share of the mask's closing by 4.5 mm that is gas.
double gas_share(const Scene& scene, const Crop& part_box, const Mask& mask) {
  std::vector<float> depth = depth_mm(mask, part_box.grid);
  Mask grown(mask.size());
  for (std::size_t i = 0; i < grown.size(); ++i) grown[i] = depth[i] >= -4.5F ? 1 : 0;
  depth = depth_mm(grown, part_box.grid);
  double gas = 0, all = 0;
  for_each_in(part_box, scene.work.grid, [&](std::size_t at, std::size_t in) {
    if (depth[in] < 4.4F) return;
    ++all;
    if (mask[in] == 0 && scene.work.hu[at] < gas_hu) ++gas;
  });
  return gas / std::max(1.0, all);
}

/// Second moments of a mask, in voxels.
struct Moments {
  double count = 0;
  Vec3 centre{};
  double elongation = 1;
};

Moments moments_of(const Mask& mask, const Grid& grid) {
  Moments all;
  std::array<std::array<double, 3>, 3> second{};
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (mask[at] == 0) return;
    const Vec3 index{double(column), double(row), double(slice)};
    ++all.count;
    for (std::size_t i = 0; i < 3; ++i) {
      all.centre[i] += index[i];
      for (std::size_t j = 0; j < 3; ++j) second[i][j] += index[i] * index[j];
    }
  });
  if (all.count == 0) return all;
  for (double& value : all.centre) value /= all.count;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      second[i][j] = second[i][j] / all.count - all.centre[i] * all.centre[j];
  std::array<double, 3> axes = eigenvalues(second);
  std::ranges::sort(axes);
  all.elongation = std::sqrt(axes[2] / std::max(axes[0], 1e-6));
  return all;
}

/// Long and short axis of the section with the largest area, elongation, how much of the ball round
/// the part it fills, of its body; and the gas that the part's closing by 4.5 mm holds.
void add_shape(const Scene& scene, const Crop& part_box, const Mask& mask, DensePart& part) {
  const Grid& grid = part_box.grid;
  const Mask main = body_of_part(mask, grid);
  const Moments moments = moments_of(main, grid);
  std::vector<std::size_t> areas(index_of(grid.size[2]), 0);
  double farthest = 1;
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (main[at] == 0) return;
    ++areas[index_of(slice)];
    farthest = std::max(farthest, std::hypot(column - moments.centre[0], row - moments.centre[1],
                                             slice - moments.centre[2]));
  });
  part.elongation = moments.elongation;
  part.compactness = moments.count / (4 * std::numbers::pi / 3 * std::pow(farthest + 0.5, 3));
  const int best = static_cast<int>(std::ranges::max_element(areas) - areas.begin());
  const auto [long_mm, short_mm] = section_axes_mm(main, grid, best);
  part.long_mm = long_mm, part.short_mm = short_mm;
  part.air = gas_share(scene, part_box, mask);
}

/// Shapes of all parts, from their labels.
void add_shapes(const Scene& scene, DenseLung& dense) {
  const Grid& grid = scene.work.grid;
  for (std::size_t i = 0; i < dense.parts.size(); ++i) {
    Mask one(dense.labels.size());
    for (std::size_t at = 0; at < one.size(); ++at) one[at] = dense.labels[at] == i + 1 ? 1 : 0;
    const auto box = crop_around(one, grid, 8, [](std::uint8_t v) { return v != 0; });
    Mask mask(box->grid.voxels());
    for_each_in(*box, grid, [&](std::size_t at, std::size_t in) { mask[in] = one[at]; });
    add_shape(scene, *box, mask, dense.parts[i]);
  }
}

Components pieces_of(const Mask& mask, const Grid& grid) {
  return components(mask, grid, static_cast<std::size_t>(least_ml / grid.voxel_ml()));
}

/// What is left of a mask without vessels, in pieces that hold some of `seed` and lie against
/// aerated lung.
Mask lying_against_lung(const Scene& scene, const Crop& box, const Mask& mask, const Mask& seed,
                        double least) {
  const Components pieces = pieces_of(opened(mask, box.grid, vessel_mm), box.grid);
  const std::vector<DensePart> parts = Judge(scene, box, pieces).parts();
  Mask held(parts.size() + 1, 0);
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (seed[i] != 0) held[pieces.labels[i]] = 1;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i].against_lung < least) held[i + 1] = 0;
  held[0] = 0;
  Mask result(mask.size());
  std::ranges::transform(pieces.labels, result.begin(),
                         [&](std::uint16_t piece) { return held[piece]; });
  return result;
}

/// The pieces that lie against aerated lung, numbered from 1, with their parts. `joins`: what is
/// joined to organs.
void keep_parts(const Scene& scene, const Crop& box, const Components& pieces, const Mask& joins,
                DenseLung& dense) {
  std::vector<DensePart> parts = Judge(scene, box, pieces).parts();
  for (std::size_t i = 0; i < joins.size(); ++i)
    if (joins[i] != 0 && pieces.labels[i] != 0) parts[pieces.labels[i] - 1U].joined = true;
  std::vector<std::uint16_t> number(parts.size() + 1, 0);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const double least = parts[i].joined ? least_joined_against_lung : least_against_lung;
    if (parts[i].against_lung < least) continue;
    dense.parts.push_back(parts[i]);
    number[i + 1] = static_cast<std::uint16_t>(dense.parts.size());
  }
  for_each_in(box, scene.work.grid, [&](std::size_t at, std::size_t in) {
    const std::uint16_t kept = number[pieces.labels[in]];
    if (kept == 0) return;
    dense.labels[at] = kept;
    dense.bulk[at] = 0;
    dense.space[at] = dense.parts[kept - 1U].lung;
  });
}

}  // namespace

Mask body_of_part(const Mask& part, const Grid& grid) {
  Mask result(part.size(), 0);
  const auto box = crop_around(part, grid, working_mm, [](std::uint8_t v) { return v != 0; });
  if (!box) return result;
  Mask mask(box->grid.voxels());
  for_each_in(*box, grid, [&](std::size_t at, std::size_t in) { mask[in] = part[at]; });
  const std::vector<float> depth = depth_mm(mask, box->grid);
  const float most = *std::ranges::max_element(depth);
  const Mask kept = opened(mask, box->grid, std::max(working_mm, most / 2.0));
  for_each_in(*box, grid, [&](std::size_t at, std::size_t in) { result[at] = kept[in]; });
  return result;
}

DenseLung dense_lung(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  DenseLung dense{.space = lung_space(scene, ball_mm),
                  .bulk = {},
                  .labels = {},
                  .parts = {},
                  .joined_missing = {}};
  dense.labels.assign(scene.labels.size(), 0);
  dense.bulk.assign(scene.labels.size(), 0);
  const auto box = crop_around(scene.labels, grid, 2 * ball_mm, is_lung);
  if (!box) return dense;
  Mask soft = soft_tissue(scene, dense.space, *box);
  const std::vector<float> away = outside_bulk_mm(not_zero(soft), box->grid);
  for_each_in(*box, grid, [&](std::size_t at, std::size_t in) {
    dense.bulk[at] = away[in] <= static_cast<float>(bulk_mm + 2 * working_mm) ? 1 : 0;
  });
  const JoinedLung joined = joined_lung(scene, *box);
  dense.joined_missing = joined.missing;
  for (std::size_t i = 0; i < soft.size(); ++i)
    soft[i] = soft[i] == 2 && away[i] > static_cast<float>(bulk_mm + 2 * working_mm) ? 1 : 0;
  // Judged before they are put together: a layer of the chest wall must not hide what touches it.
  soft = lying_against_lung(scene, *box, soft, soft, least_against_lung);
  const Mask joins =
      lying_against_lung(scene, *box, joined.mask, joined.seed, least_joined_against_lung);
  for (std::size_t i = 0; i < soft.size(); ++i) soft[i] = soft[i] != 0 || joins[i] != 0 ? 1 : 0;
  const Components pieces = pieces_of(soft, box->grid);
  keep_parts(scene, *box, pieces, joins, dense);
  add_shapes(scene, dense);
  return dense;
}

}  // namespace tomoscribe::pipeline::measure

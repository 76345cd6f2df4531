#include "pipeline/measure/chest/dense_part.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/measure/chest/lying.h"
#include "pipeline/measure/section_axes.h"
#include "pipeline/measure/symmetric.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t gas_hu = -600;
constexpr int look = 3;  // voxels over which a border is blurred
constexpr double wall_mm = 6, well_inside_mm = 4.5;
constexpr double least_fat_hu = -190;  // Shen 2004: fat is -190 to -30 HU
// Transudates and exudates, and the noise of a mean; lung that blood flows through is denser.
constexpr double least_fluid_hu = -10, most_fluid_hu = 30;
constexpr double least_dependent = 0.55, least_wall = 0.12;  // as of fluid that is recognised
constexpr double most_air = 0.02;

bool is_lung(std::uint8_t label) {
  return label == right_lung || label == left_lung;
}

class Judge {
 public:
  Judge(const Scene& scene, const Cages& cages, const Crop& box, const Components& pieces)
      : scene_(scene),
        cages_(cages),
        box_(box),
        pieces_(pieces),
        faces_(face_steps(scene.work.grid)) {}

  std::vector<DensePart> parts() const {
    std::vector<DensePart> all(pieces_.voxels.size());
    std::vector<Sums> sums(all.size());
    const Grid& grid = scene_.work.grid;
    std::size_t in = 0;
    for_each_voxel(box_.grid, [&](std::size_t, int column, int row, int slice) {
      const std::uint16_t piece = pieces_.labels[in++];
      if (piece == 0) return;
      const int c = box_.low[0] + column, r = box_.low[1] + row, s = box_.low[2] + slice;
      Sums& of = sums[piece - 1U];
      ++of.count;
      if (const auto below = cages_.is_dependent(c, r, s)) ++of.placed, of.below += *below ? 1 : 0;
      const bool wall = cages_.to_ribs_mm(c, r, s).value_or(2 * wall_mm) <= wall_mm;
      look_around(grid.offset(c, r, s), in - 1, wall, of);
    });
    for (std::size_t i = 0; i < all.size(); ++i) sums[i].write(all[i]);
    return all;
  }

 private:
  struct Sums {
    double count = 0, faces = 0, lung = 0, right = 0, fluid = 0, wall = 0, placed = 0, below = 0;
    void write(DensePart& part) const {
      part.voxels = static_cast<std::size_t>(count);
      part.against_lung = lung / std::max(1.0, faces);
      part.against_fluid = fluid / std::max(1.0, faces);
      part.against_wall = wall / std::max(1.0, faces);
      part.dependent = below / std::max(1.0, placed);
      part.lung = 2 * right >= lung ? right_lung : left_lung;
    }
  };

  void look_around(std::size_t at, std::size_t in, bool wall, Sums& sums) const {
    const auto steps = face_steps(box_.grid);
    for (std::size_t k = 0; k < faces_.size(); ++k) {
      const std::ptrdiff_t near = static_cast<std::ptrdiff_t>(in) + steps[k];
      if (near < 0 || near >= static_cast<std::ptrdiff_t>(pieces_.labels.size())) continue;
      if (pieces_.labels[static_cast<std::size_t>(near)] != 0) continue;
      ++sums.faces;
      if (!look_out(at, faces_[k], sums) && wall) ++sums.wall;
    }
  }

  /// Whether lung or fluid was met.
  bool look_out(std::size_t at, std::ptrdiff_t face, Sums& sums) const {
    for (int step = 1; step <= look; ++step) {
      const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(at) + face * step;
      if (to < 0 || to >= static_cast<std::ptrdiff_t>(scene_.labels.size())) return false;
      const auto index = static_cast<std::size_t>(to);
      if (!scene_.fluid.empty() && scene_.fluid[index] != 0) {
        ++sums.fluid;
        return true;
      }
      if (!is_lung(scene_.labels[index])) continue;
      ++sums.lung;
      if (scene_.labels[index] == right_lung) ++sums.right;
      return true;
    }
    return false;
  }

  const Scene& scene_;
  const Cages& cages_;
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

/// A percentile of what lies well inside the part.
void add_density(const Scene& scene, const Crop& box, const Mask& mask, DensePart& part) {
  const std::vector<float> depth = depth_mm(mask, box.grid);
  const double most = *std::ranges::max_element(depth);
  const auto inside = static_cast<float>(std::min(well_inside_mm, most / 2));
  std::vector<std::int16_t> values;
  values.reserve(part.voxels);
  for_each_in(box, scene.work.grid, [&](std::size_t at, std::size_t in) {
    if (mask[in] != 0 && depth[in] >= inside) values.push_back(scene.smooth[at]);
  });
  if (values.empty()) return;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  const auto tenth = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 10);
  std::ranges::nth_element(values, middle);
  part.inner_hu = *middle;
  std::ranges::nth_element(values, tenth);
  part.darkest_hu = *tenth;
}

}  // namespace

bool DensePart::is_fat() const {
  return inner_hu < fat_hu && darkest_hu > least_fat_hu;
}

bool DensePart::like_fluid() const {
  return inner_hu >= least_fluid_hu && inner_hu <= most_fluid_hu && air <= most_air &&
         dependent >= least_dependent && against_wall >= least_wall;
}

Cages::Cages(const Scene& scene)
    : sides_{Cage(scene, right_lung, 0), Cage(scene, left_lung, 0)},
      down_(lying_of(scene).direction()) {}

const Cage* Cages::side_of(int column, int row, int slice) const {
  for (const Cage& cage : sides_)
    if (!cage.empty() && cage.to_ribs_mm(column, row, slice)) return &cage;
  return nullptr;
}

std::optional<double> Cages::to_ribs_mm(int column, int row, int slice) const {
  const Cage* side = side_of(column, row, slice);
  return side == nullptr ? std::nullopt : side->to_ribs_mm(column, row, slice);
}

std::optional<bool> Cages::is_dependent(int column, int row, int slice) const {
  const Cage* side = side_of(column, row, slice);
  if (side == nullptr) return std::nullopt;
  return side->beyond_centre_mm(column, row, slice, down_) > 0;
}

std::vector<DensePart> contacts_of(const Scene& scene, const Cages& cages, const Crop& box,
                                   const Components& pieces) {
  return Judge(scene, cages, box, pieces).parts();
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

void add_shape(const Scene& scene, const Crop& box, const Mask& mask, DensePart& part) {
  const Grid& grid = box.grid;
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
  part.air = gas_share(scene, box, mask);
  add_density(scene, box, mask, part);
}

}  // namespace tomoscribe::pipeline::measure

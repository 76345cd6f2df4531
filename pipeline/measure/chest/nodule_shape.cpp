#include "pipeline/measure/chest/nodule_shape.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "pipeline/measure/crop.h"
#include "pipeline/measure/section_axes.h"
#include "pipeline/measure/symmetric.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double least_step_mm = 0.5, shell_mm = 1.5;
constexpr int aerated_hu = -600;
constexpr double most_elongation = 1.85, least_compactness = 0.38, most_attached = 0.16;
constexpr double least_wall = 0.05, bone_hu = 300;
// Fat from -20 HU down: none of 90 cancers was taken for it there (M. Eifer, "Increasing the
// threshold for diagnosis of pulmonary hamartomas"); -40 before that (Siegelman 1986).
constexpr double fat_hu = -20;
constexpr double least_fat_hu = -120, most_fat_hu = -40, least_fat_share = 0.2;
constexpr double most_slice_for_fat_mm = 2.5, least_fat_nodule_mm = 8;
constexpr double least_against_lung = 0.35, least_contrast_hu = 200;

/// A cube of the volume around a spot, with equal steps along the patient's axes.
struct Patch {
  Grid grid;
  std::vector<std::int16_t> hu;
  Mask space;                   ///< lung's space
  std::array<int, 3> middle{};  ///< voxel at the spot
};

/// Linear interpolation; outside the volume its outermost voxels.
class Sampler {
 public:
  explicit Sampler(const Volume& volume) : volume_(volume), inverse_(volume.grid.inverse_per_mm()) {
    const auto columns = index_of(volume.grid.size[0]), rows = index_of(volume.grid.size[1]);
    stride_ = {1, columns, columns * rows};
    for (std::size_t i = 0; i < 3; ++i) next_[i] = volume.grid.size[i] > 1 ? stride_[i] : 0;
  }
  std::int16_t operator()(const Vec3& mm) const {
    std::size_t at = 0;
    std::array<double, 3> upper{};
    for (std::size_t i = 0; i < 3; ++i) {
      double index = 0;
      for (std::size_t axis = 0; axis < 3; ++axis)
        index += inverse_[i][axis] * (mm[axis] - volume_.grid.origin_mm[axis]);
      index = std::clamp(index, 0.0, static_cast<double>(volume_.grid.size[i] - 1));
      const int low = std::min(static_cast<int>(index), std::max(0, volume_.grid.size[i] - 2));
      upper[i] = index - low;
      at += index_of(low) * stride_[i];
    }
    const std::int16_t* first = volume_.hu.data() + at;
    const std::array<double, 2> x{1 - upper[0], upper[0]}, y{1 - upper[1], upper[1]},
        z{1 - upper[2], upper[2]};
    double sum = 0;
    for (std::size_t k = 0; k < 2; ++k)
      for (std::size_t j = 0; j < 2; ++j)
        for (std::size_t i = 0; i < 2; ++i)
          sum += x[i] * y[j] * z[k] * first[i * next_[0] + j * next_[1] + k * next_[2]];
    return static_cast<std::int16_t>(sum < 0 ? sum - 0.5 : sum + 0.5);
  }

 private:
  const Volume& volume_;
  std::array<Vec3, 3> inverse_;
  std::array<std::size_t, 3> stride_{}, next_{};  ///< next_: to the upper neighbour
};

std::uint8_t nearest(const Mask& mask, const Grid& grid, const Vec3& mm) {
  std::array<int, 3> at{};
  for (std::size_t i = 0; i < 3; ++i) {
    at[i] = static_cast<int>(std::lround((mm[i] - grid.origin_mm[i]) / grid.step_mm[i][i]));
    if (at[i] < 0 || at[i] >= grid.size[i]) return 0;
  }
  return mask[grid.offset(at[0], at[1], at[2])];
}

Patch patch_around(const Scene& scene, const Mask& space, const Spot& spot) {
  const double reach = std::min(40.0, 1.6 * spot.diameter_mm + 6);
  const double step = std::max(least_step_mm, spot.diameter_mm / 20);
  const int half = static_cast<int>(std::ceil(reach / step)), side = 2 * half + 1;
  Patch patch;
  patch.grid.size = {side, side, side};
  patch.middle = {half, half, half};
  for (std::size_t i = 0; i < 3; ++i) {
    patch.grid.origin_mm[i] = spot.centre_mm[i] - step * half;
    patch.grid.step_mm[i][i] = step;
  }
  const Sampler sample(scene.volume);
  patch.hu.reserve(patch.grid.voxels());
  patch.space.reserve(patch.grid.voxels());
  for (int slice = 0; slice < side; ++slice)
    for (int row = 0; row < side; ++row)
      for (int column = 0; column < side; ++column) {
        const Vec3 mm = patch.grid.point_mm(column, row, slice);
        patch.hu.push_back(sample(mm));
        patch.space.push_back(nearest(space, scene.work.grid, mm));
      }
  return patch;
}

double median(std::vector<std::int16_t>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// Calls `visit(at, mm from the middle)` for every voxel.
template <class Visit>
void from_the_middle(const Grid& grid, const Visit& visit) {
  const double step = grid.step_mm[0][0];
  const int middle = grid.size[0] / 2;
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    visit(at, step * std::hypot(column - middle, row - middle, slice - middle));
  });
}

/// The part of the patch that holds the mask and the shell around it; `mask` is cut likewise. What
/// touches an end of the part touches that end of the patch.
Patch cut_to(const Patch& patch, Mask& mask) {
  const double margin = shell_mm + 3 * patch.grid.step_mm[0][0];
  const auto crop = crop_around(mask, patch.grid, margin, [](std::uint8_t in) { return in != 0; });
  Patch part{.grid = crop->grid,
             .hu = std::vector<std::int16_t>(crop->grid.voxels()),
             .space = Mask(crop->grid.voxels())};
  for (std::size_t i = 0; i < 3; ++i) part.middle[i] = patch.middle[i] - crop->low[i];
  Mask cut(part.hu.size());
  for_each_in(*crop, patch.grid, [&](std::size_t at, std::size_t in) {
    part.hu[in] = patch.hu[at], part.space[in] = patch.space[at], cut[in] = mask[at];
  });
  mask = std::move(cut);
  return part;
}

/// Median inside and of the aerated lung around; nullopt when there is no such contrast.
std::optional<std::array<double, 2>> inside_and_around(const Patch& patch, double diameter_mm) {
  std::vector<std::int16_t> inside, around;
  from_the_middle(patch.grid, [&](std::size_t at, double from_middle) {
    if (from_middle <= std::max(1.0, 0.25 * diameter_mm)) inside.push_back(patch.hu[at]);
    if (patch.space[at] != 0 && patch.hu[at] < aerated_hu) around.push_back(patch.hu[at]);
  });
  if (inside.empty() || around.size() < 50) return std::nullopt;
  const double dense = median(inside), lung = median(around);
  if (dense - lung < least_contrast_hu) return std::nullopt;
  return std::array{dense, lung};
}

/// The voxel of the mask nearest to `middle`; the mask's size when it is empty.
std::size_t nearest_to(const std::array<int, 3>& middle, const Mask& mask, const Grid& grid) {
  std::size_t nearest = mask.size();
  int least = std::numeric_limits<int>::max();
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (mask[at] == 0) return;
    const int x = column - middle[0], y = row - middle[1], z = slice - middle[2];
    if (const int away = x * x + y * y + z * z; away < least) least = away, nearest = at;
  });
  return nearest;
}

/// What lies beyond the grid is the voxel itself.
std::array<std::size_t, 6> face_neighbours(std::size_t at, const Grid& grid) {
  const auto columns = index_of(grid.size[0]), plane = columns * index_of(grid.size[1]);
  const std::size_t column = at % columns, in_slice = at % plane;
  return {column > 0 ? at - 1 : at,
          column + 1 < columns ? at + 1 : at,
          in_slice >= columns ? at - columns : at,
          in_slice + columns < plane ? at + columns : at,
          at >= plane ? at - plane : at,
          at + plane < grid.voxels() ? at + plane : at};
}

/// The piece of `mask` (joined by faces) that holds the voxel nearest to `middle`.
Mask piece_at(const std::array<int, 3>& middle, const Mask& mask, const Grid& grid) {
  Mask piece(mask.size(), 0);
  const std::size_t start = nearest_to(middle, mask, grid);
  if (start == mask.size()) return piece;
  piece[start] = 1;
  std::vector<std::size_t> open{start};
  while (!open.empty()) {
    const std::array<std::size_t, 6> neighbours = face_neighbours(open.back(), grid);
    open.pop_back();
    for (const std::size_t next : neighbours) {
      if (mask[next] == 0 || piece[next] != 0) continue;
      piece[next] = 1;
      open.push_back(next);
    }
  }
  return piece;
}

/// Cuts what is thinner than half the greatest depth: vessels.
Mask without_vessels(const Mask& dense, const Patch& patch) {
  const Grid& grid = patch.grid;
  const std::vector<float> depth = depth_mm(dense, grid);
  // Depth is counted from the outermost voxels: half a step more is the border.
  const double half_step = grid.step_mm[0][0] / 2;
  const double greatest = static_cast<double>(*std::ranges::max_element(depth)) + half_step;
  const double cut = greatest / 2;
  const Mask core = piece_at(patch.middle, deeper_than(depth, cut - half_step), grid);
  if (std::ranges::count(core, 1) == 0) return dense;
  const std::vector<float> from_core = depth_mm(core, grid);
  Mask kept(dense.size());
  for (std::size_t i = 0; i < kept.size(); ++i)
    kept[i] = dense[i] != 0 && from_core[i] >= -static_cast<float>(cut + 2 * half_step) ? 1 : 0;
  return kept;
}

struct Moments {
  double count = 0;
  Vec3 mean{};
  std::array<std::array<double, 3>, 3> spread{};
};

Moments moments_of(const Mask& mask, const Grid& grid) {
  Moments moments;
  std::array<std::array<double, 3>, 3> squares{};
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (mask[at] == 0) return;
    const Vec3 mm = grid.point_mm(column, row, slice);
    ++moments.count;
    for (std::size_t i = 0; i < 3; ++i) {
      moments.mean[i] += mm[i] - grid.origin_mm[i];
      for (std::size_t j = 0; j < 3; ++j)
        squares[i][j] += (mm[i] - grid.origin_mm[i]) * (mm[j] - grid.origin_mm[j]);
    }
  });
  const double count = std::max(1.0, moments.count);
  for (double& value : moments.mean) value /= count;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      moments.spread[i][j] = squares[i][j] / count - moments.mean[i] * moments.mean[j];
  for (std::size_t i = 0; i < 3; ++i) moments.mean[i] += grid.origin_mm[i];
  return moments;
}

/// Long and short axis of the axial section with the largest area: the longest distance between two
/// of its voxels, and its width across.
std::array<double, 2> axial_axes(const Mask& mask, const Grid& grid) {
  int best = 0;
  std::ptrdiff_t most = 0;
  const auto plane = index_of(grid.size[0]) * index_of(grid.size[1]);
  for (int slice = 0; slice < grid.size[2]; ++slice) {
    const auto first = mask.begin() + static_cast<std::ptrdiff_t>(plane) * slice;
    const auto area = std::count(first, first + static_cast<std::ptrdiff_t>(plane), 1);
    if (area > most) most = area, best = slice;
  }
  return section_axes_mm(mask, grid, best);
}

/// What the shell of `shell_mm` around the mask is made of.
void look_around(const Patch& patch, NoduleShape& shape) {
  const std::vector<float> depth = depth_mm(shape.mask, patch.grid);
  double all = 0, dense = 0, lung = 0, wall = 0;
  const auto from = static_cast<float>(-patch.grid.step_mm[0][0] * 1.5);  // what blurs the border
  const auto reach = static_cast<float>(-(shell_mm + patch.grid.step_mm[0][0] * 1.5));
  for (std::size_t i = 0; i < depth.size(); ++i) {
    if (depth[i] >= from || depth[i] < reach) continue;
    ++all;
    if (patch.space[i] == 0)
      ++wall;
    else if (patch.hu[i] > shape.border_hu)
      ++dense;
    else
      ++lung;
  }
  all = std::max(all, 1.0);
  shape.attached = dense / all, shape.against_lung = lung / all, shape.against_wall = wall / all;
}

bool touches_border(const Mask& mask, const Grid& grid) {
  bool touches = false;
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    const bool inner = std::min({column, row, slice}) > 0 && column + 1 < grid.size[0] &&
                       row + 1 < grid.size[1] && slice + 1 < grid.size[2];
    touches = touches || (mask[at] != 0 && !inner);
  });
  return touches;
}

void fill_shape(const Patch& patch, NoduleShape& shape) {
  const Moments moments = moments_of(shape.mask, patch.grid);
  shape.centre_mm = moments.mean;
  shape.volume_mm3 = moments.count * patch.grid.voxel_ml() * 1000;
  shape.diameter_mm = std::cbrt(6 * shape.volume_mm3 / std::numbers::pi);
  std::array<double, 3> axes = eigenvalues(moments.spread);
  std::ranges::sort(axes);
  shape.elongation = std::sqrt(axes[2] / std::max(axes[0], 1e-6));
  double farthest = patch.grid.step_mm[0][0];
  std::vector<std::int16_t> inner;
  for_each_voxel(patch.grid, [&](std::size_t at, int column, int row, int slice) {
    if (shape.mask[at] == 0) return;
    const Vec3 mm = patch.grid.point_mm(column, row, slice);
    const double away = std::hypot(mm[0] - shape.centre_mm[0], mm[1] - shape.centre_mm[1],
                                   mm[2] - shape.centre_mm[2]);
    farthest = std::max(farthest, away);
    if (away < shape.diameter_mm / 4) inner.push_back(patch.hu[at]);
  });
  shape.compactness = shape.volume_mm3 / (4 * std::numbers::pi / 3 * std::pow(farthest, 3));
  shape.inner_hu = inner.empty() ? shape.border_hu : median(inner);
  const auto fat = std::ranges::count_if(
      inner, [](std::int16_t hu) { return hu >= least_fat_hu && hu <= most_fat_hu; });
  shape.fat_share = static_cast<double>(fat) / std::max(1.0, static_cast<double>(inner.size()));
  const auto axial = axial_axes(shape.mask, patch.grid);
  shape.long_mm = axial[0], shape.short_mm = axial[1];
  look_around(patch, shape);
}

}  // namespace

std::optional<NoduleShape> nodule_shape(const Scene& scene, const Mask& space, const Spot& spot,
                                        double border_shift_hu) {
  Patch patch = patch_around(scene, space, spot);
  const auto contrast = inside_and_around(patch, spot.diameter_mm);
  if (!contrast) return std::nullopt;
  NoduleShape shape{.border_hu = ((*contrast)[0] + (*contrast)[1]) / 2 + border_shift_hu,
                    .lung = spot.lung};
  Mask dense(patch.hu.size());
  for (std::size_t i = 0; i < dense.size(); ++i)
    dense[i] = patch.space[i] != 0 && patch.hu[i] > shape.border_hu ? 1 : 0;
  dense = piece_at(patch.middle, dense, patch.grid);
  if (std::ranges::count(dense, 1) == 0) return std::nullopt;
  patch = cut_to(patch, dense);
  shape.patch = patch.grid;
  shape.mask = without_vessels(dense, patch);
  if (touches_border(shape.mask, patch.grid)) return std::nullopt;
  fill_shape(patch, shape);
  return shape;
}

NoduleSpread nodule_spread(const Scene& scene, const Mask& space, const Spot& spot,
                           const NoduleShape& shape) {
  constexpr double shift_hu = 50;
  const double voxel_mm = std::cbrt(1000 * scene.volume.grid.voxel_ml());
  const double method_mm = std::max(0.5, 0.4 * voxel_mm);
  const auto wide = nodule_shape(scene, space, spot, -shift_hu);
  const auto narrow = nodule_shape(scene, space, spot, shift_hu);
  if (!wide || !narrow)
    return {.diameter_mm = std::max(method_mm, shape.mean_mm() / 2),
            .volume_mm3 = shape.volume_mm3,
            .lost = true};
  NoduleSpread spread{.diameter_mm =
                          std::hypot(method_mm, (wide->mean_mm() - narrow->mean_mm()) / 2)};
  spread.volume_mm3 = 3 * spread.diameter_mm / shape.diameter_mm * shape.volume_mm3;
  return spread;
}

std::string why_no_nodule(const NoduleShape& shape) {
  if (shape.elongation > most_elongation) return "longer than round";
  if (shape.compactness < least_compactness) return "not compact";
  if (shape.attached > most_attached) return "part of a vessel";
  if (shape.against_lung < least_against_lung) return "hardly against aerated lung";
  if (shape.against_wall > least_wall && shape.inner_hu > bone_hu) return "bone of the chest wall";
  if (shape.against_wall > least_wall && shape.inner_hu < fat_hu) return "fat beside the lung";
  return "";
}

bool holds_fat(const NoduleShape& shape, double slice_mm) {
  return shape.fat_share >= least_fat_share && shape.against_wall <= least_wall &&
         shape.diameter_mm >= least_fat_nodule_mm && slice_mm <= most_slice_for_fat_mm + 0.01;
}

}  // namespace tomoscribe::pipeline::measure

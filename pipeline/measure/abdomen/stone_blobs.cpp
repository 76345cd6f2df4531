#include "pipeline/measure/abdomen/stone_blobs.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "pipeline/measure/crop.h"
#include "pipeline/measure/section_axes.h"
#include "pipeline/measure/symmetric.h"

namespace tomoscribe::pipeline::measure {
namespace {

// QUANTIFICATION A.
constexpr int search_hu = 130, gas_hu = -200;
constexpr int smooth_hu = 75;  // of the smoothed image: single noisy voxels are not looked at
constexpr double near_mm = 25, far_mm = 95, front_mm = 70, behind_mm = 35;  // of the canal
constexpr double large_mm3 = 2500;                                          // as Scene::bone
constexpr double least_compactness = 0.25;  // volume over that of a ball of its longest diameter
constexpr double least_sure_compactness = 0.15, sure_noises = 10;  // far above the noise
constexpr double from_bone_mm = 8, from_aorta_mm = 5;
constexpr double least_mm3 = 20, most_mm3 = 1500;
constexpr double least_around_hu = -40, most_around_hu = 60, most_gas = 0.08;
constexpr double most_elongation = 3.5, metal_hu = 2500;
constexpr double least_noises = 5;  // Rose: what lies less above its surroundings may be noise
constexpr double shell_from_mm = 1.5, shell_to_mm = 4, patch_margin_mm = 6, least_step_mm = 0.5;

bool beside_aorta(const Scene& scene, int column, int row, int slice) {
  for (const int near : {slice, slice + 1, slice - 1}) {
    if (!scene.aorta.covers(near)) continue;
    const AortaSlice& aorta = scene.aorta.at[static_cast<std::size_t>(near)];
    return std::hypot(column - aorta.column, row - aorta.row) * working_mm <
           aorta.radius_mm + from_aorta_mm;
  }
  return false;
}

bool in_place(const SpineSlice& spine, int column, int row) {
  const double aside = std::abs(column - spine.canal_column) * working_mm;
  const double forward = (spine.canal_row - row) * working_mm;
  return aside >= near_mm && aside <= far_mm && forward <= front_mm && forward >= -behind_mm;
}

/// Bone, and what is large and dense without being as dense as bone: ends of ribs and processes.
Mask bone_and_large(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  Mask dense(scene.smooth.size());
  for (std::size_t i = 0; i < dense.size(); ++i)
    dense[i] = scene.smooth[i] > search_hu && scene.body[i] != 0 ? 1 : 0;
  const Components pieces =
      components(dense, grid, static_cast<std::size_t>(large_mm3 / (grid.voxel_ml() * 1000)));
  for (std::size_t i = 0; i < dense.size(); ++i)
    dense[i] = pieces.labels[i] != 0 || scene.bone[i] != 0 ? 1 : 0;
  return dense;
}

/// Adds what lies beside the spine on one working slice.
void add_slice(const Scene& scene, int slice, Mask& zone) {
  const Grid& grid = scene.work.grid;
  const SpineSlice& spine = scene.spine.at[index_of(slice)];
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column) {
      const std::size_t at = grid.offset(column, row, slice);
      if (scene.labels[at] == body && in_place(spine, column, row) &&
          !beside_aorta(scene, column, row, slice))
        zone[at] = 1;
    }
}

/// Where kidneys and ureters lie, away from bone; working grid.
Mask search_zone(const Scene& scene) {
  Mask zone(scene.body.size(), 0);
  for (int slice = scene.spine.first; slice <= scene.spine.last; ++slice) {
    const BodyRegion region = scene.regions[index_of(slice)];
    if (region == BodyRegion::abdomen || region == BodyRegion::pelvis)
      add_slice(scene, slice, zone);
  }
  const Mask bone = bone_and_large(scene);
  if (std::ranges::find(bone, 1) == bone.end()) return zone;
  const std::vector<float> depth = depth_mm(bone, scene.work.grid);
  for (std::size_t i = 0; i < zone.size(); ++i)
    if (depth[i] > static_cast<float>(-from_bone_mm)) zone[i] = 0;
  return zone;
}

/// The native box around the zone.
std::optional<Crop> native_box(const Scene& scene, const Mask& zone) {
  const auto part =
      crop_around(zone, scene.work.grid, 0, [](std::uint8_t value) { return value != 0; });
  if (!part) return std::nullopt;
  const Grid& native = scene.volume.grid;
  std::array<int, 3> low = native.size, high{-1, -1, -1};
  for (unsigned corner = 0; corner < 8; ++corner) {
    const auto end = [&](unsigned axis) {
      return (corner >> axis & 1U) != 0 ? part->grid.size[axis] - 1 : 0;
    };
    const Vec3 index = native.index_at(part->grid.point_mm(end(0), end(1), end(2)));
    for (std::size_t i = 0; i < 3; ++i) {
      const int last = native.size[i] - 1;
      low[i] = std::min(low[i], std::clamp(static_cast<int>(std::floor(index[i])), 0, last));
      high[i] = std::max(high[i], std::clamp(static_cast<int>(std::ceil(index[i])), 0, last));
    }
  }
  Crop box{.low = low, .grid = native};
  for (std::size_t i = 0; i < 3; ++i) box.grid.size[i] = high[i] - low[i] + 1;
  box.grid.origin_mm = native.point_mm(low[0], low[1], low[2]);
  return box;
}

/// Native voxels of the box above the search threshold whose nearest working voxel is in the zone
/// and dense when smoothed.
Mask dense_in(const Scene& scene, const Mask& zone, const Crop& box) {
  const Grid& work = scene.work.grid;
  Mask dense(box.grid.voxels(), 0);
  for_each_voxel(box.grid, [&](std::size_t in, int column, int row, int slice) {
    if (scene.volume.at(box.low[0] + column, box.low[1] + row, box.low[2] + slice) <= search_hu)
      return;
    const Vec3 index = work.index_at(box.grid.point_mm(column, row, slice));
    std::array<int, 3> at{};
    for (std::size_t i = 0; i < 3; ++i) {
      at[i] = static_cast<int>(std::lround(index[i]));
      if (at[i] < 0 || at[i] >= work.size[i]) return;
    }
    const std::size_t nearest = work.offset(at[0], at[1], at[2]);
    dense[in] = zone[nearest] != 0 && scene.smooth[nearest] > smooth_hu ? 1 : 0;
  });
  return dense;
}

/// A cube of the volume with equal steps along the patient's axes. Linear interpolation.
struct Patch {
  Grid grid;
  std::vector<std::int16_t> hu;
};

double hu_at(const Volume& volume, Vec3 index) {
  std::array<int, 3> low{};
  std::array<double, 3> share{};
  for (std::size_t i = 0; i < 3; ++i) {
    index[i] = std::clamp(index[i], 0.0, static_cast<double>(volume.grid.size[i] - 1));
    low[i] = std::min(static_cast<int>(index[i]), std::max(0, volume.grid.size[i] - 2));
    share[i] = index[i] - low[i];
  }
  double sum = 0;
  for (unsigned corner = 0; corner < 8; ++corner) {
    double weight = 1;
    std::array<int, 3> at = low;
    for (std::size_t i = 0; i < 3; ++i) {
      const bool upper = (corner >> i & 1U) != 0;
      weight *= upper ? share[i] : 1 - share[i];
      if (upper) at[i] = std::min(low[i] + 1, volume.grid.size[i] - 1);
    }
    if (weight > 0) sum += weight * volume.at(at[0], at[1], at[2]);
  }
  return sum;
}

Patch patch_around(const Volume& volume, const Vec3& centre_mm, double reach_mm) {
  const double step = std::max(least_step_mm, reach_mm / 40);
  const int half = static_cast<int>(std::ceil(reach_mm / step)), side = 2 * half + 1;
  Patch patch;
  patch.grid.size = {side, side, side};
  for (std::size_t i = 0; i < 3; ++i) {
    patch.grid.origin_mm[i] = centre_mm[i] - step * half;
    patch.grid.step_mm[i][i] = step;
  }
  const Vec3 first = volume.grid.index_at(patch.grid.origin_mm);
  std::array<Vec3, 3> along{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Vec3 next = patch.grid.origin_mm;
    next[axis] += step;
    const Vec3 index = volume.grid.index_at(next);
    for (std::size_t i = 0; i < 3; ++i) along[axis][i] = index[i] - first[i];
  }
  patch.hu.reserve(patch.grid.voxels());
  for_each_voxel(patch.grid, [&](std::size_t, int column, int row, int slice) {
    Vec3 index{};
    for (std::size_t i = 0; i < 3; ++i)
      index[i] = first[i] + column * along[0][i] + row * along[1][i] + slice * along[2][i];
    patch.hu.push_back(static_cast<std::int16_t>(std::lround(hu_at(volume, index))));
  });
  return patch;
}

/// The value at a share of the sorted values; 0 when there are none.
double quantile(std::vector<std::int16_t>& values, double share) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

/// The piece of what is denser than `border_hu` that holds most voxels near the middle.
Mask piece_in_middle(const Patch& patch, double border_hu, double middle_mm) {
  const Grid& grid = patch.grid;
  Mask dense(patch.hu.size());
  std::ranges::transform(patch.hu, dense.begin(),
                         [border_hu](std::int16_t hu) { return hu > border_hu ? 1 : 0; });
  const Components pieces = components(dense, grid, 1);
  std::vector<std::size_t> near(pieces.voxels.size() + 1, 0);
  const int middle = grid.size[0] / 2;
  const double reach = middle_mm / grid.step_mm[0][0];
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (std::hypot(column - middle, row - middle, slice - middle) <= reach)
      ++near[pieces.labels[at]];
  });
  near[0] = 0;
  const auto most = std::ranges::max_element(near);
  const auto chosen = static_cast<std::uint16_t>(*most == 0 ? 0 : most - near.begin());
  std::ranges::transform(pieces.labels, dense.begin(), [chosen](std::uint16_t label) {
    return chosen != 0 && label == chosen ? 1 : 0;
  });
  return dense;
}

/// Volume, middle, shape and mean of what lies inside the border.
void measure_inside(const Patch& patch, const Mask& inside, StoneBlob& blob) {
  const Grid& grid = patch.grid;
  double count = 0, sum = 0;
  Vec3 mean{};
  std::array<std::array<double, 3>, 3> squares{};
  std::vector<std::size_t> areas(static_cast<std::size_t>(grid.size[2]), 0);
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (inside[at] == 0) return;
    const Vec3 index{static_cast<double>(column), static_cast<double>(row),
                     static_cast<double>(slice)};
    ++count, sum += patch.hu[at];
    ++areas[static_cast<std::size_t>(slice)];
    for (std::size_t i = 0; i < 3; ++i) {
      mean[i] += index[i];
      for (std::size_t j = 0; j < 3; ++j) squares[i][j] += index[i] * index[j];
    }
  });
  for (double& value : mean) value /= count;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) squares[i][j] = squares[i][j] / count - mean[i] * mean[j];
  std::array<double, 3> axes = eigenvalues(squares);
  std::ranges::sort(axes);
  constexpr double least_axis = 1.0 / 12;  // of one voxel
  blob.elongation = std::sqrt((axes[2] + least_axis) / (std::max(axes[0], 0.0) + least_axis));
  blob.volume_mm3 = count * grid.voxel_ml() * 1000;
  blob.mean_hu = sum / count;
  blob.centre_mm = grid.point_mm(mean[0], mean[1], mean[2]);
  const auto largest = std::ranges::max_element(areas) - areas.begin();
  const auto axial = section_axes_mm(inside, grid, static_cast<int>(largest));
  blob.long_mm = axial[0], blob.short_mm = axial[1];
}

/// Density of what lies around it.
void look_around(const Patch& patch, const Mask& inside, StoneBlob& blob) {
  const std::vector<float> depth = depth_mm(inside, patch.grid);
  std::vector<std::int16_t> around;
  around.reserve(depth.size() / 4);
  for (std::size_t i = 0; i < depth.size(); ++i)
    if (depth[i] < -shell_from_mm && depth[i] >= -shell_to_mm) around.push_back(patch.hu[i]);
  if (around.empty()) return;
  blob.gas_share = static_cast<double>(
                       std::ranges::count_if(around, [](std::int16_t hu) { return hu < gas_hu; })) /
                   static_cast<double>(around.size());
  blob.around_noise_hu = (quantile(around, 0.84) - quantile(around, 0.16)) / 2;
  blob.around_hu = quantile(around, 0.5);
}

/// Native voxels of one component.
struct Piece {
  std::vector<std::int16_t> hu;
  Vec3 sum{};  ///< of the box's indices
  std::array<int, 3> low{1 << 30, 1 << 30, 1 << 30}, high{-1, -1, -1};
};

std::vector<Piece> pieces_of(const Scene& scene, const Components& found, const Crop& box) {
  std::vector<Piece> pieces(found.voxels.size());
  for_each_voxel(box.grid, [&](std::size_t in, int column, int row, int slice) {
    if (found.labels[in] == 0) return;
    Piece& piece = pieces[found.labels[in] - 1U];
    const std::array<int, 3> index{column, row, slice};
    piece.hu.push_back(scene.volume.at(box.low[0] + column, box.low[1] + row, box.low[2] + slice));
    for (std::size_t i = 0; i < 3; ++i) {
      piece.sum[i] += index[i];
      piece.low[i] = std::min(piece.low[i], index[i]);
      piece.high[i] = std::max(piece.high[i], index[i]);
    }
  });
  return pieces;
}

/// The image with its largest section, and what of it lies inside the border.
void add_section(const Scene& scene, const Patch& patch, const Mask& inside, StoneBlob& blob) {
  const Grid& native = scene.volume.grid;
  const double slice = native.index_at(blob.centre_mm)[2];
  blob.slice = scene.volume.image_slice(
      std::clamp(static_cast<int>(std::lround(slice)), 0, native.size[2] - 1));
  blob.section = {.columns = native.size[0], .rows = native.size[1], .values = {}};
  blob.section.values.assign(native.offset(0, 0, 1), 0);
  for_each_voxel(patch.grid, [&](std::size_t at, int column, int row, int up) {
    if (inside[at] == 0) return;
    const Vec3 index = native.index_at(patch.grid.point_mm(column, row, up));
    if (std::abs(index[2] - slice) > 0.75) return;
    const int c = std::clamp(static_cast<int>(std::lround(index[0])), 0, native.size[0] - 1);
    const int r = std::clamp(static_cast<int>(std::lround(index[1])), 0, native.size[1] - 1);
    blob.section.values[native.offset(c, r, 0)] = 1;
  });
}

/// Nullopt when nothing is left inside the border.
std::optional<StoneBlob> blob_of(const Scene& scene, const Crop& box, Piece piece) {
  StoneBlob blob;
  const auto count = static_cast<double>(piece.hu.size());
  blob.above_mm3 = count * box.grid.voxel_ml() * 1000;
  std::array<double, 3> spacing = box.grid.spacing_mm();
  double reach = patch_margin_mm;
  for (std::size_t i = 0; i < 3; ++i)
    reach = std::max(reach, spacing[i] * (piece.high[i] - piece.low[i] + 1) / 2 + patch_margin_mm);
  const Vec3 centre =
      box.grid.point_mm(piece.sum[0] / count, piece.sum[1] / count, piece.sum[2] / count);
  const Patch patch = patch_around(scene.volume, centre, reach);
  blob.peak_hu = quantile(piece.hu, 0.9);
  blob.first_slice = box.low[2] + piece.low[2], blob.last_slice = box.low[2] + piece.high[2];
  const Mask rough = piece_in_middle(patch, search_hu, reach - patch_margin_mm + 1);
  if (std::ranges::find(rough, 1) == rough.end()) return std::nullopt;
  look_around(patch, rough, blob);
  const auto inside = [&](double border_share) {
    const double border = blob.around_hu + border_share * (blob.peak_hu - blob.around_hu);
    return piece_in_middle(patch, border, reach - patch_margin_mm + 1);
  };
  const auto any = [](const Mask& mask) { return std::ranges::find(mask, 1) != mask.end(); };
  const Mask half_way = inside(0.5), wide = inside(0.4), narrow = inside(0.6);
  if (!any(half_way) || !any(wide) || !any(narrow)) return std::nullopt;
  StoneBlob widest, narrowest;
  measure_inside(patch, wide, widest);
  measure_inside(patch, narrow, narrowest);
  measure_inside(patch, half_way, blob);
  blob.long_spread_mm = (widest.long_mm - narrowest.long_mm) / 2;
  blob.volume_spread_mm3 = (widest.volume_mm3 - narrowest.volume_mm3) / 2;
  add_section(scene, patch, half_way, blob);
  return blob;
}

}  // namespace

double StoneBlob::compactness() const {
  return volume_mm3 / (std::numbers::pi / 6 * std::pow(long_mm, 3));
}

std::vector<StoneBlob> stone_blobs(const Scene& scene) {
  std::vector<StoneBlob> blobs;
  const Mask zone = search_zone(scene);
  const auto box = native_box(scene, zone);
  if (!box) return blobs;
  const double voxel_mm3 = box->grid.voxel_ml() * 1000;
  const auto least = static_cast<std::size_t>(std::ceil(least_mm3 / voxel_mm3));
  const Components found = components(dense_in(scene, zone, *box), box->grid, least);
  std::vector<Piece> pieces = pieces_of(scene, found, *box);
  blobs.reserve(pieces.size());
  for (Piece& piece : pieces) {
    if (static_cast<double>(piece.hu.size()) * voxel_mm3 > most_mm3) continue;
    if (auto blob = blob_of(scene, *box, std::move(piece))) blobs.push_back(std::move(*blob));
  }
  std::ranges::sort(blobs, std::greater<>(), &StoneBlob::volume_mm3);
  return blobs;
}

bool has_no_shape(const StoneBlob& blob, double voxel_mm3) {
  return blob.volume_mm3 <= 2 * voxel_mm3;
}

std::string why_no_stone(const StoneBlob& blob) {
  if (blob.peak_hu > metal_hu) return "as dense as metal";
  if (blob.peak_hu - blob.around_hu < least_noises * blob.around_noise_hu)
    return "hardly denser than the noise around it";
  if (blob.gas_share > most_gas) return "gas beside it";
  if (blob.around_hu < least_around_hu) return "fat around it";
  if (blob.around_hu > most_around_hu) return "denser tissue around it";
  if (blob.elongation > most_elongation) return "longer than a stone";
  // A stone of the pelvis is ragged; noise and the rims of bone are ragged and faint.
  const bool sure = blob.peak_hu - blob.around_hu >= sure_noises * blob.around_noise_hu;
  if (blob.compactness() < (sure ? least_sure_compactness : least_compactness))
    return "not compact";
  return "";
}

}  // namespace tomoscribe::pipeline::measure

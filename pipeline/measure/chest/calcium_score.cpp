#include "pipeline/measure/chest/calcium_score.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double most_slab_mm = 3.0, reference_mm = 3.0;
constexpr double bone_margin_mm = 3, least_inside = 0.8, lung_reach_mm = 5;
constexpr double front_margin_mm = 3;
constexpr double oesophagus_right_mm = 20, oesophagus_front_mm = 20;
// The widest, the left main, measures 4.5 mm, SD 0.5 (Dodge 1992, doi 10.1161/01.CIR.86.1.232).
// Arteries run in the fat under the pericardium: lung borders a part of their length at most.
constexpr double most_artery_mm = 5.5, all_beside_lung = 0.8, band_length = 3;

int weight(double peak_hu) {
  if (peak_hu >= 400) return 4;
  if (peak_hu >= 300) return 3;
  return peak_hu >= 200 ? 2 : 1;
}

/// Native voxels around the region: first and last of each index.
struct Box {
  std::array<int, 3> low{}, high{};
  int columns() const { return high[0] - low[0] + 1; }
  int rows() const { return high[1] - low[1] + 1; }
};

std::optional<Box> box_around(const Scene& scene, const HeartSpace& space) {
  const Grid &work = scene.work.grid, &native = scene.volume.grid;
  Vec3 least{1e9, 1e9, 1e9}, most{-1e9, -1e9, -1e9};
  for_each_voxel(work, [&](std::size_t at, int column, int row, int slice) {
    if (space.mask[at] == 0) return;
    const Vec3 index = native.index_at(work.point_mm(column, row, slice));
    for (std::size_t i = 0; i < 3; ++i)
      least[i] = std::min(least[i], index[i]), most[i] = std::max(most[i], index[i]);
  });
  Box box;
  for (std::size_t i = 0; i < 3; ++i) {
    box.low[i] = std::clamp(static_cast<int>(std::floor(least[i])) - 1, 0, native.size[i] - 1);
    box.high[i] = std::clamp(static_cast<int>(std::ceil(most[i])) + 1, 0, native.size[i] - 1);
  }
  return most[0] < 0 ? std::nullopt : std::optional(box);
}

/// One averaged slice, its box only.
struct Slab {
  std::vector<float> hu;
  std::vector<std::uint8_t> open;  ///< 1: may still be counted
};

/// The heart's region without what lies right behind the front of the chest wall: a xiphoid or a
/// calcified cartilage is too small for a bone of its own, and the arteries run deeper.
Mask behind_chest_wall(const Scene& scene, const HeartSpace& space) {
  Mask region = space.mask;
  const Grid& grid = scene.work.grid;
  const int margin = static_cast<int>(front_margin_mm / working_mm);
  for (int slice = space.from; slice <= space.to; ++slice)
    for (int column = 0; column < grid.size[0]; ++column) {
      int row = 1;
      while (row < grid.size[1] && space.mask[grid.offset(column, row, slice)] == 0) ++row;
      const int end = std::min(row + margin, grid.size[1]);
      if (row >= end || scene.labels[grid.offset(column, row - 1, slice)] != body) continue;
      for (; row < end; ++row) region[grid.offset(column, row, slice)] = 0;
    }
  return region;
}

class Sum {
 public:
  Sum(const Scene& scene, const HeartSpace& space, const CalciumLimits& limits, const Box& box,
      const Mask& apart)
      : scene_(scene),
        region_(behind_chest_wall(scene, space)),
        limits_(limits),
        box_(box),
        known_apart_(apart),
        bone_(near_bone(scene)),
        slices_(slices_in_slab(scene)) {
    const auto spacing = scene.volume.grid.spacing_mm();
    pixel_mm2_ = spacing[0] * spacing[1];
    sum_.slab_mm = slices_ * spacing[2];
    sum_.mask.assign(scene.labels.size(), 0);
    sum_.apart_mask = sum_.mask;
  }

  CalciumSum run() {
    for (int slice = box_.low[2]; slice + slices_ - 1 <= box_.high[2]; slice += slices_) {
      ++sum_.slabs;
      if (is_excluded(slice))
        ++sum_.left_out;
      else
        add_slab(slice);
    }
    return std::move(sum_);
  }

 private:
  /// Working voxels of bone, widened by the margin.
  static Mask near_bone(const Scene& scene) {
    Mask mask = scene.bone;
    const auto steps = face_steps(scene.work.grid);
    const auto end = static_cast<std::ptrdiff_t>(mask.size());
    for (int round = 0; round < static_cast<int>(bone_margin_mm / working_mm); ++round) {
      const Mask before = mask;
      for (std::ptrdiff_t at = 0; at < end; ++at) {
        if (before[static_cast<std::size_t>(at)] == 0) continue;
        for (const std::ptrdiff_t step : steps)
          if (at + step >= 0 && at + step < end) mask[static_cast<std::size_t>(at + step)] = 1;
      }
    }
    return mask;
  }

  bool is_excluded(int first) const {
    for (int slice = first; slice < first + slices_; ++slice)
      if (scene_.gates.excludes(slice)) return true;
    return false;
  }

  std::size_t at(int column, int row) const { return index_of(row * box_.columns() + column); }

  Slab slab_of(int first) const {
    Slab slab{.hu = std::vector<float>(index_of(box_.columns() * box_.rows())), .open = {}};
    slab.open.assign(slab.hu.size(), 0);
    for (int row = 0; row < box_.rows(); ++row)
      for (int column = 0; column < box_.columns(); ++column) {
        float sum = 0;
        for (int i = 0; i < slices_; ++i)
          sum += static_cast<float>(
              scene_.volume.at(box_.low[0] + column, box_.low[1] + row, first + i));
        slab.hu[at(column, row)] = sum / static_cast<float>(slices_);
      }
    return slab;
  }

  /// The working voxel of a pixel; nullopt outside the grid.
  std::optional<std::size_t> working(int column, int row, int first) const {
    const Grid& work = scene_.work.grid;
    const Vec3 index = work.index_at(scene_.volume.grid.point_mm(
        box_.low[0] + column, box_.low[1] + row, first + (slices_ - 1) / 2.0));
    std::array<int, 3> near{};
    for (std::size_t i = 0; i < 3; ++i) {
      near[i] = static_cast<int>(std::lround(index[i]));
      if (near[i] < 1 || near[i] >= work.size[i] - 1) return std::nullopt;
    }
    return work.offset(near[0], near[1], near[2]);
  }

  /// In the region, or a face neighbour of it: plaques lie on its border with the lung.
  bool in_region(std::size_t voxel) const {
    if (region_[voxel] != 0) return true;
    return std::ranges::any_of(face_steps(scene_.work.grid), [&](std::ptrdiff_t step) {
      return region_[static_cast<std::size_t>(static_cast<std::ptrdiff_t>(voxel) + step)] != 0;
    });
  }

  void add_slab(int first) {
    Slab slab = slab_of(first);
    std::vector<std::array<int, 2>> seeds;
    for (int row = 0; row < box_.rows(); ++row)
      for (int column = 0; column < box_.columns(); ++column) {
        if (slab.hu[at(column, row)] < limits_.threshold_hu) continue;
        slab.open[at(column, row)] = 1;
        const auto voxel = working(column, row, first);
        if (voxel && in_region(*voxel)) seeds.push_back({column, row});
      }
    for (const auto& seed : seeds)
      if (slab.open[at(seed[0], seed[1])] != 0) count(slab, seed, first);
  }

  /// The piece that holds the seed, taken out of the slab.
  std::vector<std::array<int, 2>> take(Slab& slab, const std::array<int, 2>& seed) const {
    std::vector<std::array<int, 2>> piece{seed};
    slab.open[at(seed[0], seed[1])] = 0;
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const auto [column, row] = piece[i];
      for (int r = std::max(0, row - 1); r <= std::min(box_.rows() - 1, row + 1); ++r)
        for (int c = std::max(0, column - 1); c <= std::min(box_.columns() - 1, column + 1); ++c)
          if (slab.open[at(c, r)] != 0) {
            slab.open[at(c, r)] = 0;
            piece.push_back({c, r});
          }
    }
    return piece;
  }

  /// Mean of a slab at one pixel of the box; very low outside the volume.
  double slab_hu(int column, int row, int first) const {
    if (first < 0 || first + slices_ > scene_.volume.grid.size[2]) return -1024;
    double sum = 0;
    for (int i = 0; i < slices_; ++i)
      sum += scene_.volume.at(box_.low[0] + column, box_.low[1] + row, first + i);
    return sum / slices_;
  }

  /// Whether aerated lung lies within reach of a pixel of the box.
  bool near_lung(int column, int row, int slice) const {
    const Grid& grid = scene_.volume.grid;
    const int reach = static_cast<int>(lung_reach_mm / grid.spacing_mm()[0]);
    for (int dr = -reach; dr <= reach; ++dr)
      for (int dc = -reach; dc <= reach; ++dc) {
        const int c = box_.low[0] + column + dc, r = box_.low[1] + row + dr;
        if (dc * dc + dr * dr > reach * reach || c < 0 || r < 0 || c >= grid.size[0] ||
            r >= grid.size[1])
          continue;
        const std::uint8_t label = scene_.native.labels[grid.offset(c, r, slice)];
        if (label == right_lung || label == left_lung) return true;
      }
    return false;
  }

  /// Its size in the plane, what borders it and whether the slabs beside it hold it too.
  void describe(const Slab& slab, const std::vector<std::array<int, 2>>& pixels,
                CalciumPiece& piece) const {
    double columns = 0, rows = 0, cc = 0, rr = 0, cr = 0;
    std::size_t border = 0, lung = 0;
    for (const auto& [column, row] : pixels) {
      columns += column, rows += row;
      cc += double(column) * column, rr += double(row) * row, cr += double(column) * row;
      piece.peak_hu = std::max(piece.peak_hu, static_cast<double>(slab.hu[at(column, row)]));
      for (const int beside : {piece.first_slice - slices_, piece.first_slice + slices_})
        piece.alone = piece.alone && slab_hu(column, row, beside) < limits_.threshold_hu;
      if (!on_border(slab, column, row)) continue;
      ++border;
      lung += near_lung(column, row, piece.first_slice + slices_ / 2) ? 1 : 0;
    }
    const auto n = static_cast<double>(pixels.size());
    piece.area_mm2 = n * pixel_mm2_;
    piece.beside_lung = border == 0 ? 0 : static_cast<double>(lung) / static_cast<double>(border);
    const double xx = cc / n - columns / n * columns / n, yy = rr / n - rows / n * rows / n,
                 xy = cr / n - columns / n * rows / n;
    const double mean = (xx + yy) / 2, half = std::hypot((xx - yy) / 2, xy);
    const double of_pixel = 1.0 / 12;
    piece.long_mm = 4 * std::sqrt((mean + half + of_pixel) * pixel_mm2_);
    piece.wide_mm = 4 * std::sqrt((std::max(0.0, mean - half) + of_pixel) * pixel_mm2_);
  }

  bool on_border(const Slab& slab, int column, int row) const {
    constexpr std::array<std::array<int, 2>, 4> sides{{{1, 0}, {-1, 0}, {0, 1}, {0, -1}}};
    return std::ranges::any_of(sides, [&](const std::array<int, 2>& side) {
      const int c = column + side[0], r = row + side[1];
      return c < 0 || r < 0 || c >= box_.columns() || r >= box_.rows() ||
             slab.hu[at(c, r)] < limits_.threshold_hu;
    });
  }

  /// The working voxels of a piece; none where it touches bone or reaches out of the region (chest
  /// wall, if too small or too pale for a bone).
  std::vector<std::size_t> voxels_inside(const std::vector<std::array<int, 2>>& pixels,
                                         int first) const {
    std::size_t inside = 0;
    std::vector<std::size_t> voxels;
    voxels.reserve(pixels.size());
    for (const auto& [column, row] : pixels) {
      const auto voxel = working(column, row, first);
      if (!voxel) continue;
      if (bone_[*voxel] != 0) return {};
      voxels.push_back(*voxel);
      inside += in_region(*voxel) ? 1 : 0;
    }
    if (static_cast<double>(inside) < least_inside * static_cast<double>(pixels.size())) return {};
    return voxels;
  }

  void count(Slab& slab, const std::array<int, 2>& seed, int first) {
    const auto pixels = take(slab, seed);
    const std::vector<std::size_t> voxels = voxels_inside(pixels, first);
    if (voxels.empty()) return;
    CalciumPiece piece{.first_slice = first};
    describe(slab, pixels, piece);
    if (piece.area_mm2 < limits_.least_mm2 || piece.peak_hu < limits_.peak_hu) return;
    piece.agatston = piece.area_mm2 * weight(piece.peak_hu) * sum_.slab_mm / reference_mm;
    const bool known = std::ranges::any_of(voxels, [&](std::size_t voxel) {
      return !known_apart_.empty() && known_apart_[voxel] != 0;
    });
    const bool apart = known || !why_no_plaque(piece).empty();
    for (const std::size_t voxel : voxels) (apart ? sum_.apart_mask : sum_.mask)[voxel] = 1;
    if (apart)
      sum_.apart.push_back(piece);
    else
      add_counted(pixels, piece);
  }

  void add_counted(const std::vector<std::array<int, 2>>& pixels, const CalciumPiece& piece) {
    sum_.agatston += piece.agatston;
    double columns = 0, rows = 0;
    for (const auto& [column, row] : pixels) columns += column, rows += row;
    const auto n = static_cast<double>(pixels.size());
    const Vec3 middle = scene_.volume.grid.point_mm(
        box_.low[0] + columns / n, box_.low[1] + rows / n, piece.first_slice + (slices_ - 1) / 2.0);
    if (lies_by_oesophagus(scene_, middle)) sum_.by_oesophagus += piece.agatston;
  }

  const Scene& scene_;
  Mask region_;
  const CalciumLimits& limits_;
  const Box& box_;
  const Mask& known_apart_;
  Mask bone_;
  int slices_;
  double pixel_mm2_ = 0;
  CalciumSum sum_;
};

}  // namespace

std::string why_no_plaque(const CalciumPiece& piece) {
  // A plaque fills its artery, which is as high as wide.
  if (piece.alone && piece.wide_mm > most_artery_mm)
    return "wider than a coronary artery and on one slice only: motion";
  if (piece.beside_lung >= all_beside_lung && piece.long_mm > most_artery_mm &&
      piece.long_mm > band_length * piece.wide_mm)
    return "a band along the border with the lung: motion";
  return "";
}

bool lies_by_oesophagus(const Scene& scene, const Vec3& point_mm) {
  const Vec3 index = scene.work.grid.index_at(point_mm);
  const int slice =
      std::clamp(static_cast<int>(std::lround(index[2])), 0, scene.work.grid.size[2] - 1);
  const AortaSlice* aorta = nearest_aorta(scene, slice);
  if (aorta == nullptr || !scene.spine.covers(slice)) return false;
  const SpineSlice& spine = scene.spine.at[static_cast<std::size_t>(slice)];
  const double in_front = (aorta->row - index[1]) * working_mm - aorta->radius_mm;
  return index[0] >= spine.body_column - oesophagus_right_mm / working_mm &&
         index[0] <= aorta->column && in_front <= oesophagus_front_mm;
}

int slices_in_slab(const Scene& scene) {
  const double spacing = scene.volume.grid.spacing_mm()[2];
  return std::max(1, static_cast<int>(most_slab_mm / spacing + 0.01));
}

CalciumSum calcium_sum(const Scene& scene, const HeartSpace& space, const CalciumLimits& limits,
                       const Mask& apart) {
  const auto box = box_around(scene, space);
  if (!box || scene.bone.empty()) return {};
  return Sum(scene, space, limits, *box, apart).run();
}

}  // namespace tomoscribe::pipeline::measure

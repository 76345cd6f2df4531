#include "pipeline/measure/chest/calcium_score.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double most_slab_mm = 3.0, reference_mm = 3.0;
constexpr double bone_margin_mm = 3, least_inside = 0.8;

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

class Sum {
 public:
  Sum(const Scene& scene, const HeartSpace& space, const CalciumLimits& limits, const Box& box)
      : scene_(scene),
        space_(space),
        limits_(limits),
        box_(box),
        bone_(near_bone(scene)),
        slices_(slices_in_slab(scene)) {
    const auto spacing = scene.volume.grid.spacing_mm();
    pixel_mm2_ = spacing[0] * spacing[1];
    sum_.slab_mm = slices_ * spacing[2];
    sum_.mask.assign(scene.labels.size(), 0);
  }

  CalciumSum run() {
    for (int slice = box_.low[2]; slice + slices_ - 1 <= box_.high[2]; slice += slices_)
      add_slab(slice);
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
    if (space_.mask[voxel] != 0) return true;
    return std::ranges::any_of(face_steps(scene_.work.grid), [&](std::ptrdiff_t step) {
      return space_.mask[static_cast<std::size_t>(static_cast<std::ptrdiff_t>(voxel) + step)] != 0;
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

  void count(Slab& slab, const std::array<int, 2>& seed, int first) {
    const auto piece = take(slab, seed);
    const double area = static_cast<double>(piece.size()) * pixel_mm2_;
    double peak = 0;
    std::size_t inside = 0;
    bool bone = false;
    std::vector<std::size_t> voxels;
    voxels.reserve(piece.size());
    for (const auto& [column, row] : piece) {
      peak = std::max(peak, static_cast<double>(slab.hu[at(column, row)]));
      const auto voxel = working(column, row, first);
      if (!voxel) continue;
      voxels.push_back(*voxel);
      bone = bone || bone_[*voxel] != 0;
      inside += in_region(*voxel) ? 1 : 0;
    }
    // What reaches out of the region is chest wall, if too small or too pale for a bone.
    if (static_cast<double>(inside) < least_inside * static_cast<double>(piece.size())) return;
    if (bone || area < limits_.least_mm2 || peak < limits_.peak_hu) return;
    sum_.agatston += area * weight(peak) * sum_.slab_mm / reference_mm;
    for (const std::size_t voxel : voxels) sum_.mask[voxel] = 1;
  }

  const Scene& scene_;
  const HeartSpace& space_;
  const CalciumLimits& limits_;
  const Box& box_;
  Mask bone_;
  int slices_;
  double pixel_mm2_ = 0;
  CalciumSum sum_;
};

}  // namespace

int slices_in_slab(const Scene& scene) {
  const double spacing = scene.volume.grid.spacing_mm()[2];
  return std::max(1, static_cast<int>(most_slab_mm / spacing + 0.01));
}

CalciumSum calcium_sum(const Scene& scene, const HeartSpace& space, const CalciumLimits& limits) {
  const auto box = box_around(scene, space);
  if (!box || scene.bone.empty()) return {};
  return Sum(scene, space, limits, *box).run();
}

}  // namespace tomoscribe::pipeline::measure

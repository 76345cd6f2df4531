#include "pipeline/measure/abdomen/tissue_section.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr int least_fat_hu = -190, most_lean_hu = 150;
constexpr double slab_mm = 5, closing_mm = 25, skin_mm = 1, under_skin_mm = 4;
constexpr double least_piece_cm2 = 1.5, most_apart_cm2 = 10;
constexpr double most_wall_mm = 35, gap_mm = 2, canal_mm = 12, psoas_mm = 40;
constexpr double back_mm = 60, flank_mm = 20;
constexpr int angles = 360, smooth_angles = 20;

/// Mean over the slices of the slab.
std::int16_t slab_hu(const Volume& volume, int column, int row, int slice, int reach) {
  const int low = std::max(0, slice - reach),
            high = std::min(volume.grid.size[2] - 1, slice + reach);
  int sum = 0;
  for (int at = low; at <= high; ++at) sum += volume.at(column, row, at);
  return static_cast<std::int16_t>(sum / (high - low + 1));
}

bool is_set(const Mask& mask, const Grid& grid, const Vec3& mm) {
  const Vec3 index = grid.index_at(mm);
  std::array<int, 3> at{};
  for (std::size_t i = 0; i < 3; ++i) {
    at[i] = static_cast<int>(std::lround(index[i]));
    if (at[i] < 0 || at[i] >= grid.size[i]) return false;
  }
  return mask[grid.offset(at[0], at[1], at[2])] != 0;
}

/// All that lies within `mm` of the mask, less all that lies within `mm` of the rest. Distances are
/// between pixels: one pixel of play, or the mask's own border would be lost.
Mask closed(const Mask& mask, const Grid& grid, double mm) {
  std::vector<float> depth = depth_mm(mask, grid);
  Mask wide(mask.size());
  std::ranges::transform(depth, wide.begin(),
                         [mm](float value) { return value >= static_cast<float>(-mm) ? 1 : 0; });
  depth = depth_mm(wide, grid);
  const auto least = static_cast<float>(mm - grid.spacing_mm()[0]);
  Mask result(mask.size());
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = mask[i] != 0 || depth[i] >= least ? 1 : 0;
  return result;
}

/// The wall in one direction from the middle.
struct Wall {
  double mm = 0;            ///< depth at which it ends
  double inner_pixels = 0;  ///< from the middle to its inner face
};

class Trunk {
 public:
  Trunk(const TissueImage& image, int limit_hu)
      : image_(image),
        grid_(image.grid),
        limit_hu_(limit_hu),
        pixel_cm2_(grid_.voxel_ml() * 10 / grid_.spacing_mm()[2]),
        in_body_(depth_mm(image.body, grid_)) {}

  TissueAreas areas() {
    TissueAreas result;
    result.inside = inside_of_muscles(result.two_trunks);
    if (std::ranges::find(result.inside, 1) == result.inside.end()) return result;
    depth_ = depth_mm(result.inside, grid_);
    find_wall();
    result.muscle.assign(image_.hu.size(), 0);
    for_each_voxel(grid_, [&](std::size_t at, int column, int row, int) {
      if (image_.body[at] == 0) return;
      const bool in = result.inside[at] != 0, in_wall = in && is_wall(at, column, row);
      if (is_fat(at) && !in && !is_skin(at)) result.subcutaneous_cm2 += pixel_cm2_;
      if (is_fat(at) && in && !in_wall && !is_back(at)) result.visceral_cm2 += pixel_cm2_;
      if (!is_lean(at) || !in || is_canal(at) || !(in_wall || is_back(at) || is_psoas(at))) return;
      result.muscle[at] = 1;
      result.muscle_cm2 += pixel_cm2_;
    });
    return result;
  }

 private:
  bool is_fat(std::size_t at) const {
    return image_.hu[at] >= least_fat_hu && image_.hu[at] <= limit_hu_;
  }
  bool is_lean(std::size_t at) const {
    return image_.hu[at] > limit_hu_ && image_.hu[at] <= most_lean_hu && image_.bone[at] == 0;
  }

  /// Depth is counted from the middle of the outermost pixel.
  bool is_skin(std::size_t at) const {
    return in_body_[at] < static_cast<float>(skin_mm - grid_.spacing_mm()[0] / 2);
  }

  /// Behind the canal there is muscle, bone and the fat between them; in the flanks, where fat of
  /// the kidneys reaches farther back, from 20 mm behind it.
  bool is_back(std::size_t at) const {
    return image_.behind_mm[at] >= (std::abs(image_.left_mm[at]) < back_mm ? 0 : flank_mm);
  }
  bool is_canal(std::size_t at) const {
    return std::hypot(image_.behind_mm[at], image_.left_mm[at]) < canal_mm;
  }
  /// Beside the vertebral body, from its front to the canal.
  bool is_psoas(std::size_t at) const {
    const double behind = image_.behind_mm[at] - image_.vertebra_behind_mm;
    const double aside = std::abs(image_.left_mm[at] - image_.vertebra_left_mm);
    return image_.behind_mm[at] < 0 && behind > -image_.half_depth_mm &&
           aside > image_.half_width_mm && aside < image_.half_width_mm + psoas_mm;
  }

  /// Closes the ring of muscle and bone and fills it.
  Mask inside_of_muscles(bool& two_trunks) const {
    Mask ring(image_.hu.size());
    for (std::size_t at = 0; at < ring.size(); ++at)
      ring[at] =
          in_body_[at] > static_cast<float>(under_skin_mm) && image_.hu[at] > limit_hu_ ? 1 : 0;
    const auto least = static_cast<std::size_t>(least_piece_cm2 / pixel_cm2_);
    const Components pieces = components(ring, grid_, least);
    std::ranges::transform(pieces.labels, ring.begin(),
                           [](std::uint16_t label) { return label != 0 ? 1 : 0; });
    if (pieces.voxels.empty()) return ring;
    Mask inside = closed(ring, grid_, closing_mm);
    fill_holes_by_slice(inside, grid_);
    const Components trunks = components(inside, grid_, 1);
    two_trunks = trunks.voxels.size() > 1 &&
                 static_cast<double>(trunks.voxels[1]) * pixel_cm2_ > most_apart_cm2;
    std::ranges::transform(trunks.labels, inside.begin(),
                           [](std::uint16_t label) { return label == 1 ? 1 : 0; });
    return inside;
  }

  int angle_of(int column, int row) const {
    const double turn = std::atan2(row - middle_row_, column - middle_column_) / std::numbers::pi;
    return std::clamp(static_cast<int>((turn + 1) * angles / 2), 0, angles - 1);
  }

  /// Thickness of the wall in every direction from the middle: lean (or bone) from the outer border
  /// to the first gap; where bowel lies against it the thinner wall beside it counts.
  void find_wall() {
    double count = 0;
    for_each_voxel(grid_, [&](std::size_t at, int column, int row, int) {
      if (depth_[at] < 0) return;
      ++count, middle_column_ += column, middle_row_ += row;
    });
    middle_column_ /= count, middle_row_ /= count;
    std::vector<Wall> walls(angles);
    for (int i = 0; i < angles; ++i)
      walls[static_cast<std::size_t>(i)] =
          wall_along((i + 0.5) * 2 * std::numbers::pi / angles - std::numbers::pi);
    wall_.resize(angles);
    for (int i = 0; i < angles; ++i) {
      std::vector<double> near;
      near.reserve(2 * smooth_angles + 1);
      for (int k = -smooth_angles; k <= smooth_angles; ++k)
        near.push_back(walls[static_cast<std::size_t>((i + k + angles) % angles)].mm);
      const auto low = near.begin() + static_cast<std::ptrdiff_t>(near.size() * 2 / 5);
      std::ranges::nth_element(near, low);
      const Wall& own = walls[static_cast<std::size_t>(i)];
      wall_[static_cast<std::size_t>(i)] = {std::min(*low, own.mm) + grid_.spacing_mm()[0] / 2,
                                            own.inner_pixels - 1};
    }
  }

  Wall wall_along(double angle) const {
    const double pixel_mm = grid_.spacing_mm()[0];
    Wall wall;
    double gap = 0;
    bool begun = false;
    const double step = 0.5;  // pixels
    for (int i = grid_.size[0] + grid_.size[1]; i > 0; --i) {
      const double from_middle = i * step;
      const int column =
          static_cast<int>(std::lround(middle_column_ + from_middle * std::cos(angle)));
      const int row = static_cast<int>(std::lround(middle_row_ + from_middle * std::sin(angle)));
      if (column < 0 || row < 0 || column >= grid_.size[0] || row >= grid_.size[1]) continue;
      const std::size_t at = grid_.offset(column, row, 0);
      if (depth_[at] < 0) continue;
      if (image_.hu[at] > limit_hu_) {
        begun = true, gap = 0;
        wall.mm = std::max(wall.mm, static_cast<double>(depth_[at]));
        wall.inner_pixels = from_middle;
      } else if (begun) {
        gap += step * pixel_mm;
      }
      if (gap >= gap_mm || wall.mm > most_wall_mm) break;
    }
    wall.mm = std::min(wall.mm, most_wall_mm);
    return wall;
  }

  bool is_wall(std::size_t at, int column, int row) const {
    const Wall& wall = wall_[static_cast<std::size_t>(angle_of(column, row))];
    return static_cast<double>(depth_[at]) <= wall.mm &&
           std::hypot(column - middle_column_, row - middle_row_) >= wall.inner_pixels;
  }

  const TissueImage& image_;
  const Grid& grid_;
  int limit_hu_;
  double pixel_cm2_;
  std::vector<float> in_body_;  ///< depth under the surface
  std::vector<float> depth_;    ///< inside the muscles' outer border
  std::vector<Wall> wall_;      ///< by direction from the middle
  double middle_column_ = 0, middle_row_ = 0;
};

}  // namespace

TissueImage tissue_image(const Scene& scene, double working_slice) {
  const Grid& native = scene.volume.grid;
  const Grid& work = scene.work.grid;
  const SpineSlice& spine = scene.spine.at[static_cast<std::size_t>(std::clamp(
      static_cast<int>(std::lround(working_slice)), scene.spine.first, scene.spine.last))];
  const Vec3 canal = work.point_mm(spine.canal_column, spine.canal_row, working_slice);
  TissueImage image;
  image.slice = scene.volume.image_slice(
      std::clamp(static_cast<int>(std::lround(native.index_at(canal)[2])), 0, native.size[2] - 1));
  image.vertebra_left_mm = (spine.body_column - spine.canal_column) * working_mm;
  image.vertebra_behind_mm = (spine.body_row - spine.canal_row) * working_mm;
  image.half_width_mm = spine.half_width_mm, image.half_depth_mm = spine.half_depth_mm;
  const std::array<double, 3> spacing = native.spacing_mm();
  image.margin = static_cast<int>(std::ceil((closing_mm + 3) / spacing[0]));
  image.grid = native;
  image.grid.size = {native.size[0] + 2 * image.margin, native.size[1] + 2 * image.margin, 1};
  image.grid.origin_mm = native.point_mm(-image.margin, -image.margin, image.slice);
  const std::size_t count = image.grid.voxels();
  image.hu.assign(count, -1024), image.body.assign(count, 0), image.bone.assign(count, 0);
  image.left_mm.resize(count), image.behind_mm.resize(count);
  const int reach = static_cast<int>((slab_mm / spacing[2] - 1) / 2 + 0.01);
  for_each_voxel(image.grid, [&](std::size_t at, int column, int row, int) {
    const Vec3 mm = image.grid.point_mm(column, row, 0);
    image.left_mm[at] = static_cast<float>(mm[0] - canal[0]);
    image.behind_mm[at] = static_cast<float>(mm[1] - canal[1]);
    const int c = column - image.margin, r = row - image.margin;
    if (c < 0 || r < 0 || c >= native.size[0] || r >= native.size[1]) return;
    image.hu[at] = slab_hu(scene.volume, c, r, image.slice, reach);
    image.body[at] = is_set(scene.body, work, mm) ? 1 : 0;
    image.bone[at] = is_set(scene.bone, work, mm) ? 1 : 0;
    const bool edge = c == 0 || r == 0 || c == native.size[0] - 1 || r == native.size[1] - 1;
    image.cut = image.cut || (edge && image.body[at] != 0);
  });
  return image;
}

TissueAreas tissue_areas(const TissueImage& image, int limit_hu) {
  return Trunk(image, limit_hu).areas();
}

SliceMask without_margin(const TissueImage& image, const Mask& mask) {
  SliceMask result{.columns = image.grid.size[0] - 2 * image.margin,
                   .rows = image.grid.size[1] - 2 * image.margin,
                   .values = {}};
  result.values.reserve(static_cast<std::size_t>(result.columns) *
                        static_cast<std::size_t>(result.rows));
  for (int row = 0; row < result.rows; ++row)
    for (int column = 0; column < result.columns; ++column)
      result.values.push_back(
          mask[image.grid.offset(column + image.margin, row + image.margin, 0)]);
  return result;
}

}  // namespace tomoscribe::pipeline::measure

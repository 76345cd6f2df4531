#include "pipeline/measure/head/skull.h"

#include <algorithm>
#include <numbers>
#include <numeric>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t bone_hu = 200, air_hu = -400;
constexpr double least_bone_ml = 2.5, closing_mm = 6, opening_mm = 3;
constexpr double foramen_share = 0.07;  // of the largest section: the spinal canal begins
constexpr double gap_mm = 18, gap_height_mm = 12;  // what no suture and no burr hole leaves open

/// One slice of a mask.
struct Plane {
  int columns = 0, rows = 0;
  std::size_t voxels() const {
    return static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows);
  }
};

Plane plane_of(const Grid& grid) {
  return {grid.size[0], grid.size[1]};
}

/// The bone and what it encloses in each slice; openings of less than 12 mm count as closed.
Mask solid(const Mask& bone, const std::vector<float>& depth, const Grid& grid) {
  Mask wide = deeper_than(depth, -closing_mm - 0.01);
  fill_holes_by_slice(wide, grid);
  Mask result = deeper_than(depth_mm(wide, grid), closing_mm - 0.75);
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = result[i] != 0 || bone[i] != 0 ? 1 : 0;
  return result;
}

/// `slice` widened by `reach` pixels along its rows.
Mask widened_along_rows(const Mask& slice, const Plane& plane, int reach) {
  Mask result(slice.size());
  const auto columns = static_cast<std::size_t>(plane.columns);
  for (int row = 0; row < plane.rows; ++row)
    for (int column = 0; column < plane.columns; ++column) {
      const std::size_t base = static_cast<std::size_t>(row) * columns;
      if (slice[base + static_cast<std::size_t>(column)] == 0) continue;
      for (int i = std::max(0, column - reach); i <= std::min(plane.columns - 1, column + reach);
           ++i)
        result[base + static_cast<std::size_t>(i)] = 1;
    }
  return result;
}

/// `slice` widened by `reach` pixels along its columns.
Mask widened_along_columns(const Mask& slice, const Plane& plane, int reach) {
  Mask result(slice.size());
  const auto columns = static_cast<std::size_t>(plane.columns);
  for (int row = 0; row < plane.rows; ++row)
    for (int other = std::max(0, row - reach); other <= std::min(plane.rows - 1, row + reach);
         ++other)
      for (std::size_t i = 0; i < columns; ++i)
        if (slice[static_cast<std::size_t>(other) * columns + i] != 0)
          result[static_cast<std::size_t>(row) * columns + i] = 1;
  return result;
}

Mask widened(const Mask& slice, const Plane& plane, int reach) {
  return widened_along_columns(widened_along_rows(slice, plane, reach), plane, reach);
}

/// The largest piece of one slice (faces connected).
Mask largest_piece(const Mask& slice, const Plane& plane) {
  Grid grid;
  grid.size = {plane.columns, plane.rows, 1};
  for (std::size_t i = 0; i < 3; ++i) grid.step_mm[i][i] = 1;
  const Components pieces = components(slice, grid, 1);
  Mask result(slice.size());
  std::ranges::transform(pieces.labels, result.begin(),
                         [](std::uint16_t label) { return label == 1 ? 1 : 0; });
  return result;
}

std::size_t area_of(const Mask& mask, const Plane& plane, int slice) {
  const auto from =
      mask.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(slice) * plane.voxels());
  return static_cast<std::size_t>(
      std::count(from, from + static_cast<std::ptrdiff_t>(plane.voxels()), std::uint8_t{1}));
}

Mask slice_of(const Mask& mask, const Plane& plane, int slice) {
  const auto from =
      mask.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(slice) * plane.voxels());
  return {from, from + static_cast<std::ptrdiff_t>(plane.voxels())};
}

/// What of the holes belongs to the largest section: followed slice by slice.
Mask followed(const Mask& holes, const Grid& grid, int start) {
  const Plane plane = plane_of(grid);
  Mask result(holes.size());
  const auto keep = [&](const Mask& section, int slice) {
    std::ranges::copy(
        section, result.begin() +
                     static_cast<std::ptrdiff_t>(static_cast<std::size_t>(slice) * plane.voxels()));
  };
  const Mask first = largest_piece(slice_of(holes, plane, start), plane);
  keep(first, start);
  const double least = foramen_share * static_cast<double>(std::ranges::count(first, 1));
  for (const int step : {1, -1}) {
    Mask section = first;
    for (int slice = start + step; slice >= 0 && slice < grid.size[2]; slice += step) {
      const Mask reach = widened(section, plane, 3);
      section = slice_of(holes, plane, slice);
      for (std::size_t i = 0; i < section.size(); ++i) section[i] &= reach[i];
      const auto area = static_cast<double>(std::ranges::count(section, 1));
      if (area == 0 || (step < 0 && area < least)) break;
      keep(section, slice);
    }
  }
  return result;
}

/// Opened by 3 mm, largest piece, grown back: orbits and canals are cut off.
Mask without_channels(const Mask& mask, const Grid& grid) {
  const Mask core = deeper_than(depth_mm(mask, grid), opening_mm - 0.75);
  const Components pieces = components(core, grid, 1000);
  Mask largest(mask.size());
  std::ranges::transform(pieces.labels, largest.begin(),
                         [](std::uint16_t label) { return label == 1 ? 1 : 0; });
  if (pieces.voxels.empty()) return largest;
  const std::vector<float> near = depth_mm(largest, grid);
  for (std::size_t i = 0; i < mask.size(); ++i)
    largest[i] = mask[i] != 0 && near[i] >= -opening_mm - 1.5F ? 1 : 0;
  return largest;
}

/// Air, fat, streaks and calcifications within the space belong to it; bone of the skull does not.
void fill_gaps(Mask& inside, const Mask& bone, const Grid& grid) {
  fill_holes_by_slice(inside, grid);
  for (std::size_t i = 0; i < inside.size(); ++i)
    if (bone[i] != 0) inside[i] = 0;
}

/// Sharp kernels draw a dark line along bone: what lies between the space and the bone, one voxel
/// wide, belongs to the space.
void fill_dark_line(Mask& inside, const Mask& bone, const GridImage& box) {
  constexpr std::int16_t darkest_hu = -300;
  const Grid& grid = box.grid;
  const auto steps = face_steps(grid);
  const auto beside = [&](const Mask& mask, std::size_t at) {
    return std::ranges::any_of(steps, [&](std::ptrdiff_t step) {
      const auto there = static_cast<std::ptrdiff_t>(at) + step;
      return there >= 0 && there < static_cast<std::ptrdiff_t>(mask.size()) &&
             mask[static_cast<std::size_t>(there)] != 0;
    });
  };
  Mask line(inside.size());
  for (std::size_t at = 0; at < inside.size(); ++at)
    if (inside[at] == 0 && bone[at] == 0 && box.hu[at] > darkest_hu && beside(inside, at) &&
        beside(bone, at))
      line[at] = 1;
  for (std::size_t at = 0; at < inside.size(); ++at) inside[at] |= line[at];
}

/// Longest run of directions, seen from the middle of the bone, in which no bone is met.
class OpenArc {
 public:
  OpenArc(const GridImage& box, int slice) : box_{box}, slice_{slice} {
    double count = 0;
    for (int row = 0; row < box.grid.size[1]; ++row)
      for (int column = 0; column < box.grid.size[0]; ++column)
        if (hu(column, row) > bone_hu) column_ += column, row_ += row, ++count;
    column_ /= std::max(1.0, count);
    row_ /= std::max(1.0, count);
  }
  double longest_mm() const {
    constexpr int rays = 180;
    double most = 0, run = 0;
    for (int i = 0; i < 2 * rays; ++i) {  // twice round: a gap may lie across the first ray
      const double angle = 2 * std::numbers::pi * (i % rays) / rays;
      const double out = open_radius(std::cos(angle), std::sin(angle));
      run = out > 0 ? run + out * 1.5 * 2 * std::numbers::pi / rays : 0;
      most = std::max(most, run);
    }
    return most;
  }

 private:
  int hu(int column, int row) const { return box_.hu[box_.grid.offset(column, row, slice_)]; }
  /// Voxels from the middle to the skin where no bone is met; 0 where there is bone.
  double open_radius(double dx, double dy) const {
    double skin = 0;
    for (int step = 0;; ++step) {
      const double r = 0.7 * step;
      const int column = static_cast<int>(std::lround(column_ + r * dx));
      const int row = static_cast<int>(std::lround(row_ + r * dy));
      if (column < 0 || row < 0 || column >= box_.grid.size[0] || row >= box_.grid.size[1]) break;
      const int value = hu(column, row);
      if (value > 150) return 0;
      if (value > air_hu) skin = r;
    }
    return skin;
  }
  const GridImage& box_;
  int slice_;
  double column_ = 0, row_ = 0;
};

/// Height over which the vault is open, mm.
double open_height_mm(const GridImage& box, int low, int high) {
  int run = 0, most = 0;
  for (int slice = low; slice <= high; ++slice) {
    run = OpenArc(box, slice).longest_mm() > gap_mm ? run + 1 : 0;
    most = std::max(most, run);
  }
  return most * box.grid.step_mm[2][2];
}

/// z of the highest slice in which `area_cm2` is more than the tip of a calcification; of the lower
/// half of the space inside the skull, because the cap of the vault is all bone.
std::optional<double> highest(const Cranium& cranium, const std::vector<double>& area_cm2) {
  const Grid& grid = cranium.image.grid;
  const auto sections = static_cast<std::ptrdiff_t>(plane_of(grid).voxels());
  const auto first = std::ranges::find(cranium.inside, std::uint8_t{1});
  const auto last = std::find(cranium.inside.rbegin(), cranium.inside.rend(), 1).base();
  const auto low = (first - cranium.inside.begin()) / sections;
  const auto high = (last - cranium.inside.begin()) / sections;
  for (auto slice = (low + high) / 2; slice >= 0; --slice)
    if (area_cm2[static_cast<std::size_t>(slice)] > 0.4)
      return grid.point_mm(0, 0, static_cast<double>(slice))[2];
  return std::nullopt;
}

/// First and last row with something inside the skull.
std::array<double, 2> rows_of(const Cranium& cranium) {
  std::array<double, 2> rows{1e9, -1e9};
  for_each_voxel(cranium.image.grid, [&](std::size_t at, int, int row, int) {
    if (cranium.inside[at] == 0) return;
    rows = {std::min<double>(rows[0], row), std::max<double>(rows[1], row)};
  });
  return rows;
}

/// Bone that reaches far into the head: the base; to the side and not in front, the petrous bones.
void find_base(Cranium& cranium, const Mask& bone, const Mask& filled) {
  const Grid& grid = cranium.image.grid;
  constexpr float far_in_mm = 20;
  Grid apart = grid;  // slices so far apart that distances run within each
  apart.step_mm[2][2] = 1000;
  const std::vector<float> deep = depth_mm(filled, grid), deep_in_slice = depth_mm(filled, apart);
  constexpr double pixel_cm2 = 0.0225, behind_front = 0.42, beside_mm = 12;
  const auto [front, back] = rows_of(cranium);
  const double first_row = front + behind_front * (back - front);
  const double middle =
      cranium.plane ? cranium.plane->point_mm[0] : grid.point_mm(grid.size[0] / 2.0, 0, 0)[0];
  std::vector<double> any(static_cast<std::size_t>(grid.size[2])), petrous(any);
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (bone[at] == 0 || deep_in_slice[at] < far_in_mm) return;
    if (deep[at] > far_in_mm) any[static_cast<std::size_t>(slice)] += pixel_cm2;
    const double beside = std::abs(grid.point_mm(column, row, slice)[0] - middle);
    if (row > first_row && beside > beside_mm)
      petrous[static_cast<std::size_t>(slice)] += pixel_cm2;
  });
  cranium.base_mm = highest(cranium, any);
  cranium.petrous_mm = highest(cranium, petrous);
  if (!cranium.petrous_mm) return;
  std::vector<double> rows;
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    const Vec3 point = grid.point_mm(column, row, slice);
    if (bone[at] != 0 && deep_in_slice[at] >= far_in_mm && row > first_row &&
        point[2] > *cranium.petrous_mm - 15)
      rows.push_back(point[1]);
  });
  cranium.petrous_y_mm = median_of(rows);
}

/// What is inside the skull without bone's blurred edge, calcifications and air.
Mask soft_tissue(const Cranium& cranium) {
  Mask mask = cranium.inside;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (cranium.image.hu[i] < -40 || cranium.image.hu[i] > 130) mask[i] = 0;
  return mask;
}

/// Median and noise of the brain.
void look_at_brain(Cranium& cranium) {
  std::vector<double> values, off;
  for (std::size_t i = 0; i < cranium.depth.size(); i += 3)
    if (cranium.depth[i] > 10) {
      values.push_back(cranium.image.hu[i]);
      off.push_back(std::abs(cranium.image.hu[i] - cranium.fine[i]));
    }
  cranium.brain_hu = median_of(values);
  cranium.noise_hu = 1.48 * median_of(off);
  cranium.deepest_mm = *std::ranges::max_element(cranium.depth);
}

int highest_slice(const Mask& mask, const Grid& grid) {
  for (int slice = grid.size[2] - 1; slice >= 0; --slice)
    if (area_of(mask, plane_of(grid), slice) > 20) return slice;
  return -1;
}

}  // namespace

std::vector<std::int16_t> smoothed_within(const GridImage& image, const Mask& weights,
                                          double sigma_mm) {
  constexpr int weight_scale = 4096, hu_scale = 16;
  GridImage part{image.grid, std::vector<std::int16_t>(image.hu.size())};
  std::ranges::transform(weights, part.hu.begin(), [](std::uint8_t in) {
    return in != 0 ? static_cast<std::int16_t>(weight_scale) : std::int16_t{0};
  });
  const std::vector<std::int16_t> weight = smoothed(part, sigma_mm);
  for (std::size_t i = 0; i < weights.size(); ++i)
    part.hu[i] = weights[i] != 0
                     ? static_cast<std::int16_t>(std::clamp<int>(image.hu[i], -500, 500) * hu_scale)
                     : std::int16_t{0};
  std::vector<std::int16_t> result = smoothed(part, sigma_mm);
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = weight[i] < weight_scale / 20
                    ? std::int16_t{-1024}
                    : static_cast<std::int16_t>(
                          std::lround(double(result[i]) * weight_scale / hu_scale / weight[i]));
  return result;
}

double median_of(std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

Mask skull_bone(const GridImage& box) {
  Mask bone(box.hu.size());
  std::ranges::transform(box.hu, bone.begin(),
                         [](std::int16_t hu) { return hu > bone_hu ? 1 : 0; });
  const auto least = static_cast<std::size_t>(least_bone_ml / box.grid.voxel_ml());
  const Components pieces = components(bone, box.grid, least);
  std::ranges::transform(pieces.labels, bone.begin(),
                         [](std::uint16_t label) { return label != 0 ? 1 : 0; });
  return bone;
}

std::variant<Cranium, NoCranium> find_cranium(GridImage box) {
  const Grid& grid = box.grid;
  const Plane plane = plane_of(grid);
  const Mask bone = skull_bone(box);
  const int top = highest_slice(bone, grid);
  if (top < 0) return NoCranium{"no bone of a skull was found"};
  const std::vector<float> bone_depth = depth_mm(bone, grid);
  const Mask filled = solid(bone, bone_depth, grid);
  Mask holes(filled.size());
  for (std::size_t i = 0; i < holes.size(); ++i)
    holes[i] = filled[i] != 0 && bone[i] == 0 && box.hu[i] >= -30 ? 1 : 0;
  const auto slices_of = [&](double mm) { return static_cast<int>(mm / grid.step_mm[2][2]); };
  std::vector<int> order(static_cast<std::size_t>(grid.size[2]));
  std::iota(order.begin(), order.end(), 0);
  const int start = *std::ranges::max_element(order, {}, [&](int slice) {
    return slice < top - slices_of(130) ? 0 : area_of(holes, plane, slice);
  });
  // Where the vault is closed by bone all round: below its cap, above the orbits.
  if (open_height_mm(box, std::max(0, top - slices_of(60)), top - slices_of(gap_height_mm)) >=
      gap_height_mm)
    return NoCranium{
        "the vault of the skull is open over more than 18 mm (craniectomy, or a cut scan)"};
  Cranium cranium;
  cranium.inside = without_channels(followed(holes, grid, start), grid);
  fill_gaps(cranium.inside, bone, grid);
  fill_dark_line(cranium.inside, bone, box);
  constexpr double least_ml = 300;
  const double ml = static_cast<double>(std::ranges::count(cranium.inside, 1)) * grid.voxel_ml();
  if (ml < least_ml) return NoCranium{"no closed space of the size of a cranium was found"};
  constexpr std::size_t cap_voxels = 220;  // 5 cm2
  cranium.vertex_missing = area_of(cranium.inside, plane, grid.size[2] - 1) > cap_voxels;
  cranium.foramen_missing = area_of(cranium.inside, plane, 0) > 0;
  cranium.image = std::move(box);
  cranium.fine = smoothed_within(cranium.image, soft_tissue(cranium), 1.2);
  cranium.depth = depth_mm(cranium.inside, cranium.image.grid);
  find_symmetry(cranium, bone_depth);
  find_base(cranium, bone, filled);
  look_at_brain(cranium);
  return cranium;
}

}  // namespace tomoscribe::pipeline::measure

// Metal: slices with more than 20 mm2 above 2500 HU within the body, and 10 mm around them.
// Source: QUANTIFICATION B, "metal".
#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

constexpr std::int16_t metal_hu = 2500;
constexpr double least_mm2 = 20, around_mm = 10;
constexpr double beside_mm = 15, most_share = 0.9;

/// Columns' middle of the body on a native slice, LPS x, mm.
double body_middle_mm(const measure::Scene& scene, int slice) {
  const Grid& grid = scene.volume.grid;
  double sum = 0, count = 0;
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column)
      if (scene.native.labels[grid.offset(column, row, slice)] != measure::nothing)
        sum += grid.point_mm(column, row, slice)[0], ++count;
  return sum / std::max(1.0, count);
}

/// Where the metal of a native slice lies, LPS x, mm.
std::vector<double> metal_mm(const measure::Scene& scene, int slice) {
  const Grid& grid = scene.volume.grid;
  std::vector<double> places;
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column) {
      const std::size_t at = grid.offset(column, row, slice);
      if (scene.volume.hu[at] > metal_hu && scene.native.labels[at] != measure::nothing)
        places.push_back(grid.point_mm(column, row, slice)[0]);
    }
  return places;
}

bool forbids_sides(const Result& result) {
  return std::ranges::find(result.uses, Use::laterality) != result.uses.end() ||
         std::ranges::any_of(result.more, forbids_sides);
}

/// Where metal lies beside the body's middle, in sampled voxels.
struct Sides {
  double right = 0, left = 0, all = 0;
};

Sides sides_of(const measure::Scene& scene, const std::vector<int>& slices) {
  Sides sides;
  for (const int slice : slices) {
    const double middle = body_middle_mm(scene, slice);
    for (const double place : metal_mm(scene, slice)) {
      ++sides.all;
      sides.right += place < middle - beside_mm ? 1 : 0;
      sides.left += place > middle + beside_mm ? 1 : 0;
    }
  }
  return sides;
}

/// ", on the right" where nine tenths of it lie 15 mm and more beside the body's middle there
/// ("mostly" where some lies on the other side);
/// ", on both sides" where that holds for both together. Empty where it lies in the middle or left
/// and right are in doubt.
std::string side_words(const measure::Scene& scene, const std::vector<int>& slices) {
  if (forbids_sides(position(scene)) || forbids_sides(laterality(scene))) return {};
  const auto [right, left, all] = sides_of(scene, slices);
  if (right >= most_share * all) return left > 0 ? ", mostly on the right" : ", on the right";
  if (left >= most_share * all) return right > 0 ? ", mostly on the left" : ", on the left";
  return right + left >= most_share * all ? ", on both sides" : "";
}

std::vector<int> slices_with_metal(const measure::Scene& scene) {
  const Volume& volume = scene.volume;
  const std::array<double, 3> spacing = volume.grid.spacing_mm();
  const std::size_t plane = volume.grid.offset(0, 0, 1);
  std::vector<int> slices;
  for (int slice = 0; slice < volume.grid.size[2]; ++slice) {
    const std::size_t from = volume.grid.offset(0, 0, slice);
    std::size_t voxels = 0;
    for (std::size_t i = from; i < from + plane; ++i)
      if (volume.hu[i] > metal_hu && scene.native.labels[i] != measure::nothing) ++voxels;
    if (static_cast<double>(voxels) * spacing[0] * spacing[1] > least_mm2) slices.push_back(slice);
  }
  return slices;
}

std::vector<int> with_surroundings(const std::vector<int>& slices, int reach, int count) {
  std::vector<int> wide;
  for (const int slice : slices)
    for (int near = std::max(0, slice - reach); near <= std::min(count - 1, slice + reach); ++near)
      if (wide.empty() || near > wide.back()) wide.push_back(near);
  return wide;
}

}  // namespace

Result metal(const measure::Scene& scene) {
  if (scene.native.labels.empty()) return passed();
  const std::vector<int> found = slices_with_metal(scene);
  if (found.empty()) return passed();
  const Grid& grid = scene.volume.grid;
  Result result =
      restricted({Use::calcium}, "metal, or something as dense, on " +
                                     image_words(scene.volume, found) + side_words(scene, found) +
                                     ": densities are not measured there nor within 10 mm");
  result.slices = with_surroundings(
      found, static_cast<int>(std::ceil(around_mm / grid.spacing_mm()[2])), grid.size[2]);
  return result;
}

}  // namespace tomoscribe::pipeline::gates

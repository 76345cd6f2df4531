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
  Result result = restricted(
      {Use::calcium}, "metal, or something as dense, on " + image_words(scene.volume, found) +
                          ": densities are not measured there nor within 10 mm");
  result.slices = with_surroundings(
      found, static_cast<int>(std::ceil(around_mm / grid.spacing_mm()[2])), grid.size[2]);
  return result;
}

}  // namespace tomoscribe::pipeline::gates

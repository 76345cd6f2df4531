#include "pipeline/measure/excluded.h"

#include <algorithm>
#include <cmath>

namespace tomoscribe::pipeline::measure {
namespace {

bool excludes_any(const Scene& scene) {
  return std::ranges::any_of(scene.gates.results,
                             [](const gates::Result& result) { return !result.slices.empty(); });
}

}  // namespace

bool is_excluded(const Scene& scene, const Vec3& point_mm) {
  return excludes_any(scene) && scene.gates.excludes(static_cast<int>(
                                    std::lround(scene.volume.grid.index_at(point_mm)[2])));
}

Mask without_excluded(const Scene& scene, const Grid& grid, Mask mask) {
  if (!excludes_any(scene)) return mask;
  const Grid& native = scene.volume.grid;
  std::vector<std::uint8_t> out(static_cast<std::size_t>(native.size[2]));
  for (int slice = 0; slice < native.size[2]; ++slice)
    out[static_cast<std::size_t>(slice)] = scene.gates.excludes(slice) ? 1 : 0;
  // The slice of the volume is linear in the voxel's index.
  const double origin = native.index_at(grid.origin_mm)[2];
  const double column_step = native.index_at(grid.point_mm(1, 0, 0))[2] - origin;
  const double row_step = native.index_at(grid.point_mm(0, 1, 0))[2] - origin;
  const double slice_step = native.index_at(grid.point_mm(0, 0, 1))[2] - origin;
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (mask[at] == 0) return;
    const auto nearest =
        std::lround(origin + column * column_step + row * row_step + slice * slice_step);
    const auto last = static_cast<long>(out.size()) - 1;
    if (out[static_cast<std::size_t>(std::clamp(nearest, 0L, last))] != 0) mask[at] = 0;
  });
  return mask;
}

std::optional<double> mean_hu(const Scene& scene, const Mask& mask) {
  const Mask counted = without_excluded(scene, scene.work.grid, mask);
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < counted.size(); ++i)
    if (counted[i] != 0) sum += scene.smooth[i], ++count;
  if (count == 0) return std::nullopt;
  return sum / count;
}

std::string left_out_words(const Scene& scene) {
  const int slices = scene.volume.grid.size[2];
  int out = 0;
  for (int slice = 0; slice < slices; ++slice)
    if (scene.gates.excludes(slice)) ++out;
  if (out == 0) return {};
  return std::to_string(out) + " of " + std::to_string(slices) +
         " slices are left out: metal within 10 mm, or no image there";
}

}  // namespace tomoscribe::pipeline::measure

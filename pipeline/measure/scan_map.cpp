#include "pipeline/measure/scan_map.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tomoscribe::pipeline::measure {

namespace {

/// Corners of the voxels that are set; nothing when none is.
std::optional<std::array<Vec3, 2>> extent(const Mask& mask, const Grid& grid) {
  std::array<int, 3> least = grid.size, most{-1, -1, -1};
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column) {
        if (mask[grid.offset(column, row, slice)] == 0) continue;
        const std::array<int, 3> at{column, row, slice};
        for (std::size_t axis = 0; axis < 3; ++axis) {
          least[axis] = std::min(least[axis], at[axis]);
          most[axis] = std::max(most[axis], at[axis]);
        }
      }
  if (most[0] < 0) return std::nullopt;
  return std::array{grid.point_mm(least[0] - 0.5, least[1] - 0.5, least[2] - 0.5),
                    grid.point_mm(most[0] + 0.5, most[1] + 0.5, most[2] + 0.5)};
}

/// The outer regions reach to the ends of the scan, neighbours to the middle between them:
/// recognition has gaps, the apices of lungs lie in one.
void spread(std::vector<ScanMap::Span>& regions, const std::array<double, 2>& scan_mm) {
  if (regions.empty()) return;
  std::ranges::sort(regions, {},
                    [](const ScanMap::Span& span) { return span.z_mm[0] + span.z_mm[1]; });
  regions.front().z_mm[0] = std::min(regions.front().z_mm[0], scan_mm[0]);
  regions.back().z_mm[1] = std::max(regions.back().z_mm[1], scan_mm[1]);
  for (std::size_t i = 1; i < regions.size(); ++i) {
    double& below = regions[i - 1].z_mm[1];
    double& above = regions[i].z_mm[0];
    if (below < above) below = above = (below + above) / 2;
  }
}

}  // namespace

ScanMap scan_map(const Scene& scene) {
  static constexpr double least_share = 0.05;
  static constexpr std::array<std::pair<BodyRegion, const char*>, 4> words{
      {{BodyRegion::head, "head"},
       {BodyRegion::chest, "chest"},
       {BodyRegion::abdomen, "abdomen"},
       {BodyRegion::pelvis, "pelvis"}}};
  const Grid& grid = scene.work.grid;
  ScanMap map;
  for (const auto& [region, word] : words) {
    if (scene.share(region) < least_share) continue;
    const auto first = std::ranges::find(scene.regions, region);
    const auto last = std::find(scene.regions.rbegin(), scene.regions.rend(), region);
    const auto begin = static_cast<double>(first - scene.regions.begin());
    const auto end = static_cast<double>(scene.regions.rend() - last);
    map.regions.push_back(
        {word, {grid.point_mm(0, 0, begin - 0.5)[2], grid.point_mm(0, 0, end - 0.5)[2]}});
  }
  spread(map.regions, {grid.point_mm(0, 0, -0.5)[2], grid.point_mm(0, 0, grid.size[2] - 0.5)[2]});
  map.body_mm = extent(scene.body, grid);
  return map;
}

}  // namespace tomoscribe::pipeline::measure

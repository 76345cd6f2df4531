#include "pipeline/measure/scene.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t air_limit_hu = -500;  // half way between lung and soft tissue

/// Labels of lung grown by one working voxel into unlabelled body, so that the native HU decide
/// where the border runs.
Mask with_fringe(const Mask& labels, const Grid& grid) {
  Mask result = labels;
  const auto columns = static_cast<std::ptrdiff_t>(grid.size[0]);
  const auto plane = columns * grid.size[1];
  const std::array<std::ptrdiff_t, 6> steps{1, -1, columns, -columns, plane, -plane};
  const auto count = static_cast<std::ptrdiff_t>(labels.size());
  for (std::ptrdiff_t at = plane; at < count - plane; ++at) {
    const std::uint8_t label = labels[static_cast<std::size_t>(at)];
    if (label != right_lung && label != left_lung) continue;
    for (const std::ptrdiff_t step : steps) {
      std::uint8_t& neighbour = result[static_cast<std::size_t>(at + step)];
      if (neighbour == nothing || neighbour == Label::body) neighbour = label;
    }
  }
  return result;
}

/// Nearest working index along one native row, advanced voxel by voxel.
struct Walker {
  Vec3 at{};
  Vec3 step{};
  std::array<int, 3> size{};
  /// Offset in the working grid, or -1 outside.
  std::ptrdiff_t next() {
    std::array<int, 3> index{};
    bool inside = true;
    for (std::size_t i = 0; i < 3; ++i) {
      index[i] = static_cast<int>(std::floor(at[i] + 0.5));
      inside = inside && index[i] >= 0 && index[i] < size[i];
      at[i] += step[i];
    }
    if (!inside) return -1;
    return (static_cast<std::ptrdiff_t>(index[2]) * size[1] + index[1]) * size[0] + index[0];
  }
};

std::uint8_t native_label(std::uint8_t working, std::int16_t hu) {
  switch (working) {
    case right_lung:
    case left_lung:
    case airway: return hu < air_limit_hu ? working : std::uint8_t{body};
    default: return working;
  }
}

}  // namespace

double Scene::share(BodyRegion region) const {
  if (regions.empty()) return 0;
  return static_cast<double>(std::ranges::count(regions, region)) /
         static_cast<double>(regions.size());
}

reporting::Finding& finding(Findings& findings, std::string_view id) {
  const auto found = std::ranges::find(findings, id, &reporting::Finding::id);
  if (found == findings.end()) throw std::logic_error("no earlier step made this finding");
  return *found;
}

void label_native(Scene& scene) {
  const Grid& native = scene.volume.grid;
  const Grid& work = scene.work.grid;
  const Mask labels = with_fringe(scene.labels, work);
  scene.native.size = native.size;
  scene.native.labels.assign(native.voxels(), nothing);
  const Vec3 origin = work.index_at(native.origin_mm);
  const Vec3 one_column = work.index_at(native.point_mm(1, 0, 0));
  std::size_t at = 0;
  for (int slice = 0; slice < native.size[2]; ++slice)
    for (int row = 0; row < native.size[1]; ++row) {
      Walker walker{.at = work.index_at(native.point_mm(0, row, slice)), .size = work.size};
      for (std::size_t i = 0; i < 3; ++i) walker.step[i] = one_column[i] - origin[i];
      for (int column = 0; column < native.size[0]; ++column, ++at)
        if (const std::ptrdiff_t offset = walker.next(); offset >= 0)
          scene.native.labels[at] =
              native_label(labels[static_cast<std::size_t>(offset)], scene.volume.hu[at]);
    }
}

SectionAreas section_areas(const LabelMap& native) {
  SectionAreas areas;
  areas.voxels.resize(static_cast<std::size_t>(native.size[2]));
  const std::size_t plane =
      static_cast<std::size_t>(native.size[0]) * static_cast<std::size_t>(native.size[1]);
  for (std::size_t slice = 0; slice < areas.voxels.size(); ++slice)
    for (std::size_t i = 0; i < plane; ++i)
      ++areas.voxels[slice][std::min<std::size_t>(native.labels[slice * plane + i], airway)];
  return areas;
}

std::size_t SectionAreas::total(Label label) const {
  std::size_t sum = 0;
  for (const auto& section : voxels) sum += section[label];
  return sum;
}

}  // namespace tomoscribe::pipeline::measure

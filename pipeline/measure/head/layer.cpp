#include "pipeline/measure/head/layer.h"

#include <algorithm>
#include <cmath>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double least_mm = 4, most_symmetric = 0.35;

std::vector<const Blob*> layers_of(const Blobs& blobs, bool left) {
  std::vector<const Blob*> layers;
  layers.reserve(blobs.all.size());
  for (std::size_t i = 0; i < blobs.all.size(); ++i) {
    const Blob& blob = blobs.all[i];
    if (blobs.kinds[i].kind == BlobKind::against_the_vault && blob.thickness_mm >= least_mm &&
        blob.symmetric < most_symmetric && (blob.side_mm > 0) == left)
      layers.push_back(&blob);
  }
  return layers;
}

/// Adds the component's voxels to a mask of the cranium's grid.
void add(const Blob& blob, const Cranium& cranium, Mask& mask) {
  const Grid& grid = cranium.image.grid;
  std::array<int, 3> off{};
  for (std::size_t i = 0; i < 3; ++i) off[i] = blob.around.first[i] - cranium.first[i];
  for_each_voxel(blob.around.image.grid, [&](std::size_t at, int column, int row, int slice) {
    if (blob.mask[at] != 0) mask[grid.offset(column + off[0], row + off[1], slice + off[2])] = 1;
  });
}

/// Where thin parts may lie: as dense as half way to blood, along the inner table, on that side,
/// and not so on the other.
Mask along_the_vault(const Cranium& cranium, double from_hu, double most_depth_mm, bool left) {
  constexpr double rim_mm = 1, beside_midline_mm = 2, high_hu = 95;
  const Grid& grid = cranium.image.grid;
  Mask mask(grid.voxels());
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    const auto depth = static_cast<double>(cranium.depth[at]);
    if (depth < rim_mm || depth > most_depth_mm) return;
    if (cranium.fine[at] < from_hu || cranium.fine[at] > high_hu) return;
    const Vec3 point = grid.point_mm(column, row, slice);
    const double side = cranium.plane->side_mm(point);
    if ((left ? side : -side) < beside_midline_mm || cranium.posterior_fossa(point)) return;
    if (value_at(cranium.fine, grid, cranium.plane->mirrored(point)) < from_hu) mask[at] = 1;
  });
  return mask;
}

}  // namespace

std::optional<Blob> layer_on_side(const Cranium& cranium, const Blobs& blobs, bool left) {
  const std::vector<const Blob*> seeds = layers_of(blobs, left);
  if (seeds.empty()) return std::nullopt;
  double thickest = 0;
  for (const Blob* seed : seeds) thickest = std::max(thickest, seed->thickness_mm);
  const double from_hu = (cranium.brain_hu + seeds.front()->volume.mean_hu) / 2;
  const double voxel_mm = cranium.image.grid.step_mm[0][0];
  Mask mask = along_the_vault(cranium, from_hu, thickest + voxel_mm, left);
  Mask seed(mask.size());
  for (const Blob* one : seeds) add(*one, cranium, seed);
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] |= seed[i];
  const Components pieces = components(mask, cranium.image.grid, 1);
  std::vector<bool> seeded(pieces.voxels.size() + 1);
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (seed[i] != 0) seeded[pieces.labels[i]] = true;
  for (std::size_t i = 0; i < mask.size(); ++i)
    mask[i] = mask[i] != 0 && seeded[pieces.labels[i]] ? 1 : 0;
  return blob_of(cranium, mask);
}

}  // namespace tomoscribe::pipeline::measure

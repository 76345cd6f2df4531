#include "pipeline/measure/chest/lung_space.h"

#include "pipeline/measure/crop.h"

namespace tomoscribe::pipeline::measure {
namespace {

/// The lung's label without its thin recesses, whose closing would take mediastinum and diaphragm.
std::uint8_t label_at(const Scene& scene, std::size_t at) {
  return scene.recess.empty() || scene.recess[at] == 0 ? scene.labels[at] : std::uint8_t{body};
}

/// Closes one lung and writes it into `space` where nothing is yet.
void close_lung(const Scene& scene, Label lung, double ball_mm, Mask& space) {
  const Grid& grid = scene.work.grid;
  const auto crop = crop_around(scene.labels, grid, ball_mm + 2 * working_mm,
                                [&](std::uint8_t label) { return label == lung; });
  if (!crop) return;
  Mask mask(crop->grid.voxels());
  for_each_in(*crop, grid, [&](std::size_t at, std::size_t in) {
    mask[in] = label_at(scene, at) == lung ? 1 : 0;
  });
  // The outermost voxels of a mask have depth 0.
  std::vector<float> depth = depth_mm(mask, crop->grid);
  const auto grown = static_cast<float>(-ball_mm), kept = static_cast<float>(ball_mm - 0.01);
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = depth[i] >= grown ? 1 : 0;
  depth = depth_mm(mask, crop->grid);
  for_each_in(*crop, grid, [&](std::size_t at, std::size_t in) {
    const bool closed = depth[in] >= kept || label_at(scene, at) == lung;
    if (closed && space[at] == 0 && scene.labels[at] != airway) space[at] = lung;
  });
}

}  // namespace

Mask lung_space(const Scene& scene, double ball_mm) {
  Mask space(scene.labels.size(), 0);
  // What was labelled lung keeps its side.
  for (std::size_t i = 0; i < space.size(); ++i) {
    const std::uint8_t label = label_at(scene, i);
    if (label == right_lung || label == left_lung) space[i] = label;
  }
  close_lung(scene, right_lung, ball_mm, space);
  close_lung(scene, left_lung, ball_mm, space);
  return space;
}

std::string third_of(const Scene& scene, Label lung, double z) {
  const auto crop = crop_around(scene.labels, scene.work.grid, 0,
                                [&](std::uint8_t label) { return label == lung; });
  if (!crop) return "";
  const double share = (z - crop->low[2]) / std::max(1, crop->grid.size[2] - 1);
  const char* third = share > 2.0 / 3 ? "upper" : share > 1.0 / 3 ? "middle" : "lower";
  return std::string(third) + " third of its height";
}

}  // namespace tomoscribe::pipeline::measure

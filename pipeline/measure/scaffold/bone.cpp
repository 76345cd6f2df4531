// Bone (QUANTIFICATION A, S5): above 180 HU, pieces of more than 2.5 mL. Contrast agent is taken
// off later, where the blood was measured.
#include <algorithm>

#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t bone_hu = 180;
constexpr double least_piece_ml = 2.5;

}  // namespace

void bone(Scene& scene, Findings& /*findings*/) {
  if (scene.labels.empty()) return;
  Mask dense(scene.body.size());
  for (std::size_t i = 0; i < dense.size(); ++i)
    dense[i] = scene.body[i] != 0 && scene.work.hu[i] > bone_hu ? 1 : 0;
  const Grid& grid = scene.work.grid;
  const auto least = static_cast<std::size_t>(least_piece_ml / grid.voxel_ml());
  const Components pieces = components(dense, grid, least);
  scene.bone.resize(dense.size());
  std::ranges::transform(pieces.labels, scene.bone.begin(),
                         [](std::uint16_t label) { return label != 0 ? 1 : 0; });
}

}  // namespace tomoscribe::pipeline::measure

#include "pipeline/measure/abdomen/stone_place.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double shell_from_mm = 10, shell_to_mm = 16;
constexpr int kidney_from_hu = 10, kidney_to_hu = 50;
constexpr double kidney_share = 0.4;    // of the shell; phantoms and one patient: 0.45 to 0.93
constexpr double front_mm = 30;         // of the vertebral body's middle
constexpr double kidney_aside_mm = 35;  // from the canal
constexpr double ureter_aside_mm = 55, ureter_behind_mm = -5;

/// Share of the shell that is as dense as kidney without contrast agent.
double share_around(const Scene& scene, const Vec3& index) {
  const Grid& grid = scene.work.grid;
  const int reach = static_cast<int>(shell_to_mm / working_mm) + 1, side = 2 * reach + 1;
  double all = 0, alike = 0;
  for_each_voxel({.size = {side, side, side}}, [&](std::size_t, int x, int y, int z) {
    const std::array<int, 3> step{x - reach, y - reach, z - reach};
    const double away = std::hypot(step[0], step[1], step[2]) * working_mm;
    if (away < shell_from_mm || away > shell_to_mm) return;
    std::array<int, 3> at{};
    for (std::size_t i = 0; i < 3; ++i)
      at[i] = std::clamp(static_cast<int>(std::lround(index[i])) + step[i], 0, grid.size[i] - 1);
    const std::int16_t hu = scene.smooth[grid.offset(at[0], at[1], at[2])];
    ++all;
    if (hu > kidney_from_hu && hu < kidney_to_hu) ++alike;
  });
  return alike / all;
}

}  // namespace

StonePlace stone_place(const Scene& scene, const StoneBlob& blob) {
  const Vec3 index = scene.work.grid.index_at(blob.centre_mm);
  const int slice =
      std::clamp(static_cast<int>(std::lround(index[2])), scene.spine.first, scene.spine.last);
  const SpineSlice& spine = scene.spine.at[index_of(slice)];
  const double aside = std::abs(index[0] - spine.canal_column) * working_mm;
  const double forward = (spine.body_row - index[1]) * working_mm;
  const bool in_tissue = share_around(scene, index) >= kidney_share;
  if (in_tissue && forward > front_mm) return StonePlace::bowel;
  if (in_tissue && aside >= kidney_aside_mm) return StonePlace::kidney;
  if (!in_tissue && aside <= ureter_aside_mm && forward >= ureter_behind_mm)
    return StonePlace::ureter;
  return StonePlace::not_told;
}

}  // namespace tomoscribe::pipeline::measure

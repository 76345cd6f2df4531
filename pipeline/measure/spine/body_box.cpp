// The volume's own voxels around one vertebral body.
#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/measure/spine/endplates.h"

namespace tomoscribe::pipeline::measure {
namespace {

/// Index in the volume, linear between voxels; the nearest inside it.
double hu_at(const Volume& volume, const Vec3& index) {
  std::array<int, 3> low{};
  std::array<double, 3> share{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double at = std::clamp(index[i], 0.0, volume.grid.size[i] - 1.001);
    low[i] = static_cast<int>(at);
    share[i] = at - low[i];
  }
  const std::size_t first = volume.grid.offset(low[0], low[1], low[2]);
  const auto row = index_of(volume.grid.size[0]), slice = row * index_of(volume.grid.size[1]);
  const auto line = [&](std::size_t at) {
    return (1 - share[0]) * volume.hu[at] + share[0] * volume.hu[at + 1];
  };
  const auto sheet = [&](std::size_t at) {
    return (1 - share[1]) * line(at) + share[1] * line(at + row);
  };
  return (1 - share[2]) * sheet(first) + share[2] * sheet(first + slice);
}

}  // namespace

BodyBox body_box(const Scene& scene, const Vertebra& vertebra) {
  BodyBox box{.plane = curve_plane(scene, vertebra.middle()), .half_height_mm = 0, .hu = {}};
  box.half_height_mm = (vertebra.upper_disc - vertebra.lower_disc) * working_mm / 2 /
                       std::max(0.5, std::abs(box.plane.up[2]));
  box.hu.resize(index_of(BodyBox::across_count * BodyBox::forward_count) *
                index_of(BodyBox::up_count));
  const auto native = [&](double across, double forward, double up) {
    const Vec3 at = box.plane.at(box.plane.body, across, forward, up);
    return scene.volume.grid.index_at(scene.work.grid.point_mm(at[0], at[1], at[2]));
  };
  const Vec3 middle = native(0, 0, 0), x = native(1, 0, 0), y = native(0, 1, 0),
             z = native(0, 0, 1);
  const auto held = [&](int k) {
    const double deep = box.plane.half_depth_mm;
    return std::ranges::all_of(std::array{-deep, 0.0, deep}, [&](double forward) {
      const Vec3 index = native(0, forward, k * BodyBox::up_mm);
      return index[2] >= 0 && index[2] <= scene.volume.grid.size[2] - 1;
    });
  };
  while (box.first_up < 0 && !held(box.first_up)) ++box.first_up;
  while (box.last_up > 0 && !held(box.last_up)) --box.last_up;
  std::size_t i = 0;
  for (int k = -BodyBox::half_up; k <= BodyBox::half_up; ++k)
    for (int f = -BodyBox::half_forward; f <= BodyBox::half_forward; ++f)
      for (int a = -BodyBox::half_across; a <= BodyBox::half_across; ++a) {
        Vec3 index = middle;
        for (std::size_t n = 0; n < 3; ++n)
          index[n] += a * (x[n] - middle[n]) * BodyBox::across_mm +
                      f * (y[n] - middle[n]) * BodyBox::forward_mm +
                      k * (z[n] - middle[n]) * BodyBox::up_mm;
        box.hu[i++] = static_cast<float>(hu_at(scene.volume, index));
      }
  return box;
}

}  // namespace tomoscribe::pipeline::measure

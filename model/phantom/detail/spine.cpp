#include <algorithm>
#include <cmath>

#include "model/phantom/detail/canvas.h"

namespace tomoscribe::model::phantom {

namespace {

/// Height within a vertebral level: 0 at its lower endplate, above `body_share` the disc.
struct Level {
  double phase;
  double height_mm;
};

Level level_at(const std::vector<double>& levels, double z) {
  for (std::size_t i = 0; i + 1 < levels.size(); ++i)
    if (z >= levels[i] && z < levels[i + 1])
      return {(z - levels[i]) / (levels[i + 1] - levels[i]), levels[i + 1] - levels[i]};
  return {0.4, 24};
}

}  // namespace

void Canvas::paint_spine(const std::vector<double>& levels) {
  const double canonical_z = z_ / body_.latent().scale_z;
  const Level level = level_at(levels, canonical_z);
  const Point centre = body_.to_scanner(body_.spine(canonical_z));
  const double size = std::clamp(1.0 - canonical_z / 600, 0.8, 1.25) * body_.latent().scale_x;
  const double half_x = 16.5 * size, half_y = 13.0 * size, canal = half_y + 8.5;
  constexpr double body_share = 0.80;
  const bool disc = level.phase > body_share;
  const double to_endplate = std::min(level.phase, body_share - level.phase) * level.height_mm;
  const double waist = disc ? 1.03 : 0.93 + 0.10 * std::abs(level.phase / body_share - 0.5) * 2;
  const bool pedicle = level.phase > 0.38 && level.phase < 0.74, lamina = level.phase < 0.68;
  const Box area = box(centre.x - 45, centre.y - 30, centre.x + 45, centre.y + 70);
  for (int row = area.row0; row <= area.row1; ++row)
    for (int column = area.column0; column <= area.column1; ++column) {
      const double x = raster_.first_x + column * raster_.pixel_mm - centre.x,
                   y = raster_.first_y + row * raster_.pixel_mm - centre.y;
      const std::size_t i = index(column, row);
      const float texture = (*texture_)[i];
      const double u = x / (half_x * waist), v = y / (half_y * waist);
      const double back = std::sqrt(x * x + (y - canal) * (y - canal) * 1.15);
      if (back < 8.0) {
        const bool cord = x * x / 30 + (y - canal + 0.8) * (y - canal + 0.8) / 16 < 1;
        blend(i, cord ? 38.0F : (back < 6.6 ? 14.0F : -60.0F), Label::muscle, 1, every_label);
        continue;
      }
      const double f = std::sqrt(u * u * u * u * 0.5 + u * u * 0.5 + v * v);
      const double inside = (1 - f) * half_y;
      const double share = std::clamp(inside / raster_.pixel_mm + 0.5, 0.0, 1.0);
      if (share > 0) {
        const bool shell = inside < 1.3 || to_endplate < 1.4;
        const float hu =
            disc ? 82.0F + 4.0F * texture : (shell ? 480.0F : 165.0F + 26.0F * texture);
        blend(i, hu, disc ? Label::cartilage : Label::bone, static_cast<float>(share), every_label);
      } else if ((pedicle && y > 0 && y < canal && std::abs(x) > 7.5 &&
                  std::abs(x) < 14.5 * size) ||
                 (lamina && back < 12.0 && y > canal - 2)) {
        blend(i, back < 9.4 || back > 10.8 ? 520.0F : 260.0F, Label::bone, 1, every_label);
      }
    }
}

}  // namespace tomoscribe::model::phantom

#include <algorithm>
#include <cmath>

#include "model/phantom/detail/canvas.h"

namespace tomoscribe::model::phantom {

/// The spine at one height, millimetres from the centre of a vertebral body.
struct SpineSection {
  double size, half_x, half_y;
  double canal;  ///< y of the vertebral canal's centre
  double waist;  ///< of the body between its endplates
  double phase, height_mm;
  int vertebra;
  bool pedicle, lamina;
  double lost = 0;  ///< share of the height lost in front
  double marrow_hu = 0;
  std::uint8_t owner = 0;
};

namespace {

/// Height within a vertebral level: 0 at its lower endplate, above `body_share` the disc.
struct Level {
  double phase;
  double height_mm;
  int vertebra;
};

Level level_at(const std::vector<double>& levels, double z) {
  for (std::size_t i = 0; i + 1 < levels.size(); ++i)
    if (z >= levels[i] && z < levels[i + 1])
      return {(z - levels[i]) / (levels[i + 1] - levels[i]), levels[i + 1] - levels[i],
              static_cast<int>(i)};
  return {0.4, 24, -1};
}

constexpr double body_share = 0.80;

SpineSection section_at(const Level& level, double canonical_z, double scale) {
  SpineSection s{};
  s.size = std::clamp(1.0 - canonical_z / 600, 0.8, 1.25) * scale;
  s.half_x = 16.5 * s.size;
  s.half_y = 13.0 * s.size;
  s.canal = s.half_y + 8.5;
  s.phase = level.phase;
  s.height_mm = level.height_mm;
  s.vertebra = level.vertebra;
  s.waist =
      level.phase > body_share ? 1.03 : 0.93 + 0.10 * std::abs(level.phase / body_share - 0.5) * 2;
  s.pedicle = level.phase > 0.38 && level.phase < 0.74;
  s.lamina = level.phase < 0.68;
  return s;
}

/// Spinal cord, fluid around it, epidural fat; from the canal's centre.
float canal_hu(double x, double y, double from_centre) {
  if (x * x / 30 + (y + 0.8) * (y + 0.8) / 16 < 1) return 38.0F;
  return from_centre < 6.6 ? 14.0F : -60.0F;
}

/// Share of a level's height that the vertebral body fills at a depth of the body: less in front
/// where it is crushed.
double filled_share(const SpineSection& s, double y) {
  if (s.lost <= 0) return body_share;
  const double front = std::clamp(0.5 - y / (2 * s.half_y), 0.0, 1.0);
  return body_share * (1 - s.lost * front);
}

struct BodyPixel {
  Tissue tissue;
  bool vertebra;
  double to_endplate;
};

/// Disc, or a body's cortex and marrow.
BodyPixel body_pixel(const SpineSection& s, double marrow_hu, double y, double from_surface,
                     float texture) {
  const double filled = filled_share(s, y);
  if (s.phase > filled) return {{Label::cartilage, 82.0F + 4.0F * texture}, false, 0};
  const double to_endplate = std::min(s.phase, filled - s.phase) * s.height_mm;
  const bool shell = from_surface < 1.3 || to_endplate < 1.4;
  const auto marrow = static_cast<float>(marrow_hu);
  return {{Label::bone, shell ? 480.0F : marrow + 26.0F * texture}, true, to_endplate};
}

bool in_arch(const SpineSection& s, double x, double y, double from_canal) {
  if (s.pedicle && y > 0 && y < s.canal && std::abs(x) > 7.5 && std::abs(x) < 14.5 * s.size)
    return true;
  return s.lamina && from_canal < 12.0 && y > s.canal - 2;
}

constexpr double impaction_hu = 45;  ///< a crushed body is denser
constexpr double core_mm = 5;

/// Distance from the outline of the vertebral body, positive inside.
double inside_body(const SpineSection& s, double x, double y) {
  const double u = x / (s.half_x * s.waist), v = y / (s.half_y * s.waist);
  const double f = std::sqrt(u * u * u * u * 0.5 + u * u * 0.5 + v * v);
  return (1 - f) * s.half_y;
}

bool is_core(const SpineSection& s, const BodyPixel& pixel, double inside) {
  return s.vertebra >= 0 && pixel.vertebra && inside >= core_mm && pixel.to_endplate >= core_mm;
}

}  // namespace

std::string vertebra_name(int level) {
  constexpr int first_thoracic = 13;  // levels rise from L2
  if (level < 2) return "L" + std::to_string(2 - level);
  if (level <= first_thoracic) return "T" + std::to_string(first_thoracic + 1 - level);
  return "C" + std::to_string(first_thoracic + 8 - level);
}

int vertebra_at(const std::vector<double>& levels, double canonical_z) {
  int found = 0;
  for (std::size_t i = 0; i + 1 < levels.size(); ++i)
    if (canonical_z >= levels[i]) found = static_cast<int>(i);
  return found;
}

void Canvas::paint_spine(const Spine& spine) {
  const double scale = body_.latent().scale_x, canonical_z = z_ / body_.latent().scale_z;
  SpineSection s = section_at(level_at(spine.levels, canonical_z), canonical_z, scale);
  s.marrow_hu = spine.marrow_hu;
  if (s.vertebra >= 0 && s.vertebra == spine.crushed) {
    s.lost = spine.loss;
    s.marrow_hu += impaction_hu;
    s.owner = spine.owner;
  }
  const Point centre = body_.to_scanner(body_.spine(canonical_z));
  const Box area = box(centre.x - 45, centre.y - 30, centre.x + 45, centre.y + 70);
  for (int row = area.row0; row <= area.row1; ++row)
    for (int column = area.column0; column <= area.column1; ++column)
      paint_vertebra(index(column, row), raster_.first_x + column * raster_.pixel_mm - centre.x,
                     raster_.first_y + row * raster_.pixel_mm - centre.y, s);
}

void Canvas::paint_vertebra(std::size_t i, double x, double y, const SpineSection& s) {
  painting_for_ = 0;
  const double back = std::sqrt(x * x + (y - s.canal) * (y - s.canal) * 1.15);
  if (back < 8.0) {
    blend(i, canal_hu(x, y - s.canal, back), Label::muscle, 1, every_label);
    return;
  }
  const double inside = inside_body(s, x, y);
  const double share = std::clamp(inside / raster_.pixel_mm + 0.5, 0.0, 1.0);
  if (share > 0) {
    const BodyPixel pixel = body_pixel(s, s.marrow_hu, y, inside, (*texture_)[i]);
    painting_for_ = pixel.vertebra ? s.owner : std::uint8_t{0};
    blend(i, pixel.tissue.hu, pixel.tissue.label, static_cast<float>(share), every_label);
    if (is_core(s, pixel, inside)) note_marrow(s.vertebra, static_cast<double>(pixel.tissue.hu));
  } else if (in_arch(s, x, y, back)) {
    const bool cortex = back < 9.4 || back > 10.8;
    blend(i, cortex ? 520.0F : 260.0F, Label::bone, 1, every_label);
  }
}

void Canvas::note_marrow(int vertebra, double hu) {
  Marrow& marrow = marrow_[static_cast<std::size_t>(vertebra)];
  marrow.hu += hu;
  marrow.pixels += 1;
}

}  // namespace tomoscribe::model::phantom

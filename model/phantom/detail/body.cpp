#include "model/phantom/detail/body.h"

#include <cmath>

namespace tomoscribe::model::phantom {

namespace {

constexpr std::array<Knot, 11> body_x{{{-210, 160},
                                       {-150, 163},
                                       {-80, 166},
                                       {0, 168},
                                       {50, 170},
                                       {90, 169},
                                       {112, 160},
                                       {135, 126},
                                       {158, 78},
                                       {175, 64},
                                       {230, 62}}};
constexpr std::array<Knot, 8> body_y{
    {{-210, 106}, {-100, 111}, {0, 114}, {50, 108}, {85, 94}, {112, 76}, {150, 62}, {230, 62}}};
constexpr std::array<Knot, 6> body_centre{
    {{-210, 4}, {0, 8}, {60, 11}, {105, 14}, {150, 3}, {230, -4}}};
constexpr std::array<Knot, 9> cage_x{{{-210, 128},
                                      {-120, 134},
                                      {-60, 134},
                                      {0, 127},
                                      {40, 113},
                                      {75, 92},
                                      {100, 70},
                                      {130, 50},
                                      {230, 46}}};
constexpr std::array<Knot, 9> cage_y{{{-210, 84},
                                      {-120, 88},
                                      {-60, 90},
                                      {0, 85},
                                      {40, 74},
                                      {75, 60},
                                      {100, 50},
                                      {130, 42},
                                      {230, 40}}};
constexpr std::array<Knot, 6> cage_centre{
    {{-120, -2}, {0, 0}, {60, 6}, {100, 10}, {150, 6}, {230, 0}}};
constexpr std::array<Knot, 7> mediastinum{
    {{-60, 12}, {-30, 26}, {0, 33}, {30, 35}, {60, 34}, {90, 30}, {120, 30}}};
constexpr std::array<Knot, 8> spine_y{
    {{-215, 40}, {-140, 50}, {-80, 58}, {-20, 61}, {40, 57}, {90, 46}, {130, 36}, {230, 30}}};

constexpr float apex_centre_x = 58, apex_centre_y = 4, apex_x = 80, apex_y = 92;
constexpr double apex_base = -15, apex_top = Body::apex_z;

/// Between an ellipse and a rounded box; homogeneous of degree 1, so that r (1 - 1/f) is the radial
/// distance to f = 1.
inline float outline(float u, float v) {
  const float uu = u * u, vv = v * v;
  return 0.6F * std::sqrt(uu + vv) + 0.4F * std::sqrt(std::sqrt(uu * uu + vv * vv));
}

/// Signed distance along the ray from the centre, positive outside.
inline float radial_distance(float x, float y, float half_x, float half_y) {
  const float f = outline(x / half_x, y / half_y);
  if (f < 1e-3F) return -half_y;
  return std::sqrt(x * x + y * y) * (1.0F - 1.0F / f);
}

/// Positive outside the pleura of the side that x lies on.
inline float pleural_distance(const Section& s, float x, float y) {
  const float cage = radial_distance(x, y - s.cage_centre, s.cage_x, s.cage_y);
  if (s.apex >= 1.0F) return cage;
  const float side = x < 0 ? -apex_centre_x : apex_centre_x;
  if (s.apex <= 0.0F) {
    const float dx = x - side, dy = y - apex_centre_y;
    return std::sqrt(dx * dx + dy * dy) + (s.z - static_cast<float>(apex_top));
  }
  const float apex = radial_distance(x - side, y - apex_centre_y, apex_x * s.apex, apex_y * s.apex);
  return apex > cage ? apex : cage;
}

}  // namespace

Warp::Warp(std::uint64_t seed, double sd_mm)
    : coefficient_(static_cast<std::size_t>(cells) * cells * cells) {
  Counter random(seed, 11);
  for (auto& node : coefficient_)
    for (auto& component : node) component = sd_mm * random.normal();
}

Point Warp::at(const Point& p) const {
  const std::array<double, 3> position{(p.x - start_mm) / spacing_mm, (p.y - start_mm) / spacing_mm,
                                       (p.z - start_mm) / spacing_mm};
  std::array<std::size_t, 3> first{};
  std::array<std::array<double, 4>, 3> weight{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double at = position[axis];
    if (at < 1) at = 1;
    if (at > cells - 3.001) at = cells - 3.001;
    const int cell = static_cast<int>(at);
    const double t = at - cell, u = 1 - t;
    first[axis] = static_cast<std::size_t>(cell) - 1;
    weight[axis][0] = u * u * u / 6;
    weight[axis][1] = (3 * t * t * t - 6 * t * t + 4) / 6;
    weight[axis][2] = (3 * u * u * u - 6 * u * u + 4) / 6;
    weight[axis][3] = t * t * t / 6;
  }
  Point sum;
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t j = 0; j < 4; ++j)
      for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t index = ((first[2] + k) * cells + first[1] + j) * cells + first[0] + i;
        const double w = weight[2][k] * weight[1][j] * weight[0][i];
        const auto& node = coefficient_[index];
        sum = sum + Point{node[0], node[1], node[2]} * w;
      }
  return sum;
}

Latent::Latent(std::uint64_t seed) {
  Counter random(seed, 12);
  const double size = random.between(0.93, 1.03), index = random.between(-0.035, 0.035);
  scale_x = size * (1 - index);
  scale_y = size * (1 + index);
  scale_z = size * random.between(0.97, 1.03);
  fat_mm = random.between(0, 11);
  muscle = random.between(0.85, 1.2);
  dome_right = random.between(-106, -92);
  dome_left = dome_right - random.between(4, 12);
  heart = random.between(0.92, 1.1);
  spine_bend = random.between(-5, 5);
  emphysema = random.between(0.01, 0.05);
}

Body::Body(std::uint64_t seed) : latent_(seed), warp_(seed, 8.0) {}

Point Body::to_canonical(const Point& scanner) const {
  const Point moved = scanner + warp_.at(scanner);
  return {moved.x / latent_.scale_x, moved.y / latent_.scale_y, moved.z / latent_.scale_z};
}

Point Body::to_scanner(const Point& canonical) const {
  const Point target{canonical.x * latent_.scale_x, canonical.y * latent_.scale_y,
                     canonical.z * latent_.scale_z};
  Point guess = target;
  for (int i = 0; i < 6; ++i) guess = target - warp_.at(guess);
  return guess;
}

Section Body::section(double z) const {
  const auto f = [](double value) { return static_cast<float>(value); };
  double apex = 1;
  if (z >= apex_top)
    apex = 0;
  else if (z > apex_base) {
    const double u = (z - apex_base) / (apex_top - apex_base);
    apex = std::sqrt(1 - u * u) * (1 - 0.22 * u * u);
  }
  return {f(z),
          f(curve(body_x, z) + latent_.fat_mm),
          f(curve(body_y, z) + latent_.fat_mm * 0.6),
          f(curve(body_centre, z)),
          f(curve(cage_x, z)),
          f(curve(cage_y, z)),
          f(curve(cage_centre, z)),
          f(apex),
          f(curve(mediastinum, z))};
}

Point Body::spine(double z) const {
  return {latent_.spine_bend * sine(z / 70.0), curve(spine_y, z), z};
}

float Body::diaphragm(float x, float y) const {
  const bool left = x > 0;
  const float dx = (x - (left ? 62.0F : -62.0F)) / 74.0F;
  const float dy = y + 12.0F;
  const float v = dy > 0 ? dy / 96.0F : dy / 78.0F;
  const float rho2 = dx * dx + v * v;
  const float drop = 46.0F + (v > 0 ? 30.0F * (v < 1 ? v : 1.0F) : 16.0F * (v > -1 ? v : -1.0F));
  const float fallen = rho2 < 1.0F ? rho2 * std::sqrt(rho2) : 1.0F;
  return static_cast<float>(left ? latent_.dome_left : latent_.dome_right) - drop * fallen;
}

Tissue Body::inside_cage(const Section& s, float x, float y, float warp_z, float texture) const {
  const float z = s.z + warp_z;
  const float dome = diaphragm(x, y);
  if (z < dome) {
    if (z > dome - 3.5F) return {Label::diaphragm, 48.0F};
    return {Label::abdomen, -102.0F + 5.0F * texture};
  }
  const float from_pleura = pleural_distance(s, x, y);
  const float across = x < 0 ? -x : x;
  const float u = x / s.mediastinum, v = (y + 6.0F) / 62.0F;
  const bool strip = across < 2.7F + 0.2F * clamped01(texture) || (y > 25.0F && across < 12.0F);
  const bool neck = s.z > static_cast<float>(apex_top) - 3.0F && y > 24.0F && across < 26.0F;
  if (neck) return {Label::muscle, 52.0F + 6.0F * texture};
  if (from_pleura > 0 || strip || u * u + v * v < 1.0F)
    return {Label::mediastinum, -92.0F + 7.0F * texture};
  // The oblique fissure; and supine, the dependent lung is denser.
  const float fissure =
      bump(z - 1.12F * (y - 78.0F) - 40.0F + 0.0028F * across * across, 0.0F, 1.7F);
  return {x < 0 ? Label::lung_right : Label::lung_left,
          -864.0F + 0.28F * y + 16.0F * texture + 130.0F * fissure};
}

Tissue Body::chest_wall(const Section& s, float x, float y, float from_pleura, float from_skin,
                        float texture) const {
  const float radius = std::sqrt(x * x + y * y) + 1e-3F;
  const float side = (x < 0 ? -x : x) / radius, back = y / radius;
  const float shoulder = smooth_step(70, 110, s.z);
  const float pectoral =
      15.0F * bump(side, 0.62F, 0.45F) * clamped01(-back * 3) * smooth_step(-70, -10, s.z);
  const float lateral = 7.0F * bump(side, 1.0F, 0.35F);
  const float scapular =
      24.0F * bump(side, 0.72F, 0.42F) * clamped01(back * 3) * smooth_step(-95, -10, s.z);
  const float erector = 24.0F * bump(side, 0.22F, 0.36F) * clamped01(back * 2);
  const float girdle = shoulder * 7.0F;
  const float muscle =
      (pectoral + lateral + scapular + erector) * static_cast<float>(latent_.muscle) + girdle;
  // The scapular blade: a thin plate between subscapular and infraspinous muscle.
  const float blade = smooth_step(-62, 40, s.z) * (1.0F - smooth_step(80, 96, s.z));
  if (back > 0 && blade > 0 && side > 0.78F - 0.3F * blade && side < 0.80F + 0.14F * blade) {
    const float off = from_pleura - 25.0F;
    if (off > -1.9F && off < 1.9F && from_skin > 6.0F) return {Label::bone, 520.0F};
  }
  const float intercostal = 10.5F;
  if (from_pleura < 0.8F) return {Label::muscle, 30.0F};
  if (from_pleura < intercostal)
    return {Label::muscle, 46.0F + 7.0F * texture - 55.0F * bump(texture, 2.4F, 1.0F)};
  const bool plane = from_pleura < intercostal + 1.6F ||
                     (pectoral > 4 && bump(from_pleura, intercostal + 9, 0.9F) > 0);
  if (!plane && from_pleura < intercostal + muscle)
    return {Label::muscle, 54.0F + 6.0F * texture - 60.0F * bump(texture, 2.2F, 1.0F)};
  return {Label::fat, -104.0F + 6.0F * texture};
}

Tissue Body::tissue(const Section& s, float x, float y, float warp_z, float texture) const {
  const float from_skin = -radial_distance(x, y - s.body_centre, s.body_x, s.body_y);
  if (from_skin < 0) return {Label::air, -1000.0F};
  if (from_skin < 1.8F) return {Label::skin, 5.0F};
  const float cage = radial_distance(x, y - s.cage_centre, s.cage_x, s.cage_y);
  if (from_skin < 3.5F && cage > 0) return {Label::fat, -104.0F};
  const float from_pleura = pleural_distance(s, x, y);
  const float across = x < 0 ? -x : x;
  const bool inlet = across < apex_centre_x && cage < 0;
  if (from_pleura < 0 || (s.apex >= 1.0F ? cage < 0 : inlet))
    return inside_cage(s, x, y, warp_z, texture);
  return chest_wall(s, x, y, from_pleura, from_skin, texture);
}

bool Body::in_lung(bool left, const Point& canonical, double margin_mm) const {
  const auto x = static_cast<float>(canonical.x), y = static_cast<float>(canonical.y);
  const auto margin = static_cast<float>(margin_mm);
  if ((x > 0) != left) return false;
  const Section s = section(canonical.z + margin_mm);
  if (pleural_distance(s, x, y) > -margin) return false;
  if (s.z - 2 * margin < diaphragm(x, y)) return false;
  const float inner = (x < 0 ? -1.0F : 1.0F) * margin;
  const Label here = tissue(section(canonical.z), x - inner, y, 0, 0).label;
  return here == (left ? Label::lung_left : Label::lung_right);
}

double Body::pleural_depth(const Section& section, double x, double y) {
  return -static_cast<double>(
      pleural_distance(section, static_cast<float>(x), static_cast<float>(y)));
}

double Body::outside_skin(const Section& section, double x, double y) {
  return static_cast<double>(radial_distance(static_cast<float>(x),
                                             static_cast<float>(y) - section.body_centre,
                                             section.body_x, section.body_y));
}

double Body::pleura_radius(bool left, double direction_x, double direction_y, double z) const {
  const Section s = section(z);
  const Point axis = hemithorax_axis(left, z);
  double inside = 0, outside = 200;
  for (int i = 0; i < 40; ++i) {
    const double middle = (inside + outside) / 2;
    const auto x = static_cast<float>(axis.x + direction_x * middle);
    const auto y = static_cast<float>(axis.y + direction_y * middle);
    const float side_x = left ? (x > 1 ? x : 1.0F) : (x < -1 ? x : -1.0F);
    (pleural_distance(s, side_x, y) < 0 ? inside : outside) = middle;
  }
  return inside < 12 ? 12 : inside;
}

}  // namespace tomoscribe::model::phantom

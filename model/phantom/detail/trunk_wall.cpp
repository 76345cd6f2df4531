// The trunk's outline, its wall, the chest's lower end.
#include <algorithm>
#include <cmath>

#include "model/phantom/detail/trunk.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr std::array<Knot, 8> envelope_x{{{-320, 158},
                                          {-250, 164},
                                          {-190, 166},
                                          {-120, 152},
                                          {-50, 134},
                                          {0, 129},
                                          {100, 136},
                                          {210, 146}}};
constexpr std::array<Knot, 8> envelope_y{
    {{-320, 88}, {-250, 92}, {-190, 92}, {-120, 86}, {-50, 80}, {0, 80}, {100, 90}, {210, 98}}};
constexpr std::array<Knot, 6> spine_course{
    {{-95, 40}, {-73, 33}, {-37, 26}, {0, 25}, {71, 33}, {170, 47}}};

double half_round(const Point& p, double half_x, double half_y) {
  const double u = p.x / half_x, v = p.y / half_y;
  const double round = std::sqrt(u * u + v * v);
  if (round < 1e-3) return -half_y;
  const double boxy = std::sqrt(std::sqrt(u * u * u * u + v * v * v * v));
  const double f = 0.7 * round + 0.3 * boxy;
  return f * (f - 1) / std::sqrt(u * u / (half_x * half_x) + v * v / (half_y * half_y));
}

}  // namespace

TrunkLatent::TrunkLatent(std::uint64_t seed) {
  Counter random(seed, 212);
  const double size = random.between(0.94, 1.03), index = random.between(-0.03, 0.03);
  scale = {size * (1 - index), size * (1 + index), size * random.between(0.97, 1.03)};
  subcutaneous_mm = random.between(7, 30);
  visceral = random.between(0.93, 1.12);
  muscle = random.between(0.85, 1.15);
  dome = random.between(150, 172);
  bend = random.between(-5, 5);
  aorta_mm = random.between(16, 21);
}

Trunk::Trunk(std::uint64_t seed, const TrunkChanges& changes)
    : latent_(seed),
      changes_(changes),
      warp_(mixed(seed ^ 0x5452554E), 6.0),
      wobble_(seed, 221, 22),
      cells_(seed, 222, 3.6) {
  make_loops(seed);
}

Point Trunk::to_canonical(const Point& scanner) const {
  const Point moved = scanner + warp_.at(scanner);
  return {moved.x / latent_.scale.x, moved.y / latent_.scale.y, moved.z / latent_.scale.z};
}

Point Trunk::to_scanner(const Point& canonical) const {
  const Point target{canonical.x * latent_.scale.x, canonical.y * latent_.scale.y,
                     canonical.z * latent_.scale.z};
  Point guess = target;
  for (int i = 0; i < 8; ++i) guess = target - warp_.at(guess);
  return guess;
}

double Trunk::spine_y(double z) {
  return curve(spine_course, z);
}

double Trunk::spine_x(double z) const {
  return latent_.bend * sine(z / 75.0);
}

double Trunk::envelope(const Point& p) const {
  const double front = half_round(p, curve(envelope_x, p.z),
                                  curve(envelope_y, p.z) * (p.y < 0 ? latent_.visceral : 1.0));
  const double back = half_round({p.x, p.y - spine_y(std::max(p.z, -80.0)) - 28, p.z}, 78, 34);
  return merged(front, back, 20);
}

double Trunk::cavity(const Point& p) const {
  const double radius = std::sqrt(p.x * p.x + p.y * p.y) + 1e-3;
  const double side = std::abs(p.x) / radius;
  return envelope(p) + (8 + 5 * side) * latent_.muscle;
}

double Trunk::peritoneum(const Point& p) const {
  const double pelvic = p.z < -50 ? std::abs(p.x) - (112 + 0.45 * (p.z + 50)) : -far_mm;
  return std::max({cavity(p) + 1.5, 0.9 * pelvic, -214 - p.z});
}

double Trunk::skin(const Point& p) const {
  const double radius = std::sqrt(p.x * p.x + p.y * p.y) + 1e-3;
  const double back = std::max(0.0, p.y / radius);
  const auto low = static_cast<double>(smooth_step(-30, -140, static_cast<float>(p.z)));
  const auto high = static_cast<double>(smooth_step(60, 180, static_cast<float>(p.z)));
  const double fat =
      latent_.subcutaneous_mm * (1 + 0.45 * back * low - 0.45 * high) + 3.0 * wander(p * 0.5);
  return envelope(p) - std::max(fat, 4.0);
}

double Trunk::dome_z(double x, double y) const {
  const bool left = x > 0;
  const double dx = (x - (left ? 68 : -66)) / 84, v = (y + 18) / (y > -18 ? 96 : 84);
  const double rho = std::min(std::sqrt(dx * dx + v * v), 1.0);
  const double drop = 50 + (v > 0 ? 36 * std::min(v, 1.0) : 14 * std::max(v, -1.0));
  return latent_.dome - (left ? 9 : 0) - drop * rho * rho * rho;
}

void Trunk::wall(const Point& p, float* out) const {
  const auto set = [out](TrunkChannel channel, double value) {
    out[static_cast<int>(channel)] = static_cast<float>(value);
  };
  const Point nearer{std::abs(p.x), p.y, p.z};
  const double outer = envelope(p), inner = cavity(p);
  set(TrunkChannel::envelope, outer);
  // A white line in the middle, fat between the flat muscles and the straight one.
  const double seam = p.y < 0 ? 4.5 - nearer.x : -10;
  const double lateral = p.y < 0 ? 3 - std::abs(nearer.x - 66 - 0.1 * p.y) : -10;
  set(TrunkChannel::wall, std::max({outer, -inner, seam, lateral}));
  set(TrunkChannel::flank, std::max({68 - nearer.x, p.z - 95, -105 - p.z, p.y - 45}));
  const double sy = spine_y(std::max(p.z, -85.0));
  const Point back{nearer.x, nearer.y - sy, nearer.z};
  const double size = latent_.muscle;
  const double erector = std::max(
      ellipsoid({back.x, back.y, 0}, {36, 41, 0}, {29 * size, 21 * size, 1e3}), -p.z - 150);
  const double multifidus =
      std::max(ellipsoid({back.x, back.y, 0}, {12, 43, 0}, {11, 17, 1e3}), -p.z - 150);
  const double quadratus =
      std::max({ellipsoid({back.x, back.y, 0}, {68, 17, 0}, {19 * size, 10 * size, 1e3}), p.z - 85,
                -42 - p.z});
  set(TrunkChannel::paraspinal,
      std::max(std::min({erector, multifidus, quadratus}) + 1.2 * wander(p * 1.5), outer + 1));
  const double psoas = tube(nearer, {{{27, 30, 85}, 8},
                                     {{33, 26, 30}, 15 * size},
                                     {{43, 20, -30}, 21 * size},
                                     {{54, 10, -90}, 22 * size},
                                     {{72, -12, -160}, 19 * size},
                                     {{92, -14, -215}, 17 * size},
                                     {{105, 10, -260}, 12}});
  set(TrunkChannel::psoas, psoas);
}

void Trunk::chest(const Point& p, float* out) const {
  const auto set = [out](TrunkChannel channel, double value) {
    out[static_cast<int>(channel)] = static_cast<float>(value);
  };
  if (p.z < 20) return;
  // The chest does not reach back between the muscles beside the spine.
  const double dome = dome_z(p.x, p.y),
               inner = std::max(cavity(p), p.y - spine_y(p.z) - 34 + 0.12 * std::abs(p.x - 70));
  const double above = 0.6 * (dome - p.z);
  const double middle =
      std::min(ellipsoid({p.x, p.y - spine_y(p.z), 0}, {3, -16, 0}, {34, 26, 1e3}),
               std::max(std::abs(p.x - 6) - 10, -p.y * 0.2 - 40));
  const double heart = ellipsoid(p, {18, -42, latent_.dome + 26}, {62, 44, 40});
  const double lung = std::max({above, inner + 1.5, -middle, 4 - heart});
  set(p.x < 0 ? TrunkChannel::lung_right : TrunkChannel::lung_left, lung);
  set(TrunkChannel::heart, std::max(heart, above));
  // The muscle between lung and abdomen, and its crura.
  const double muscle = std::max(std::abs(p.z - dome) * 0.6 - 1.6, inner);
  const Point nearer{std::abs(p.x), p.y - spine_y(p.z), 0};
  const double crura =
      std::max({ellipsoid(nearer, {17, -19, 0}, {4, 12, 1e3}), 30 - p.z, p.z - 150});
  set(TrunkChannel::diaphragm, std::min(p.z > 50 ? muscle : far_mm, crura));
}

void Trunk::distances(const Point& p, float* out) const {
  std::fill(out, out + trunk_channels, static_cast<float>(far_mm));
  const double from_skin = skin(p);
  out[static_cast<int>(TrunkChannel::skin)] = static_cast<float>(from_skin);
  if (from_skin > 8) return;
  wall(p, out);
  if (p.y > -25) spine(p, out);
  if (p.z < -10) {
    const Point nearer{std::abs(p.x), p.y, p.z};
    pelvis(nearer, out);
    ilium(nearer, out);
    hip_muscles(nearer, out);
  }
  if (out[static_cast<int>(TrunkChannel::envelope)] > 4) return;
  chest(p, out);
  if (p.z > -40) upper_organs(p, out);
  if (p.z > -60 && p.z < 150) kidneys(p, out);
  vessels(p, out);
  if (p.z < -110) lower_organs(p, out);
  bowel(p, out);
}

}  // namespace tomoscribe::model::phantom

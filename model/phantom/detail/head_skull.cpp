// The head's outside: skin, skull, skull base, face.
#include <algorithm>
#include <cmath>

#include "model/phantom/detail/head.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr double degree = 3.14159265358979323846 / 180;

double mix(double a, double b, double share) {
  return a + (b - a) * share;
}
double step(double from, double to, double at) {
  return static_cast<double>(
      smooth_step(static_cast<float>(from), static_cast<float>(to), static_cast<float>(at)));
}
double hill(double at, double centre, double width) {
  return static_cast<double>(
      bump(static_cast<float>(at), static_cast<float>(centre), static_cast<float>(width)));
}

/// How far behind the petrous ridge, in the axial plane; negative: in front.
double behind_ridge(double across, double y) {
  return y - 4 - 0.42 * across;
}

/// Height of the skull base under the brain.
double floor_z(double across, double y) {
  const double anterior = -17 + 5 * hill(across, 28, 22) - 4 * hill(across, 0, 10);
  const double sella = -27 - 7 * hill(y, -12, 9) * hill(across, 0, 14);
  const double middle = mix(sella, -50, step(9, 26, across));
  const double clivus = mix(-28 - 1.15 * std::clamp(y - 2, 0.0, 36.0), -69, step(8, 20, across));
  const double behind = behind_ridge(across, y);
  const double ridge = 17 * hill(behind, 1, 11) * step(10, 20, across) * (1 - step(54, 66, across));
  const double wing = y + 11 * hill(across, 36, 34) - 5 * hill(across, 12, 10);
  const double front = mix(anterior, middle, step(-35, -27, wing));
  return mix(front, clivus, step(-5, 8, behind)) + ridge;
}

/// Thickness of the bone under it.
double base_mm(double across, double y) {
  const double behind = behind_ridge(across, y);
  const double petrous = 15 * hill(behind, 2, 18) * step(8, 22, across);
  const double middle = mix(3.0, 5.0, step(-40, -30, y));
  return middle + petrous + 8 * hill(across, 0, 16) * step(-40, -25, y) * (1 - step(20, 40, y));
}

Point mirrored(const Point& p) {
  return {-p.x, p.y, p.z};
}

}  // namespace

HeadLatent::HeadLatent(std::uint64_t seed) {
  Counter random(seed, 112);
  const double size = random.between(0.895, 0.965), index = random.between(-0.035, 0.035);
  scale = {size * (1 + index), size * (1 - index), size * random.between(0.97, 1.03)};
  skull = random.between(0.85, 1.25);
  scalp_mm = random.between(4, 7);
  gap_mm = random.between(1.0, 3.4);
  ventricles = random.between(0.75, 1.25) + (gap_mm - 1.5) * 0.12;
  asymmetry = random.between(-0.07, 0.07);
  sinuses = random.between(0.8, 1.15);
  sulcus_mm = random.between(0.55, 0.85) + (gap_mm - 1.0) * 0.16;
  yaw = random.between(-6, 6) * degree;
  roll = random.between(-4, 4) * degree;
  pitch = random.between(-9, 9) * degree;
}

Head::Head(std::uint64_t seed)
    : latent_(seed),
      warp_(mixed(seed ^ 0x48454144), 3.5),
      thickness_(seed, 121, 16),
      folds_(seed, 122, 7.4),
      small_folds_(seed, 123, 5.8),
      wobble_(seed, 124, 14),
      cells_(seed, 125, 2.1) {
  const double cy = cosine(latent_.yaw), sy = sine(latent_.yaw), cr = cosine(latent_.roll),
               sr = sine(latent_.roll), cp = cosine(latent_.pitch), sp = sine(latent_.pitch);
  const auto turned = [&](Point p) {
    p = {p.x, p.y * cp - p.z * sp, p.y * sp + p.z * cp};
    p = {p.x * cr + p.z * sr, p.y, -p.x * sr + p.z * cr};
    return Point{p.x * cy - p.y * sy, p.x * sy + p.y * cy, p.z};
  };
  axes_ = {turned({1, 0, 0}), turned({0, 1, 0}), turned({0, 0, 1})};
}

Point Head::symmetric_warp(const Point& p) const {
  // The skull stays symmetric, so that its plane of symmetry is known exactly.
  const Point here = warp_.at(p), there = warp_.at(mirrored(p));
  return (here + mirrored(there)) * 0.7;
}

Point Head::to_canonical(const Point& scanner) const {
  const Point turned{dot(scanner, axes_[0]), dot(scanner, axes_[1]), dot(scanner, axes_[2])};
  const Point moved = turned + symmetric_warp(turned);
  return {moved.x / latent_.scale.x, moved.y / latent_.scale.y, moved.z / latent_.scale.z};
}

Point Head::to_scanner(const Point& canonical) const {
  const Point target{canonical.x * latent_.scale.x, canonical.y * latent_.scale.y,
                     canonical.z * latent_.scale.z};
  Point guess = target;
  for (int i = 0; i < 6; ++i) guess = target - symmetric_warp(guess);
  return axes_[0] * guess.x + axes_[1] * guess.y + axes_[2] * guess.z;
}

double Head::outer_table(const Point& p) const {
  // Broader behind than in front, a little boxy.
  const double egg = 1 + 0.0017 * std::clamp(p.y, -80.0, 50.0);
  const Point u{p.x / (73 * egg), p.y / 92, (p.z - 2) / 86};
  const double round = length(u);
  if (round < 1e-3) return -80;
  const double boxy =
      std::sqrt(std::sqrt(u.x * u.x * u.x * u.x + u.y * u.y * u.y * u.y + u.z * u.z * u.z * u.z));
  const double f = 0.72 * round + 0.28 * boxy;
  return f * (f - 1) / length({u.x / (73 * egg), u.y / 92, u.z / 86});
}

Head::Bounds Head::bounds(const Point& p) const {
  const double across = std::abs(p.x);
  const Point nearer{across, p.y, p.z};
  const double temporal = hill(across, 72, 34) * hill(p.z, -22, 40) * hill(p.y, -5, 50);
  const double thickness =
      latent_.skull * (5.6 + 1.3 * thickness_.at(nearer).value + 2.0 * hill(p.y, 86, 50) +
                       1.5 * hill(p.y, -88, 45) - 2.6 * temporal);
  const double vault = outer_table(p) + std::max(thickness, 2.2);
  // Height above the base, made a distance by the base's steepness.
  const double floor = floor_z(across, p.y);
  const double dx = floor_z(across + 1, p.y) - floor, dy = floor_z(across, p.y + 1) - floor;
  const double base = (floor - p.z) / std::sqrt(1 + dx * dx + dy * dy);
  const double canal = capsule(p, {0, 31, -56}, {0, 38, -130}, 15, 10);
  return {std::min(std::max(vault, base), canal), vault, base};
}

double Head::skin(const Point& p) const {
  const Point nearer{std::abs(p.x), p.y, p.z};
  const double scalp =
      outer_table(p) - latent_.scalp_mm - 3.5 * hill(nearer.x, 62, 30) * hill(p.z, -20, 45);
  const double jaw = ellipsoid(p, {0, -46, -62}, {63, 53, 66});
  const double neck = std::max(ellipsoid(p, {0, 28, p.z}, {62, 64, 1e3}), p.z + 34);
  const double nose = capsule(p, {0, -92, -32}, {0, -108, -58}, 7, 11);
  return merged(merged(merged(scalp, jaw, 18), neck, 30), nose, 10);
}

void Head::outside(const Point& p, float* out) const {
  const auto set = [out](HeadChannel channel, double value) {
    out[static_cast<int>(channel)] = static_cast<float>(value);
  };
  const Point nearer{std::abs(p.x), p.y, p.z};
  const auto [inside, vault_inside, base_border] = bounds(p);
  const double outside_skull = outer_table(p), below_base = base_border - base_mm(nearer.x, p.y);
  set(HeadChannel::inner, inside);
  set(HeadChannel::ear, std::max(ellipsoid(nearer, {79, 20, -44}, {6, 16, 27}),
                                 -ellipsoid(nearer, {84, 18, -44}, {5, 10, 18})));

  const double vault = std::max({outside_skull, below_base, -inside});
  // Temporal muscle in its fossa, chewing muscles, muscles of the neck.
  const double temporal = std::max(ellipsoid(nearer, {69, -20, -18}, {11, 38, 38}), -outside_skull);
  const double masseter = capsule(nearer, {58, -30, -52}, {51, -22, -100}, 8, 9);
  const double pterygoid = ellipsoid(nearer, {34, -22, -76}, {15, 20, 26});
  const double neck = std::max(ellipsoid(nearer, {0, 36, p.z}, {48, 44, 1e3}), p.z + 46);
  const double wall = 1.2 * wobble_.at(nearer * 2.0).value;
  set(HeadChannel::muscle,
      std::max(std::min(std::min(temporal, masseter), std::min(pterygoid, neck + wall)), -vault));

  const double maxilla = ellipsoid(nearer, {27, -56, -66}, {15, 18, 18});
  const double orbit = capsule(nearer, {33, -78, -33}, {19, -40, -29}, 18.5, 6);
  const double zygoma = std::min(capsule(nearer, {47, -68, -50}, {60, -44, -48}, 5.5, 4.5),
                                 capsule(nearer, {60, -44, -48}, {67, -8, -44}, 3.5, 2.6));
  const double rim = capsule(nearer, {14, -88, -16}, {47, -74, -22}, 6, 6.5);
  const double sphenoid = std::min(ellipsoid(nearer, {0, -20, -42}, {19, 17, 15}),
                                   capsule(nearer, {16, -26, -52}, {17, -28, -82}, 3, 2));
  const double palate =
      std::max(std::abs(p.z + 84) - 2.2, ellipsoid(p, {0, -58, -84}, {27, 36, 40}));
  const double ramus = capsule(nearer, {51, -8, -54}, {45, -16, -110}, 6, 5);
  const double nasal = capsule(nearer, {3, -93, -28}, {6, -97, -46}, 2.6, 2);
  const double lateral_wall = capsule(nearer, {50, -66, -22}, {45, -66, -50}, 4.5, 4.5);
  const double mastoid = ellipsoid(nearer, {55, 26, -54}, {13, 17, 21});
  const double atlas = std::max(std::abs(capsule(p, {0, 33, -92}, {0, 33, -92.1}, 20, 20)) - 5,
                                std::abs(p.z + 92) - 5);
  double bone = std::min({vault, zygoma, rim, sphenoid, palate, ramus});
  bone = std::min({bone, nasal, lateral_wall, atlas, std::max(mastoid, -inside)});
  const double orbit_shell = std::max(std::abs(orbit) - 0.9, -69 - p.y);
  const double maxilla_shell = std::abs(maxilla) - 0.9;
  bone = std::min(bone, std::min(orbit_shell, maxilla_shell));
  set(HeadChannel::bone, std::max(bone, -orbit - 0.9));

  // Diploe, and marrow of the clivus, the zygoma and the jaw.
  const double table = 1.5 + 0.35 * latent_.skull;
  const double diploe = std::max({outside_skull + table, 1.6 - inside, base_border + 2});
  const double clivus = std::max(vault + 2.5, nearer.x - 14);
  set(HeadChannel::marrow,
      std::min({diploe, clivus, zygoma + 2.2, ramus + 2.2, atlas + 2.2, rim + 2.6}));

  const double size = latent_.sinuses;
  const double frontal =
      ellipsoid(nearer, {11 * size, -84, -9}, {11 * size, 4.2 * size, 13 * size});
  const double ethmoid = ellipsoid(nearer, {6, -58, -34}, {9, 24, 12});
  const double sphenoidal = ellipsoid(nearer, {7, -23, -43}, {9 * size, 11 * size, 9 * size});
  const double nasal_cavity = ellipsoid(nearer, {6, -62, -62}, {11, 34, 20});
  const double pharynx = capsule(nearer, {0, -20, -70}, {0, -10, -130}, 9, 10);
  const double canal = capsule(nearer, {90, 18, -48}, {52, 14, -46}, 3.4, 3.4);
  const double cavities =
      std::min({frontal, ethmoid, sphenoidal, maxilla, nasal_cavity, pharynx, canal});
  set(HeadChannel::air, std::max(cavities, -orbit));
  set(HeadChannel::mastoid,
      std::max(std::min(mastoid + 2.2, ellipsoid(nearer, {45, 18, -46}, {11, 9, 8})), 4 - inside));
  set(HeadChannel::mastoid_cells, 1.8 * cells_.at(p).value);
  set(HeadChannel::orbit, orbit + 0.7);
}

void Head::face(const Point& p, float* out) {
  const auto set = [out](HeadChannel channel, double value) {
    out[static_cast<int>(channel)] = static_cast<float>(value);
  };
  const Point nearer{std::abs(p.x), p.y, p.z};
  set(HeadChannel::globe, ellipsoid(nearer, {33, -82, -33}, {12, 12, 12}));
  const double nerve = capsule(nearer, {31, -70, -33}, {17, -38, -29}, 2.1, 1.9);
  const double medial = capsule(nearer, {23, -76, -33}, {18, -44, -30}, 1.4, 1.6);
  const double lateral = capsule(nearer, {43, -76, -33}, {23, -44, -30}, 1.3, 1.6);
  const double superior = capsule(nearer, {33, -74, -22}, {20, -44, -27}, 1.3, 1.6);
  const double inferior = capsule(nearer, {33, -74, -45}, {20, -44, -33}, 1.3, 1.6);
  set(HeadChannel::optic, std::min({nerve, medial, lateral, superior, inferior}));
}

std::array<double, 2> Head::head_rest(const Point& scanner) {
  const double dx = scanner.x, dy = scanner.y + 22;
  return {std::sqrt(dx * dx + dy * dy) - 136, 42 - scanner.y};
}

void Head::distances(const Point& p, const HeadShift& shift, double ventricles, float* out) const {
  std::fill(out, out + head_channels, static_cast<float>(far_mm));
  const double from_skin = skin(p);
  out[static_cast<int>(HeadChannel::skin)] = static_cast<float>(from_skin);
  if (from_skin > 14) return;
  outside(p, out);
  if (p.y < -20) face(p, out);
  if (out[static_cast<int>(HeadChannel::inner)] < 5) brain(unshifted(p, shift), ventricles, out);
}

}  // namespace tomoscribe::model::phantom

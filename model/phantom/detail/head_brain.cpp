// The head's inside: brain, its coverings, ventricles.
#include <algorithm>
#include <cmath>

#include "model/phantom/detail/head.h"

namespace tomoscribe::model::phantom {

namespace {

/// Height of the tentorium.
double tent_z(double across, double y) {
  return 4 - 0.28 * across - 0.36 * std::max(0.0, y - 26) - 0.004 * across * across * 0.5;
}

/// Course of one lateral ventricle without its frontal horn (x away from the middle), for size 1.
const std::vector<Station>& lateral_course() {
  static const std::vector<Station> course{
      {{8.5, -14, 13}, 4.6}, {{9, 0, 18}, 4.6},   {{13, 16, 18}, 4.8}, {{20, 28, 11}, 5.6},
      {{24, 34, 3}, 6.4},    {{29, 26, -8}, 3.8}, {{34, 8, -18}, 2.4}, {{33, -8, -24}, 2.0}};
  return course;
}

double frontal_horn(const Point& nearer, double size) {
  // A blade that leans outward in front of the caudate head.
  const Point front{13, -36, 6}, middle{7.5, -22, 9}, back{6.5, -10, 11};
  const double d =
      std::min(capsule(nearer, front, middle, 3.4, 4.0), capsule(nearer, middle, back, 4.0, 3.6));
  return std::max(d - (size - 1) * 5.5, 0.9 - nearer.x);
}

double lateral_ventricle(const Point& nearer, double size) {
  double d = tube(nearer, lateral_course());
  d = std::min(d, capsule(nearer, {24, 36, 3}, {20, 62, 1}, 4.4, 1.6));  // occipital horn
  return std::max(d - (size - 1) * 5.5, 0.9 - nearer.x);
}

double third_ventricle(const Point& p, double size) {
  return ellipsoid(p, {0, 0, -7}, {2.2 + (size - 1) * 4, 14, 11});
}

double fourth_ventricle(const Point& p, double size) {
  const double k = 0.7 + 0.3 * size;
  return ellipsoid(p, {0, 33, -37}, {8.5 * k, 5 * k, 9 * k});
}

}  // namespace

/// Negative below the tentorium and behind the petrous ridges.
double Head::posterior_fossa(const Point& p) {
  const double across = std::abs(p.x);
  return std::max(0.9 * (p.z - tent_z(across, p.y)), 2 + 0.42 * across - p.y);
}

Point Head::unshifted(const Point& p, const HeadShift& shift) const {
  if (shift.mm == 0) return p;
  const double depth = clamped01(static_cast<float>(-cavity(p) / 30));
  const Point d = p - shift.centre;
  const double u = (d.x * d.x / 4900 + d.y * d.y / 5600 + d.z * d.z / 3600);
  if (u >= 1) return p;
  // Full at its centre, none at the skull; what moves is pressed together on the far side.
  const double share = (1 - u) * (1 - u) * depth * depth * (3 - 2 * depth);
  return {p.x - shift.mm * share, p.y, p.z};
}

double Head::moved_mm(const HeadShift& shift, const Point& at) const {
  double right = -40, left_most = 40;
  for (int i = 0; i < 40; ++i) {
    const double middle = (right + left_most) / 2;
    (unshifted({middle, at.y, at.z}, shift).x < 0 ? right : left_most) = middle;
  }
  return dot(to_scanner({right, at.y, at.z}) - to_scanner(at), left());
}

double Head::cerebrum(const Point& p) const {
  const double gap = latent_.gap_mm * (1 + 0.35 * wobble_.at(p).value) +
                     0.9 * clamped01(static_cast<float>(-p.y / 60));
  return std::max(cavity(p) + std::max(gap, 0.7), 1.2 - posterior_fossa(p));
}

double Head::ventricle(const Point& p, double size) const {
  const Point nearer{std::abs(p.x), p.y, p.z};
  return std::min({frontal_horn(nearer, size), lateral_ventricle(nearer, size),
                   third_ventricle(p, size), fourth_ventricle(p, size)});
}

void Head::brain(const Point& p, double ventricles, float* out) const {
  const auto set = [out](HeadChannel channel, double value) {
    out[static_cast<int>(channel)] = static_cast<float>(value);
  };
  const double inside = static_cast<double>(out[static_cast<int>(HeadChannel::inner)]);
  const Point nearer{std::abs(p.x), p.y, p.z};
  const double across = nearer.x, fossa = posterior_fossa(p);
  const double hemisphere = std::max(cerebrum(p), inside + 0.7);
  set(HeadChannel::cerebrum, hemisphere);

  // Sulci run inward from the surface: the random field is constant along rays from the middle,
  // but for some wandering.
  const Point from{p.x, p.y - 5, p.z + 4};
  const double radius = std::max(length({from.x / 0.82, from.y, from.z / 0.95}), 8.0);
  const double side = p.x < 0 ? -31 : 31;
  const Point ray = from * (64 / radius) + Point{side, 0, 0} +
                    Point{wobble_.at(p * 1.6).value, wobble_.at(p * 1.6 + Point{50, 0, 0}).value,
                          wobble_.at(p * 1.6 + Point{0, 50, 0}).value} *
                        1.6 +
                    from * 0.12;
  set(HeadChannel::folds, folds_.to_zero(ray) * radius / 64);
  set(HeadChannel::small_folds, small_folds_.to_zero(ray) * radius / 64);
  const double deep = std::max(16 + 6 * thickness_.at(p).value, 8.0);
  const double depth = -bounds(p).vault - latent_.gap_mm;
  const double covered = std::max(inside - 1, -fossa);
  set(HeadChannel::folds_reach, std::max(depth - deep, covered));
  set(HeadChannel::small_folds_reach, std::max(depth - deep * 0.5, covered));
  set(HeadChannel::rim, std::max(depth, covered));
  set(HeadChannel::outer_csf, std::max(-hemisphere, inside));

  // Falx: above the corpus callosum, from the crista galli to the tentorium.
  set(HeadChannel::midline, p.x);
  const double callosum = ellipsoid(Point{0, p.y, p.z}, {0, 1, 2}, {50, 43, 29});
  const double lowest = p.y < 0 ? -19 : tent_z(0, p.y);
  set(HeadChannel::falx, std::max({-callosum, lowest - p.z, inside + 0.5}));
  const double incisura = ellipsoid({p.x, p.y, 0}, {0, 10, 0}, {21, 26, 100});
  set(HeadChannel::tent, 0.9 * (p.z - tent_z(across, p.y)));
  set(HeadChannel::tent_reach, std::max({-incisura, 4 + 0.42 * across - p.y, inside + 0.5}));

  // Lateral fissure: from the surface in to the insula, rising backwards; then the insula's sheet.
  const double wander = 2.5 * wobble_.at(p * 1.2).value;
  set(HeadChannel::lateral_fissure, 0.9 * (p.z + 6 - 0.5 * (p.y + 10) + wander));
  set(HeadChannel::lateral_fissure_reach,
      std::max({36 - across, std::abs(p.y + 4) - 24, inside - 1}));
  set(HeadChannel::insula, across - 38 + 0.004 * p.y * p.y + 0.6 * wander);
  set(HeadChannel::insula_reach, ellipsoid(nearer, {38, -4, 1}, {20, 20, 11}));

  const double basal = ellipsoid(nearer, {0, -9, -22}, {15, 12, 8});
  const double around_stem = ellipsoid(nearer, {0, 14, -13}, {18.6, 15, 12});
  const double quadrigeminal = ellipsoid(nearer, {0, 31, -3}, {13, 5, 7});
  const double velum = ellipsoid(nearer, {0, 24, 6}, {5, 10, 3});
  set(HeadChannel::cistern, std::max(std::min({basal, around_stem, quadrigeminal, velum}), inside));

  // The cerebellum fills the posterior fossa but for its cisterns.
  const double magna = ellipsoid(p, {0, 66, -58}, {13, 9, 14});
  set(HeadChannel::cerebellum,
      std::max({25 - 0.16 * across - p.y, fossa + 1.8, inside + 2.0 + 0.4 * latent_.gap_mm,
                1 - magna, 3 - ellipsoid(p, {0, 30, -62}, {13, 14, 18})}));
  set(HeadChannel::folia, folds_.to_zero({p.x * 0.15, p.y * 0.6, p.z * 2.4}) * 0.5);
  const double midbrain = ellipsoid(nearer, {0, 15, -12}, {16, 11.5, 12});
  const double pons = ellipsoid(p, {0, 15, -34}, {17, 13, 14});
  const double medulla = capsule(p, {0, 24, -46}, {0, 36, -130}, 8, 6);
  const double peduncle = capsule(nearer, {10, 22, -36}, {22, 38, -38}, 7, 8);
  set(HeadChannel::stem,
      std::max(std::min({merged(midbrain, pons, 6), medulla, peduncle}), inside + 1.0));

  const double caudate = std::min(ellipsoid(nearer, {14, -20, 8}, {5, 11, 10}),
                                  capsule(nearer, {15, -8, 17}, {20, 14, 19}, 3, 2));
  const double lentiform = ellipsoid(nearer, {25, -5, 1}, {7.5, 17, 10});
  const double thalamus = ellipsoid(nearer, {11, 8, 2}, {9, 15, 10});
  set(HeadChannel::deep_grey, std::min({caudate, lentiform, thalamus}));

  const double right = ventricles * (1 + latent_.asymmetry),
               left = ventricles * (1 - latent_.asymmetry);
  const double mine = p.x < 0 ? right : left;
  const double horn = frontal_horn(nearer, mine), rest = lateral_ventricle(nearer, mine);
  set(p.x < 0 ? HeadChannel::horn_right : HeadChannel::horn_left, horn);
  set(p.x < 0 ? HeadChannel::ventricle_right : HeadChannel::ventricle_left, rest);
  set(HeadChannel::third, third_ventricle(p, ventricles));
  set(HeadChannel::fourth, fourth_ventricle(p, ventricles));

  // Superior sagittal, straight and transverse sinuses.
  const double vault = outer_table(p);
  const double sagittal = std::max(std::abs(p.x) * 1.1 - (vault + 14) * 0.75 + 2, inside + 0.3);
  const double straight = capsule(p, {0, 34, 2}, {0, 78, -16}, 2.2, 2.8);
  const double transverse =
      std::max(std::max(std::abs(p.z - tent_z(across, p.y)) - 3.5, -inside - 5.0), 44 - p.y);
  set(HeadChannel::venous_sinus,
      std::max(std::min({p.z > -20 && p.y > -70 ? sagittal : far_mm, straight, transverse}),
               inside + 0.3));
}

}  // namespace tomoscribe::model::phantom

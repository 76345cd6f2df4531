// Lumbar spine, sacrum, pelvis, hips.
#include <algorithm>
#include <cmath>

#include "model/phantom/detail/trunk.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr double half_width = 23, half_depth = 16.5;

double cross_section(const Point& local, double grow) {
  // Kidney-shaped: flat or hollow behind.
  const double hollow = local.y > 0 ? 3.0 * bump(static_cast<float>(local.x), 0, 16) : 0;
  return ellipsoid({local.x, local.y + hollow, 0}, {0, 0, 0},
                   {half_width + grow, half_depth + grow, 1e3});
}

void set(float* out, TrunkChannel channel, double value) {
  out[static_cast<int>(channel)] = static_cast<float>(value);
}

/// The iliac wing: a sheet from the sacroiliac joint forward and outward, flaring upward.
struct Wing {
  double sheet;  ///< signed distance, positive inside the pelvis
  double along;  ///< 0 at the joint, 1 at the front
  double length_mm, crest_z;
};

Wing wing_at(const Point& p) {
  const double up = std::clamp((p.z + 175) / 125, 0.0, 1.2);
  const Point back{49 + 3 * up, 71, 0}, front{88 + 36 * up, -22 - 12 * up, 0};
  const Point along = front - back;
  const double run = length(along);
  const Point off{p.x - back.x, p.y - back.y, 0};
  const double t = dot(off, along) / (run * run);
  const double bow = 12 * up * 4 * t * (1 - t);
  const double sheet = (off.x * -along.y + off.y * along.x) / run - bow;
  const double crest = -34 - 46 * (2 * t - 0.95) * (2 * t - 0.95);
  return {sheet, t, run, crest};
}

}  // namespace

std::array<double, 2> Trunk::endplates(std::size_t vertebra, double y) const {
  const Vertebra& v = trunk_vertebrae[vertebra];
  double top = v.z + v.height_mm / 2;
  const double bottom = v.z - v.height_mm / 2;
  if (static_cast<int>(vertebra) == changes_.fractured) {
    // A wedge: all of the loss in front, a third of it behind the middle, none at the back.
    const double forward = std::clamp(0.5 - y / (2 * half_depth), 0.0, 1.0);
    top -= v.height_mm * changes_.height_loss * std::min(1.0, 1.25 * forward);
  }
  return {top, bottom};
}

void Trunk::arches(const Point& local, std::size_t vertebra, double& bone) {
  const Vertebra& v = trunk_vertebrae[vertebra];
  const Point q{std::abs(local.x), local.y, local.z - v.z};
  if (std::abs(q.z) > 32) return;
  const double pedicle = capsule(q, {15, 10, 6}, {16, 25, 5}, 5, 5);
  const double lamina = capsule(q, {16, 27, -2}, {2, 38, -8}, 3.6, 3.6);
  const double facet = ellipsoid(q, {18, 28, -15}, {6.5, 6, 9});
  const double upper_facet = ellipsoid(q, {21, 26, 14}, {5.5, 5, 9});
  const double spinous =
      std::max({q.x - 3.4, std::abs(q.y - 52) - 14, std::abs(q.z + 8 + 0.25 * (q.y - 40)) - 9});
  double across = capsule(q, {18, 23, 5}, {42, 27, 6}, 4, 3.2);
  if (vertebra < 3) across = capsule(q, {18, 24, 5}, {30, 32, 6}, 4.5, 4);
  bone = std::min({bone, pedicle, lamina, facet, upper_facet, spinous, across});
}

void Trunk::spine(const Point& p, float* out) const {
  const Point local{p.x - spine_x(p.z), p.y - spine_y(p.z), p.z};
  if (std::abs(local.x) > 60 || local.y < -30 || p.z < promontory_z - 15) return;
  double body = far_mm, arch = far_mm, gap = far_mm;
  for (std::size_t i = 0; i < trunk_vertebrae.size(); ++i) {
    const Vertebra& v = trunk_vertebrae[i];
    if (std::abs(p.z - v.z) > 40) continue;
    const auto [top, bottom] = endplates(i, local.y);
    const double u = (p.z - v.z) / v.height_mm * 2;
    const double waist = -2.6 * std::max(0.0, 1 - u * u);
    body = std::min(body, std::max({cross_section(local, waist), p.z - top, bottom - p.z}));
    arches(local, i, arch);
  }
  gap = std::max({cross_section(local, 0.5), 0.7 - body, promontory_z - 6 - p.z});
  set(out, TrunkChannel::vertebra, body);
  set(out, TrunkChannel::disc, gap);
  const double canal = ellipsoid({local.x, local.y, 0}, {0, 25, 0}, {11, 8.5, 1e3});
  set(out, TrunkChannel::arch, std::max(arch, -canal));
  set(out, TrunkChannel::canal, canal);
}

void Trunk::pelvis(const Point& nearer, float* out) {
  // Sacrum: a wedge that leans back, with its wings; coccyx.
  const double body = capsule(nearer, {0, 50, -112}, {0, 82, -188}, 20, 9);
  const double wing = capsule(nearer, {14, 54, -112}, {47, 60, -120}, 17, 17);
  const double lower = capsule(nearer, {16, 68, -138}, {12, 82, -180}, 15, 8);
  const double coccyx = capsule(nearer, {0, 84, -196}, {0, 70, -228}, 6, 3);
  const double top = nearer.z - promontory_z - 0.45 * (nearer.y - 40);
  const double foramina = std::min(capsule(nearer, {21, 40, -128}, {21, 90, -134}, 4.5, 4.5),
                                   capsule(nearer, {18, 50, -155}, {18, 100, -160}, 4, 4));
  const double sacrum =
      std::max({merged(merged(body, wing, 8), lower, 8), 0.9 * top, nearer.x - 50, -foramina});
  // Pubis, ischium, socket of the hip.
  const double hip = length(nearer - Point{90, 6, -196});
  const double socket =
      std::max({hip - 33, 26.5 - hip, 0.7 * (nearer.x - 98) - 0.7 * (nearer.z + 190)});
  const double pubis = std::min(capsule(nearer, {68, -24, -200}, {9, -58, -222}, 9, 10),
                                capsule(nearer, {9, -58, -226}, {48, 8, -262}, 8, 8));
  const double ischium = capsule(nearer, {86, 34, -206}, {62, 42, -268}, 15, 14);
  const double symphysis = std::max(pubis, 2.2 - nearer.x);
  set(out, TrunkChannel::pelvis_bone,
      std::min({sacrum, coccyx, socket, symphysis, std::max(ischium, 27 - hip)}));

  const double head = hip - 23.5;
  const double neck = capsule(nearer, {92, 8, -198}, {126, 16, -226}, 14, 16);
  const double trochanter = ellipsoid(nearer, {132, 20, -222}, {16, 19, 22});
  const double shaft = capsule(nearer, {130, 16, -235}, {124, 10, -340}, 17, 14);
  set(out, TrunkChannel::femur, merged(merged(head, neck, 6), std::min(trochanter, shaft), 8));
}

void Trunk::ilium(const Point& nearer, float* out) {
  const auto [sheet, t, run, crest] = wing_at(nearer);
  set(out, TrunkChannel::ilium, sheet);
  set(out, TrunkChannel::ilium_end,
      std::max({(-0.03 - t) * run, (t - 1.02) * run, nearer.z - crest, -182 - nearer.z}));
}

void Trunk::hip_muscles(const Point& nearer, float* out) const {
  const auto [sheet, t, run, crest] = wing_at(nearer);
  // Iliac muscle inside the wing, gluteal muscles behind it, muscles around the hip.
  const double iliac = std::max({std::abs(sheet - 12) - 9, (0.12 - t) * run, (t - 1.0) * run,
                                 nearer.z - crest + 6, -190 - nearer.z});
  const double gluteal = std::min(ellipsoid(nearer, {96, 52, -150}, {50, 40, 82}),
                                  ellipsoid(nearer, {72, 76, -205}, {56, 34, 66}));
  const double medius = std::max({std::abs(sheet + 18) - 15, (-0.0 - t) * run, (t - 1.05) * run,
                                  nearer.z - crest + 12, -215 - nearer.z});
  const double around = ellipsoid(nearer, {104, -8, -268}, {50, 58, 78});
  const double inner = capsule(nearer, {60, 10, -195}, {56, 20, -240}, 13, 13);
  const double piriformis = capsule(nearer, {30, 70, -160}, {96, 56, -192}, 10, 8);
  const auto envelope = static_cast<double>(out[static_cast<int>(TrunkChannel::envelope)]);
  set(out, TrunkChannel::hip_muscle,
      std::max(std::min({iliac, gluteal, medius, around, inner, piriformis}) +
                   1.5 * wander(nearer * 1.4),
               envelope + 1.5));
  set(out, TrunkChannel::pelvic_floor, capsule(nearer, {12, 42, -236}, {44, 20, -226}, 5, 5));
}

}  // namespace tomoscribe::model::phantom

// Solid organs, great vessels, bladder.
#include <algorithm>
#include <cmath>

#include "model/phantom/detail/trunk.h"

namespace tomoscribe::model::phantom {

namespace {

void set(float* out, TrunkChannel channel, double value) {
  out[static_cast<int>(channel)] = static_cast<float>(value);
}

}  // namespace

double Trunk::liver(const Point& p) const {
  const double lift = latent_.dome - 160;
  const double right = ellipsoid(p, {-66, -6, 92 + lift}, {84, 88, 78});
  const double tip = ellipsoid(p, {-98, 10, 45 + lift}, {30, 48, 62});
  const double left = ellipsoid(p, {8, -48, 110 + lift}, {74, 36, 42});
  const double whole = merged(merged(right, tip, 18), left, 22) + 1.5 * wander(p);
  // Kidney, gallbladder and porta lie in hollows of its lower side.
  const double hollow =
      std::min({kidney(false, p) - 5, ellipsoid(p, {-16, 2, 62 + lift}, {34, 36, 38}),
                ellipsoid(p, {-50, -50, 38 + lift}, {15, 18, 27})});
  return std::max({whole, cavity(p) + 2.5, 0.6 * (p.z - dome_z(p.x, p.y)) + 1.2, -hollow});
}

Point Trunk::kidney_centre(bool left) {
  return left ? Point{60, 42, 52} : Point{-60, 42, 38};
}

double Trunk::kidney(bool left, const Point& p) const {
  const Point c = kidney_centre(left);
  // The upper pole leans back and inward, the hilum looks forward.
  const double side = left ? 1 : -1, dz = p.z - c.z;
  const Point q{(p.x - c.x) * side + 0.22 * dz, p.y - c.y + 0.16 * dz, dz};
  const double bean = ellipsoid(q, {0, 0, 0}, {27, 24, 55});
  const double hilum = ellipsoid(q, {-25, -9, 0}, {15, 9, 16});
  return std::max(bean + 0.9 * wander(p * 1.7), -hilum);
}

void Trunk::upper_organs(const Point& p, float* out) const {
  const double lift = latent_.dome - 160, inner = cavity(p);
  set(out, TrunkChannel::liver, liver(p));
  const double veins = std::min(
      {tube(p, {{{-20, 8, 118 + lift}, 5}, {{-60, -4, 108 + lift}, 4}, {{-98, -14, 96 + lift}, 2}}),
       tube(p, {{{-20, 6, 118 + lift}, 5}, {{-44, -34, 108 + lift}, 3}}),
       tube(p, {{{-12, -8, 64 + lift}, 6},
                {{-34, -14, 78 + lift}, 6},
                {{-70, 18, 82 + lift}, 4},
                {{-100, 26, 84 + lift}, 2}})});
  set(out, TrunkChannel::liver_vein, veins);
  set(out, TrunkChannel::gallbladder, ellipsoid(p, {-50, -50, 38 + lift}, {14, 17, 26}));
  const double spleen = ellipsoid(p, {99, 32, 94 + lift}, {32, 52, 58});
  const double hollow = ellipsoid(p, {66, 8, 96 + lift}, {34, 36, 56});
  set(out, TrunkChannel::spleen,
      std::max({spleen + wander(p), -hollow, inner + 3, 0.6 * (p.z - dome_z(p.x, p.y)) + 1.4}));
  set(out, TrunkChannel::pancreas,
      tube(p, {{{-30, -8, 20}, 12},
               {{-27, -12, 42}, 12},
               {{-4, -22, 54}, 8},
               {{22, -18, 62}, 8.5},
               {{50, 2, 74}, 8.5},
               {{76, 20, 84}, 7}}) +
          1.6 * wander(p * 2.0));
  const double stomach = tube(p, {{{62, 4, 128 + lift}, 30},
                                  {{66, -30, 104 + lift}, 27},
                                  {{46, -54, 74}, 20},
                                  {{8, -60, 56}, 16},
                                  {{-20, -48, 54}, 11}});
  const double body =
      std::max({stomach, inner + 2, 0.6 * (p.z - dome_z(p.x, p.y)) + 2.5,
                3.5 - static_cast<double>(out[static_cast<int>(TrunkChannel::liver)])});
  set(out, TrunkChannel::stomach, body);
  set(out, TrunkChannel::stomach_gas, std::max(body + 4.5, p.y + 34));
  const Point nearer{std::abs(p.x), p.y, p.z};
  const double limb = std::min(capsule(nearer, {30, 24, 98}, {38, 38, 84}, 2.8, 2.4),
                               capsule(nearer, {30, 24, 98}, {25, 34, 84}, 2.6, 2.2));
  set(out, TrunkChannel::adrenal, limb);
}

void Trunk::kidneys(const Point& p, float* out) const {
  const bool left = p.x > 0;
  const double whole = kidney(left, p);
  set(out, left ? TrunkChannel::kidney_left : TrunkChannel::kidney_right, whole);
  const Point c = kidney_centre(left);
  const double side = left ? 1 : -1, dz = p.z - c.z;
  const Point q{(p.x - c.x) * side + 0.22 * dz, p.y - c.y + 0.16 * dz, dz};
  set(out, TrunkChannel::sinus,
      std::max(ellipsoid(q, {-8, -4, 0}, {13, 9, 28}) + 3.5 * wander(p * 2.2), whole + 6));
}

Station Trunk::aorta(double z) const {
  const double normal = latent_.aorta_mm / 2 * (z > 60 ? 1.15 : 1);
  double radius = normal;
  if (changes_.aneurysm_mm > 0) {
    const auto u = static_cast<float>(z - changes_.aneurysm_z);
    const double widest = changes_.aneurysm_mm / 2;
    // Flat over its middle third, so that its width is well defined.
    const auto share = static_cast<double>(1 - smooth_step(10, 40, std::abs(u)));
    radius = std::max(normal, normal + (widest - normal) * share);
  }
  const double x = 9 + spine_x(z) + 0.25 * (radius - normal);
  return {{x, spine_y(z) - 18.5 - radius, z}, radius};
}

void Trunk::vessels(const Point& p, float* out) const {
  const Station here = aorta(p.z);
  const double dx = p.x - here.at.x, dy = p.y - here.at.y;
  const double outer =
      std::max(std::sqrt(dx * dx + dy * dy) - here.radius_mm, 0.8 * (bifurcation_z - p.z));
  set(out, TrunkChannel::aorta, outer);
  const double normal = latent_.aorta_mm / 2 * (p.z > 60 ? 1.15 : 1);
  // The stream of blood keeps its width; the rest of an aneurysm is thrombus.
  const double stream = normal + 0.35 * (here.radius_mm - normal);
  const double ex = dx - 0.2 * (here.radius_mm - stream), ey = dy + 0.3 * (here.radius_mm - stream);
  set(out, TrunkChannel::lumen, std::max(std::sqrt(ex * ex + ey * ey) - stream, outer + 1.2));
  const double sy = spine_y(p.z);
  const double wide = p.z > 20 ? 12.5 : 11;
  const double cava = std::max(
      ellipsoid({p.x - spine_x(p.z), p.y - sy, 0}, {-21, -22, 0}, {wide, 9.5, 1e3}), -56 - p.z);
  set(out, TrunkChannel::cava, cava);
  const Point nearer{std::abs(p.x), p.y, p.z};
  const double from = std::max(p.x > 0 ? 8.0 : 4.0, 4.0);
  set(out, TrunkChannel::iliac_artery,
      p.z > -35
          ? far_mm
          : std::min(
                tube(nearer, {{{from, 2, -44}, 6.6},
                              {{26, 6, -84}, 6},
                              {{42, 10, -112}, 5.4},
                              {{62, -12, -160}, 5},
                              {{74, -46, -205}, 4.6},
                              {{84, -58, -250}, 4.4},
                              {{90, -52, -330}, 4}}),
                tube(nearer, {{{42, 10, -112}, 4}, {{48, 36, -140}, 3.6}, {{46, 48, -170}, 2.6}})));
  set(out, TrunkChannel::iliac_vein,
      p.z > -45 ? far_mm
                : tube(nearer, {{{p.x > 0 ? 2.0 : 20.0, 14, -58}, 8},
                                {{30, 22, -92}, 7},
                                {{44, 20, -118}, 6.5},
                                {{58, 0, -162}, 6},
                                {{64, -36, -205}, 6},
                                {{74, -48, -250}, 5.5},
                                {{82, -42, -330}, 5}}));
  const double splenic =
      tube(p, {{{-12, -8, 64}, 6.5}, {{2, -12, 56}, 6}, {{30, -4, 66}, 4.5}, {{78, 24, 90}, 4}});
  const double mesenteric = tube(p, {{{2, -12, 56}, 5.5}, {{0, -24, 30}, 5}, {{-6, -34, -10}, 4}});
  const double renal = std::min(capsule(p, {-21, sy - 22, 40}, {-46, 30, 40}, 5, 4.5),
                                capsule(p, {-14, sy - 28, 56}, {46, 30, 54}, 5, 4.5));
  set(out, TrunkChannel::portal, p.z > -20 ? std::min({splenic, mesenteric, renal}) : far_mm);
}

void Trunk::lower_organs(const Point& p, float* out) const {
  set(out, TrunkChannel::bladder, ellipsoid(p, {0, -24, -192}, {38, 30, 28}) + wander(p));
  const double organ = std::min(ellipsoid(p, {0, -14, -232}, {22, 17, 17}),
                                ellipsoid({std::abs(p.x), p.y, p.z}, {22, 22, -206}, {20, 7, 8}));
  set(out, TrunkChannel::pelvic_organ, organ);
}

}  // namespace tomoscribe::model::phantom

// Small things with exact edges: ribs, ureters, mesenteric vessels, everyday calcifications.
#include "model/phantom/detail/trunk_details.h"

#include <algorithm>
#include <cmath>

namespace tomoscribe::model::phantom {

namespace {

constexpr double degree = 3.14159265358979323846 / 180;

struct Rib {
  double head_z, drop_mm, to_degrees;
};
// Eighth to twelfth rib; the upper ones come into the scan from above.
constexpr std::array<Rib, 5> ribs{
    {{233, 108, 150}, {205, 96, 138}, {177, 74, 118}, {147, 58, 92}, {115, 40, 62}}};

/// Where a direction from the middle of the body meets the inside of the abdominal wall.
Point on_wall(const Trunk& trunk, double angle, double z, double outward_mm) {
  const Point direction{sine(angle), cosine(angle), 0};
  double inside = 20, outside = 220;
  for (int i = 0; i < 30; ++i) {
    const double middle = (inside + outside) / 2;
    const Point p{direction.x * middle, direction.y * middle, z};
    (trunk.cavity(p) - outward_mm < 0 ? inside : outside) = middle;
  }
  return {direction.x * inside, direction.y * inside, z};
}

std::vector<Point> rib_course(const Trunk& trunk, const Rib& rib, double side) {
  const double z = rib.head_z;
  std::vector<Point> course{{trunk.spine_x(z) + side * 20, Trunk::spine_y(z) + 16, z}};
  const int steps = static_cast<int>((rib.to_degrees - 16) / 6);
  course.reserve(static_cast<std::size_t>(steps) + 2);
  for (int i = 0; i <= steps; ++i) {
    const double angle = 16 + 6.0 * i;
    course.push_back(
        on_wall(trunk, side * angle * degree, z - 6 - rib.drop_mm * (angle - 16) / 110, 4.5));
  }
  return course;
}

}  // namespace

Point ureter(double share, bool left) {
  const std::array<Point, 6> course{
      {{30, 32, 34}, {32, 20, -5}, {34, 14, -60}, {40, 20, -118}, {52, 36, -165}, {20, -6, -200}}};
  const double at = std::clamp(share, 0.0, 1.0) * 5;
  const auto i = std::min<std::size_t>(static_cast<std::size_t>(at), 4);
  const Point p = course[i] + (course[i + 1] - course[i]) * (at - static_cast<double>(i));
  return {left ? p.x : -p.x, p.y, p.z};
}

int TrunkDetails::material(float hu, float texture_hu, TrunkPart part, std::uint8_t owner) {
  painting_.materials.push_back({hu, texture_hu, static_cast<std::uint8_t>(part), owner});
  return static_cast<int>(painting_.materials.size()) - 1;
}

void TrunkDetails::chain(const std::vector<Point>& course, double radius_mm, int material) {
  for (std::size_t i = 0; i + 1 < course.size(); ++i)
    painting_.beads.push_back(
        {trunk_.to_scanner(course[i]), trunk_.to_scanner(course[i + 1]), radius_mm, material});
}

void TrunkDetails::ball(const Point& scanner, double radius_mm, int material) {
  painting_.beads.push_back({scanner, scanner, radius_mm, material});
}

void TrunkDetails::add_ribs() {
  const auto cortex = static_cast<int>(TrunkPart::bone),
             marrow = material(200, 30, TrunkPart::trabecular, 0);
  for (const bool inner : {false, true})
    for (const Rib& rib : ribs)
      for (const double side : {-1.0, 1.0})
        chain(rib_course(trunk_, rib, side), inner ? 3.3 : 4.6, inner ? marrow : cortex);
}

void TrunkDetails::add_vessels(std::uint64_t seed, Phase phase) {
  Counter random(seed, 240);
  const std::array<float, 4> blood{40, 150, 130, 100};
  const int vessel = material(blood[static_cast<std::size_t>(phase)], 3, TrunkPart::vein, 0);
  // Branches of the mesentery fan out from its root.
  for (int i = 0; i < 46; ++i) {
    const double row = i / 46.0;
    const Point root{random.between(-10, 12), -28 + random.between(-6, 6), 36 - 60 * row};
    const Point tip{random.between(-66, 66), random.between(-62, -10), 30 - 170 * row};
    const Point middle = (root + tip) * 0.5 + Point{0, random.between(-8, 8), 10};
    const double radius = random.between(0.9, 1.9);
    if (trunk_.cavity(tip) > -8) continue;
    chain({root, middle, tip}, radius, vessel);
  }
  const int urine = material(phase == Phase::delayed ? 350.0F : 12.0F, 2, TrunkPart::urine, 0);
  for (const bool left : {false, true}) {
    std::vector<Point> course;
    course.reserve(16);
    for (int i = 0; i <= 15; ++i) course.push_back(ureter(i / 15.0, left));
    chain(course, 2.0, urine);
  }
}

void TrunkDetails::add_calcifications(std::uint64_t seed) {
  Counter random(seed, 241);
  const int calcium = material(420, 40, TrunkPart::calcification, 0);
  const int veins = static_cast<int>(random.between(0, 4));
  for (int i = 0; i < veins; ++i) {
    const double side = random.uniform() < 0.5 ? -1 : 1;
    ball(trunk_.to_scanner(
             {side * random.between(34, 54), random.between(8, 26), random.between(-218, -200)}),
         random.between(1.2, 2.3), calcium);
  }
  const int plaques = static_cast<int>(random.between(0, 9));
  for (int i = 0; i < plaques; ++i) {
    const double z = random.between(bifurcation_z + 4, 90), angle = random.between(-3.1, 3.1);
    const Station here = trunk_.aorta(z);
    ball(trunk_.to_scanner(here.at +
                           Point{here.radius_mm * sine(angle), here.radius_mm * cosine(angle), 0}),
         random.between(0.7, 1.7), calcium);
  }
}

}  // namespace tomoscribe::model::phantom

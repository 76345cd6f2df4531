// Colon and small bowel: tubes with gas over fluid or stool.
#include <algorithm>
#include <cmath>

#include "model/phantom/detail/trunk.h"

namespace tomoscribe::model::phantom {

namespace {

struct Nearest {
  double distance = far_mm, level_y = far_mm;
  double apart = far_mm;  ///< how much further away the nearest other loop is
};

/// The nearest loop, and how near another one is that does not simply continue it.
Nearest nearest(const std::vector<Loop>& loops, const Point& p) {
  Nearest found;
  std::size_t which = 0;
  double other = far_mm;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    const Loop& loop = loops[i];
    const double reach = std::max(loop.from_radius, loop.to_radius) + 6;
    if (p.z < std::min(loop.from.z, loop.to.z) - reach ||
        p.z > std::max(loop.from.z, loop.to.z) + reach ||
        p.x < std::min(loop.from.x, loop.to.x) - reach ||
        p.x > std::max(loop.from.x, loop.to.x) + reach)
      continue;
    const double d = capsule(p, loop.from, loop.to, loop.from_radius, loop.to_radius);
    const bool continues = found.distance < far_mm && i <= which + 1;
    if (d < found.distance) {
      if (!continues) other = std::min(other, found.distance);
      found.distance = d;
      found.level_y = loop.level_y;
      which = i;
    } else if (!continues) {
      other = std::min(other, d);
    }
  }
  found.apart = other - found.distance;
  return found;
}

}  // namespace

void Trunk::make_loops(std::uint64_t seed) {
  Counter random(seed, 230);
  const std::array<Station, 24> course{
      {{{-88, -22, -112}, 19}, {{-96, -10, -82}, 24}, {{-102, 2, -40}, 20}, {{-104, 4, 0}, 19},
       {{-98, -10, 26}, 19},   {{-74, -50, 22}, 18},  {{-36, -64, 2}, 17},  {{0, -66, -6}, 17},
       {{38, -64, 8}, 17},     {{74, -50, 44}, 17},   {{102, -6, 66}, 17},  {{110, 12, 40}, 14},
       {{106, 18, 0}, 13},     {{102, 16, -40}, 13},  {{92, 0, -84}, 13},   {{76, -14, -112}, 14},
       {{44, -26, -122}, 14},  {{14, -12, -118}, 15}, {{-14, 4, -130}, 14}, {{-8, 30, -142}, 14},
       {{4, 46, -160}, 15},    {{4, 52, -184}, 18},   {{0, 50, -208}, 17},  {{0, 34, -236}, 10}}};
  // Stations, displaced a little; a fill of 1 is all gas, of -1 none.
  const double spread = latent_.visceral;
  Station before = course[0];
  double fill = 0.2, wide = 1;
  for (std::size_t i = 0; i < course.size(); ++i) {
    Station here = course[i];
    here.at = {here.at.x * spread + random.between(-5, 5), here.at.y + random.between(-4, 4),
               here.at.z + random.between(-5, 5)};
    if (i % 3 == 0) {
      wide = random.between(0.8, 1.15);
      fill = random.between(-1.2, 0.9);
      if (i >= 6 && i <= 9) fill += 0.5;  // the transverse colon lies in front
    }
    here.radius_mm *= wide;
    if (i > 0)
      colon_.push_back({before.at, here.at, before.radius_mm, here.radius_mm,
                        (before.at.y + here.at.y) / 2 + fill * here.radius_mm});
    before = here;
  }
  // Small bowel: loops that run to and fro below the stomach and within the colon's frame.
  small_bowel_.reserve(84);
  Point at{30, -18, 40};
  double radius = 11;
  for (int i = 0; i < 84; ++i) {
    Point next;
    const double row = i / 84.0;
    const double reach = 72 - 30 * row;
    const double phase = i * 1.15 + random.between(-0.3, 0.3);
    next.x = reach * sine(phase - 6.28318530718 * static_cast<int>(phase / 6.28318530718)) +
             random.between(-12, 12);
    next.y = random.between(-66, -8) + 6 * row;
    next.z = 34 - 186 * row + random.between(-9, 9);
    const double wider = random.between(9.5, 13.5);
    const double gas = random.uniform() < 0.16 ? random.between(-0.4, 0.8) : -1.5;
    small_bowel_.push_back({at, next, radius, wider, (at.y + next.y) / 2 + gas * wider});
    at = next;
    radius = wider;
  }
}

void Trunk::bowel(const Point& p, float* out) const {
  const auto set = [out](TrunkChannel channel, double value) {
    out[static_cast<int>(channel)] = static_cast<float>(value);
  };
  const double inner = cavity(p) + 1.5;
  if (p.z > 95) return;
  const Nearest colon = nearest(colon_, p);
  // Haustra: the tube narrows again and again.
  const double large = std::max(colon.distance + 1.8 + 2.2 * wander(p * 2.4), inner);
  set(TrunkChannel::colon, large);
  set(TrunkChannel::colon_gas, std::max(large + 2.2, p.y - colon.level_y));
  if (p.z < 70) {
    const Nearest small = nearest(small_bowel_, p);
    const double tube = std::max({small.distance + 1.2 * wander(p * 2.0), inner, p.y - 24,
                                  2.5 - large, 0.9 - small.apart / 2});
    set(TrunkChannel::small_bowel, tube);
    set(TrunkChannel::small_bowel_gas, std::max(tube + 2.4, p.y - small.level_y));
  }
  if (large < 4) set(TrunkChannel::bubbles, 2.6 * (cells_.at(p).value + 0.55));
}

}  // namespace tomoscribe::model::phantom

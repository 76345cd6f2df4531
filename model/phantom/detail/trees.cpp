#include <algorithm>
#include <cmath>

#include "model/phantom/detail/anatomy.h"

namespace tomoscribe::model::phantom {

namespace {

struct Branch {
  Point from, to;
  int leaves;  ///< served: radius by Murray, r^3 proportional to it
};

std::vector<Point> scattered(const Body& body, Counter& random, bool left, int count,
                             double margin_mm) {
  std::vector<Point> points;
  for (int tries = 0; static_cast<int>(points.size()) < count && tries < count * 60; ++tries) {
    const Point p{random.between(2, 134) * (left ? 1 : -1), random.between(-90, 90),
                  random.between(-175, 92)};
    if (body.in_lung(left, p, margin_mm)) points.push_back(p);
  }
  return points;
}

/// Splits the points that a branch serves at their middle along the longest side, again and again,
/// and walks a part of the way to each half's centre: space-filling growth without crossing.
void grow(std::vector<Branch>& tree, Counter& random, const Point& from,
          std::vector<Point>::iterator begin, std::vector<Point>::iterator end) {
  const auto count = static_cast<int>(end - begin);
  if (count == 0) return;
  Point centre, low{1e9, 1e9, 1e9}, high{-1e9, -1e9, -1e9};
  for (auto p = begin; p != end; ++p) {
    centre = centre + *p * (1.0 / count);
    low = {std::min(low.x, p->x), std::min(low.y, p->y), std::min(low.z, p->z)};
    high = {std::max(high.x, p->x), std::max(high.y, p->y), std::max(high.z, p->z)};
  }
  const Point way = centre - from;
  const double length = std::sqrt(dot(way, way)),
               share = count == 1 ? 1.0 : random.between(0.36, 0.54);
  const Point to = from + way * share;
  const double sway = 0.09 * length * share;
  const Point middle = (from + to) * 0.5 + Point{sway * random.normal(), sway * random.normal(),
                                                 sway * random.normal()};
  tree.push_back({from, middle, count});
  tree.push_back({middle, to, count});
  if (count == 1) return;
  const Point extent = high - low;
  const int axis =
      extent.x >= extent.y && extent.x >= extent.z ? 0 : (extent.y >= extent.z ? 1 : 2);
  const double tilt_a = random.between(-0.35, 0.35), tilt_b = random.between(-0.35, 0.35);
  const auto along = [&](const Point& p) {
    if (axis == 0) return p.x + tilt_a * p.y + tilt_b * p.z;
    if (axis == 1) return p.y + tilt_a * p.x + tilt_b * p.z;
    return p.z + tilt_a * p.x + tilt_b * p.y;
  };
  std::sort(begin, end, [&](const Point& a, const Point& b) { return along(a) < along(b); });
  const auto cut = std::max(1, static_cast<int>(count * random.between(0.34, 0.66)));
  grow(tree, random, to, begin, begin + cut);
  grow(tree, random, to, begin + cut, end);
}

std::vector<Branch> tree(const Body& body, std::uint64_t seed, std::uint64_t stream, bool left,
                         const Point& root, int leaves, double margin_mm) {
  Counter random(seed, stream + (left ? 1 : 0));
  std::vector<Point> points = scattered(body, random, left, leaves, margin_mm);
  std::vector<Branch> branches;
  grow(branches, random, root, points.begin(), points.end());
  return branches;
}

void add_vessels(std::vector<Tube>& tubes, const Body& body, const std::vector<Branch>& branches,
                 bool left, double leaf_mm) {
  for (const Branch& branch : branches) {
    Tube tube;
    tube.from = body.to_scanner(branch.from);
    tube.to = body.to_scanner(branch.to);
    tube.radius_mm = std::min(6.5, leaf_mm * cube_root(branch.leaves));
    tube.hu = 40;
    tube.label = left ? Label::vessel_left : Label::vessel_right;
    tube.over = left ? set_of(Label::lung_left, Label::vessel_left)
                     : set_of(Label::lung_right, Label::vessel_right);
    tubes.push_back(tube);
  }
}

struct Airway {
  Point from, to;
  double radius_mm, wall_mm;
  Label label;
};

std::vector<Airway> central_airways() {
  const Point carina{0, 14, 0};
  std::vector<Airway> ways{{{0, -14, 230}, {0, -6, 130}, 8.6, 1.6, Label::trachea},
                           {{0, -6, 130}, {0, 6, 60}, 8.6, 1.6, Label::trachea},
                           {{0, 6, 60}, carina, 8.6, 1.5, Label::trachea},
                           {carina, {-22, 15, -19}, 6.8, 1.4, Label::bronchus},
                           {{-22, 15, -19}, {-38, 14, -34}, 5.6, 1.3, Label::bronchus},
                           {{-22, 15, -19}, {-46, 14, -12}, 4.6, 1.2, Label::bronchus},
                           {carina, {24, 19, -22}, 6.0, 1.4, Label::bronchus},
                           {{24, 19, -22}, {42, 20, -36}, 5.2, 1.3, Label::bronchus},
                           {{42, 20, -36}, {54, 10, -28}, 4.2, 1.2, Label::bronchus}};
  return ways;
}

/// The wall of an airway, or its lumen; a narrow one makes no hole in a great vessel.
Tube airway_tube(const Body& body, const Airway& way, bool wall) {
  Tube tube;
  tube.from = body.to_scanner(way.from);
  tube.to = body.to_scanner(way.to);
  tube.radius_mm = way.radius_mm * body.latent().scale_x + (wall ? way.wall_mm : 0);
  tube.hu = wall ? 25.0F : -1000.0F;
  tube.label = wall ? Label::airway_wall : way.label;
  const LabelSet kept =
      set_of(Label::air, Label::table, Label::heart, Label::trachea) |
      set_of(Label::pleural_fluid, Label::pleural_gas) |
      (way.radius_mm < 4 ? set_of(Label::great_vessel, Label::descending_aorta) : 0);
  tube.over = ~kept;
  return tube;
}

}  // namespace

std::vector<Tube> pulmonary_vessels(const Body& body, std::uint64_t seed) {
  std::vector<Tube> tubes;
  add_vessels(tubes, body, tree(body, seed, 20, false, {-42, 6, -24}, 1500, 4), false, 0.6);
  add_vessels(tubes, body, tree(body, seed, 20, true, {46, 14, -10}, 1350, 4), true, 0.6);
  add_vessels(tubes, body, tree(body, seed, 22, false, {-44, 10, -46}, 950, 4), false, 0.6);
  add_vessels(tubes, body, tree(body, seed, 22, true, {46, 14, -44}, 850, 4), true, 0.6);
  return tubes;
}

std::vector<Tube> airways(const Body& body, std::uint64_t seed) {
  std::vector<Airway> ways = central_airways();
  for (const bool left : {false, true}) {
    const Point root = left ? Point{42, 20, -36} : Point{-38, 14, -34};
    for (const Branch& branch : tree(body, seed, 24, left, root, 70, 14)) {
      const double radius = std::min(4.2, 0.85 * cube_root(branch.leaves));
      if (branch.leaves > 1)
        ways.push_back({branch.from, branch.to, radius, 0.5 + 0.15 * radius, Label::bronchus});
    }
  }
  std::vector<Tube> tubes;
  for (const bool wall : {true, false})
    for (const Airway& way : ways) tubes.push_back(airway_tube(body, way, wall));
  return tubes;
}

std::vector<Bulla> bullae(const Body& body, std::uint64_t seed) {
  Counter random(seed, 30);
  std::vector<Bulla> found;
  // About 5 l of lung; a mean bulla of 3.2 mm radius holds 0.16 ml.
  const auto wanted = static_cast<int>(body.latent().emphysema * 5000 / 0.16);
  for (int tries = 0; static_cast<int>(found.size()) < wanted && tries < wanted * 40; ++tries) {
    const bool left = random.uniform() < 0.5;
    const double high = random.uniform();
    const Point p{random.between(5, 132) * (left ? 1 : -1), random.between(-88, 88),
                  -150 + 236 * (1 - high * high)};
    const double radius = random.between(2.0, 4.2);
    if (body.in_lung(left, p, radius + 1)) found.push_back({body.to_scanner(p), radius});
  }
  return found;
}

Anatomy anatomy(const Body& body, std::uint64_t seed, const Aneurysm& aneurysm) {
  Anatomy result;
  result.organs = organs(body);
  result.vessels = pulmonary_vessels(body, seed);
  const std::vector<Tube> great = great_vessels(body, aneurysm);
  result.vessels.insert(result.vessels.end(), great.begin(), great.end());
  result.airways = airways(body, seed);
  result.spine.levels = vertebral_levels();
  result.bones = skeleton(body, result.spine.levels);
  result.bullae = bullae(body, seed);
  return result;
}

}  // namespace tomoscribe::model::phantom

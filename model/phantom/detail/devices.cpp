#include "model/phantom/detail/thorax_findings.h"

namespace tomoscribe::model::phantom {

namespace {

/// A tube of a foreign body through canonical points.
void add_way(std::vector<Tube>& tubes, const Body& body, const std::vector<Point>& through,
             double radius_mm, float hu) {
  for (std::size_t i = 0; i + 1 < through.size(); ++i) {
    Tube tube;
    tube.from = body.to_scanner(through[i]);
    tube.to = body.to_scanner(through[i + 1]);
    tube.radius_mm = radius_mm;
    tube.hu = hu;
    tube.label = Label::calcium;
    tube.over = ~set_of(Label::air, Label::table);
    tubes.push_back(tube);
  }
}

/// Canonical point below the skin of the chest's front.
Point under_skin(const Body& body, double x, double z, double depth_mm) {
  const Section section = body.section(z);
  double y = -170;
  while (y < 0 && Body::outside_skin(section, x, y) > 0) y += 0.5;
  return {x, y + depth_mm, z};
}

}  // namespace

std::vector<Tube> pacemaker(const Body& body, bool left) {
  constexpr double depth_mm = 11;
  const double side = left ? 1 : -1;
  std::vector<Tube> tubes;
  // The can: upright rods side by side, 8 mm thick.
  for (int rod = 0; rod < 8; ++rod) {
    const double x = side * (54 + 5 * rod), low = rod == 0 || rod == 7 ? 36 : 28;
    add_way(tubes, body, {under_skin(body, x, low, depth_mm), under_skin(body, x, 66, depth_mm)}, 4,
            3000);
  }
  const std::vector<Point> to_cava =
      left ? std::vector<Point>{{62, -30, 86}, {36, -28, 84}, {28, -34, 72}, {0, -42, 54}}
           : std::vector<Point>{{-62, -30, 86}, {-40, -26, 84}, {-34, -30, 70}};
  std::vector<Point> lead{under_skin(body, side * 62, 66, depth_mm)};
  lead.insert(lead.end(), to_cava.begin(), to_cava.end());
  for (const Point& p : {Point{-26, -30, 44}, Point{-30, -22, 20}, Point{-30, -16, -36},
                         Point{-20, -26, -66}, Point{6, -46, -80}, Point{30, -58, -84}})
    lead.push_back(p);
  add_way(tubes, body, lead, 1.1, 2600);
  return tubes;
}

std::vector<Tube> central_line(const Body& body) {
  std::vector<Tube> tubes;
  add_way(tubes, body,
          {{-34, -4, 150},
           {-40, -22, 100},
           {-34, -30, 70},
           {-26, -30, 44},
           {-30, -22, 20},
           {-30, -18, -14}},
          1.2, 900);
  return tubes;
}

Ball calcified_node(const Body& body, std::uint64_t seed, std::uint64_t stream, double size_mm) {
  // Below the carina, beside the trachea, both hila, below the arch.
  constexpr std::array<Point, 5> seats{Point{4, 8, -24}, Point{-17, -2, 24}, Point{-46, 2, -30},
                                       Point{51, 8, -24}, Point{20, 2, 8}};
  Counter random(seed, stream);
  const Point& seat = seats.at(static_cast<std::size_t>(random.uniform() * seats.size()));
  const Point moved{random.between(-2, 2), random.between(-2, 2), random.between(-3, 3)};
  Ball node;
  node.centre = body.to_scanner(seat + moved);
  node.radius_mm = size_mm / 2;
  node.hu = static_cast<float>(random.between(450, 900));
  node.texture_hu = 60;
  node.label = Label::calcium;
  node.over = ~set_of(Label::air, Label::bone);
  return node;
}

}  // namespace tomoscribe::model::phantom

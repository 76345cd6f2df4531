#include "model/phantom/detail/thorax_findings.h"

namespace tomoscribe::model::phantom {

namespace {

/// A point on the skin of the chest's front, lifted from it; scanner frame.
Point on_skin(const Body& body, double x, double z, double lifted_mm) {
  const Section section = body.section(z);
  double y = -170;
  while (y < 0 && Body::outside_skin(section, x, y) > 0) y += 0.5;
  return body.to_scanner({x, y, z}) - Point{0, lifted_mm, 0};
}

}  // namespace

Leads leads(const Body& body) {
  Leads result;
  const std::array<Point, 3> seats{Point{-72, 0, 55}, Point{74, 0, 48}, Point{66, 0, -95}};
  const Point gathered{-20, 0, 95};  // where the wires leave the chest
  for (const Point& seat : seats) {
    Ball electrode;
    electrode.centre = on_skin(body, seat.x, seat.z, 1.5);
    electrode.radius_mm = 3;
    electrode.hu = 1400;
    electrode.label = Label::table;
    electrode.over = set_of(Label::air, Label::skin, Label::table);
    result.electrodes.push_back(electrode);
    constexpr int pieces = 14;
    for (int k = 0; k < pieces; ++k) {
      const auto at = [&](int step) {
        const Point p = seat + (gathered - seat) * (static_cast<double>(step) / pieces);
        return on_skin(body, p.x, p.z, 2.5);
      };
      Tube wire;
      wire.from = at(k);
      wire.to = at(k + 1);
      wire.radius_mm = 0.8;
      wire.hu = 1600;
      wire.label = Label::table;
      wire.over = set_of(Label::air, Label::table);
      result.wires.push_back(wire);
    }
  }
  return result;
}

}  // namespace tomoscribe::model::phantom

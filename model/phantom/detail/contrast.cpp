#include <array>

#include "model/phantom/detail/anatomy.h"

namespace tomoscribe::model::phantom {

namespace {

/// HU by phase at 120 kV: usual values of a chest CT with a full dose.
struct Enhanced {
  float aorta, muscle, chambers, lung_vessels, great_vessels, liver, liver_vessels, spleen, kidney;
};
constexpr std::array<Enhanced, 3> phases{{{330, 95, 300, 250, 300, 68, 60, 125, 150},
                                          {165, 105, 160, 155, 160, 112, 170, 122, 190},
                                          {105, 88, 104, 100, 104, 92, 105, 98, 160}}};

float blood(const Enhanced& e, const Tube& tube) {
  switch (tube.label) {
    case Label::descending_aorta: return e.aorta;
    case Label::great_vessel: return e.great_vessels;
    case Label::vessel_left:
    case Label::vessel_right: return e.lung_vessels;
    case Label::liver: return e.liver_vessels;
    default: return tube.hu;
  }
}

float tissue(const Enhanced& e, const Ellipsoid& shape) {
  switch (shape.label) {
    case Label::heart: return e.muscle;
    case Label::liver: return e.liver;
    case Label::spleen: return e.spleen;
    case Label::kidney: return e.kidney;
    default: return shape.hu;
  }
}

}  // namespace

void enhance(Anatomy& anatomy, Phase phase) {
  if (phase == Phase::none) return;
  const Enhanced& e = phases[static_cast<std::size_t>(phase) - 1];
  for (Tube& tube : anatomy.vessels) tube.hu = blood(e, tube);
  std::vector<Ellipsoid> chambers;
  for (Ellipsoid& shape : anatomy.organs) {
    shape.hu = tissue(e, shape);
    if (shape.label != Label::heart) continue;
    // The first is the left ventricle's, whose wall is thick.
    Ellipsoid chamber = shape;
    chamber.grow_mm = chambers.empty() ? -10 : -3;
    chamber.hu = e.chambers;
    chamber.over = set_of(Label::heart);
    chambers.push_back(chamber);
  }
  anatomy.organs.insert(anatomy.organs.end(), chambers.begin(), chambers.end());
}

}  // namespace tomoscribe::model::phantom

#include "model/phantom/detail/nodule_shapes.h"

#include <cmath>

namespace tomoscribe::model::phantom {

namespace {

constexpr double pi = 3.14159265358979323846;

Point direction(Counter& random) {
  const double z = random.between(-1, 1), angle = random.between(0, 2 * pi),
               flat = std::sqrt(1 - z * z);
  return {flat * cosine(angle), flat * sine(angle), z};
}

constexpr LabelSet in_lung = lungs | set_of(Label::vessel_left, Label::vessel_right,
                                            Label::bronchus, Label::airway_wall, Label::nodule);

Ball ball(const Point& centre, double radius, float hu, std::uint8_t owner) {
  Ball result;
  result.centre = centre;
  result.radius_mm = radius;
  result.hu = hu;
  result.owner = owner;
  return result;
}

}  // namespace

std::string side_word(bool left) {
  return left ? "left" : "right";
}

std::string density_word(Density density) {
  switch (density) {
    case Density::usual: return "solid";
    case Density::part_solid: return "part-solid";
    case Density::ground_glass: return "ground-glass";
    case Density::spiculated: return "spiculated";
    case Density::calcified: return "calcified";
    case Density::juxtapleural: return "juxtapleural";
  }
  return "";
}

std::vector<Ball> nodule_balls(const Point& centre, double radius, Density density,
                               std::uint8_t owner) {
  Ball whole = ball(centre, radius, 38, owner);
  switch (density) {
    case Density::calcified: whole.hu = 700; break;
    case Density::juxtapleural: whole.over = in_lung; break;
    case Density::ground_glass:
    case Density::part_solid:
      whole.hu = 290;
      whole.texture_hu = 25;
      whole.adds = true;
      break;
    default: break;
  }
  if (density != Density::part_solid) return {whole};
  return {whole, ball(centre + Point{0.15 * radius, -0.1 * radius, 0.1 * radius}, 0.5 * radius, 30,
                      owner)};
}

std::vector<Tube> spicules_of(const Point& centre, double radius, std::uint64_t seed,
                              std::uint64_t stream, std::uint8_t owner) {
  Counter random(seed, stream + 1);
  std::vector<Tube> tubes;
  constexpr int count = 14;
  tubes.reserve(count);
  for (int k = 0; k < count; ++k) {
    Tube tube;
    tube.from = centre;
    tube.to = centre + direction(random) * (radius * random.between(1.25, 1.8));
    tube.radius_mm = random.between(0.5, 0.9);
    tube.hu = 10;
    tube.label = Label::nodule;
    tube.over = lungs;
    tube.owner = owner;
    tubes.push_back(tube);
  }
  return tubes;
}

std::vector<Ball> mass_balls(const Point& centre, double radius, std::uint64_t seed,
                             std::uint64_t stream, std::uint8_t owner) {
  Counter random(seed, stream + 1);
  constexpr int lobes = 9;
  std::vector<Ball> balls;
  balls.reserve(lobes + 1);
  for (int k = 0; k <= lobes; ++k) {
    const double out = k == 0 ? 0 : random.between(0.56, 0.62);
    Ball lobe = ball(centre + direction(random) * (out * radius),
                     k == 0 ? 0.93 * radius : random.between(0.38, 0.46) * radius, 36, owner);
    lobe.texture_hu = 8;
    lobe.over = in_lung;
    balls.push_back(lobe);
  }
  return balls;
}

}  // namespace tomoscribe::model::phantom

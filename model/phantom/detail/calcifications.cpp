#include <algorithm>
#include <cmath>

#include "model/phantom/detail/thorax_findings.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr double pi = 3.14159265358979323846;

double ball_mm3(double radius) {
  return 4.0 / 3 * pi * radius * radius * radius;
}

bool in_heart(const Anatomy& anatomy, const Point& p) {
  return std::ranges::any_of(anatomy.organs, [&](const Ellipsoid& shape) {
    if (shape.label != Label::heart) return false;
    const Point d = p - shape.centre;
    const double u = dot(d, shape.axes[0]) / shape.half_axes.x,
                 v = dot(d, shape.axes[1]) / shape.half_axes.y,
                 w = dot(d, shape.axes[2]) / shape.half_axes.z;
    return u * u + v * v + w * w < 1;
  });
}

/// The last point of the heart seen from its middle, and a little beyond; canonical.
Point on_surface(const Anatomy& anatomy, Point direction) {
  constexpr double beyond_mm = 2.2, farthest_mm = 100, step_mm = 1;
  const Point middle{10, -26, -58};
  direction = direction * (1 / std::sqrt(dot(direction, direction)));
  double last = 0;
  for (int k = 0; k * step_mm < farthest_mm; ++k)
    if (in_heart(anatomy, middle + direction * (k * step_mm))) last = k * step_mm;
  return middle + direction * (last + beyond_mm);
}

/// Adds one plaque: balls along a way that starts somewhere on the path. Returns its volume.
double add_plaque(std::vector<Ball>& plaques, const std::vector<Point>& path, Counter& random,
                  double most_mm3) {
  const double radius =
      std::min(random.between(0.8, 1.7), cube_root(std::max(most_mm3, 0.5) * 3 / (4 * pi)));
  const auto start =
      static_cast<std::size_t>(random.uniform() * static_cast<double>(path.size() - 1));
  const auto hu = static_cast<float>(random.between(350, 950));
  const double wanted = std::min(most_mm3, random.between(6, 45));
  double volume = 0;
  Point at = path[start];
  for (std::size_t i = start; i + 1 < path.size() && volume < wanted; ++i) {
    const Point way = path[i + 1] - at;
    const double length = std::sqrt(dot(way, way));
    const int balls = static_cast<int>(length / (2 * radius)) + 1;
    for (int k = 0; k < balls && volume < wanted; ++k) {
      Ball ball;
      ball.centre = at + way * (2 * radius * k / length);
      ball.radius_mm = radius;
      ball.hu = hu;
      ball.label = Label::calcium;
      ball.over = ~set_of(Label::air, Label::bone);
      plaques.push_back(ball);
      volume += ball_mm3(radius);
    }
    at = path[i + 1];
  }
  return volume;
}

}  // namespace

std::vector<std::vector<Point>> coronary_arteries(const Body& body, const Anatomy& anatomy) {
  const std::vector<std::vector<Point>> directions{
      {{0.05, -0.4, 0.7},
       {0.3, -0.8, 0.45},
       {0.55, -0.8, 0.05},
       {0.75, -0.65, -0.35},
       {0.8, -0.5, -0.6}},  // anterior descending
      {{0.15, -0.3, 0.7}, {0.7, 0.0, 0.5}, {0.85, 0.45, 0.2}, {0.6, 0.75, -0.15}},  // circumflex
      {{-0.15, -0.5, 0.6}, {-0.6, -0.6, 0.3}, {-0.75, -0.35, -0.15}, {-0.5, 0.1, -0.6}}};  // right
  std::vector<std::vector<Point>> paths;
  paths.reserve(directions.size());
  for (const auto& way : directions) {
    std::vector<Point> path;
    constexpr int pieces = 8;
    for (std::size_t i = 0; i + 1 < way.size(); ++i)
      for (int k = 0; k < pieces; ++k)
        path.push_back(body.to_scanner(on_surface(
            anatomy, way[i] + (way[i + 1] - way[i]) * (static_cast<double>(k) / pieces))));
    paths.push_back(std::move(path));
  }
  return paths;
}

std::vector<Ball> coronary_calcium(const Body& body, const Anatomy& anatomy, std::uint64_t seed,
                                   std::uint64_t stream, double volume_mm3) {
  Counter random(seed, stream);
  std::vector<Ball> plaques;
  const auto paths = coronary_arteries(body, anatomy);
  double left = volume_mm3;
  while (left > 0.5) {
    const double which = random.uniform();  // most plaques lie in the anterior descending artery
    const auto& path = paths[which < 0.5 ? 0 : (which < 0.72 ? 1 : 2)];
    left -= add_plaque(plaques, path, random, left);
  }
  return plaques;
}

std::vector<Ball> aortic_calcium(const Anatomy& anatomy, std::uint64_t seed, std::uint64_t stream,
                                 double volume_mm3) {
  Counter random(seed, stream);
  std::vector<Tube> aorta;
  for (const Tube& tube : anatomy.vessels)
    if (tube.label == Label::descending_aorta) aorta.push_back(tube);
  std::vector<Ball> plaques;
  double left = volume_mm3;
  while (left > 0.5 && !aorta.empty()) {
    const auto which =
        static_cast<std::size_t>(random.uniform() * static_cast<double>(aorta.size()));
    const Tube& tube = aorta[which];
    const Point axis = tube.from + (tube.to - tube.from) * random.uniform();
    const double start = random.between(0, 2 * pi), out = tube.radius_mm - 0.6;
    constexpr int points = 10;
    std::vector<Point> arc;  // along the wall
    arc.reserve(points);
    for (int k = 0; k < points; ++k)
      arc.push_back(axis + Point{out * cosine(start + k * 0.12), out * sine(start + k * 0.12), 0});
    left -= add_plaque(plaques, arc, random, left);
  }
  return plaques;
}

}  // namespace tomoscribe::model::phantom

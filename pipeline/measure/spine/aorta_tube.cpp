#include "pipeline/measure/spine/aorta_tube.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "pipeline/measure/scaffold/curve.h"

namespace tomoscribe::pipeline::measure {
namespace {

// Of the longest diameter on 13 phantoms with aneurysms of 30 to 70 mm (docs/measurements.md):
// twice the standard deviation of what the eighths do not tell.
constexpr double method_mm = 2.5;
constexpr int directions = 40, sectors = 8;
constexpr int half_side = 64;  // of a section's picture, steps of 1 mm
constexpr double slab_mm = 3;  // planes averaged on either side
constexpr double full_contrast_hu = 80, fat_contrast_hu = 45, least_outside_hu = -100;
constexpr double least_inside_hu = 0, most_wall_hu = 60, above_blood_hu = 60;
constexpr double near_mm = 1.5, far_mm = 3;  // from the border, inwards and outwards
constexpr double least_radius_mm = 6, most_radius_mm = 45;
constexpr double most_oval_share = 0.15, oval_cost = 0.012;
constexpr int stride = 2;                                 // working slices, 3 mm
constexpr double move_cost = 0.012, growth_cost = 0.012;  // for each millimetre
constexpr double usual_left_mm = 8;
constexpr double picture_left_mm = 10, picture_front_mm = 36;  // of the vertebra's middle
constexpr double least_score = 0.28, least_seen = 0.3;
constexpr double chain_hold = 0.5;  // how much of that holds once the chain is known
constexpr double smoothing_mm = 12;
constexpr double blocked = 1e4, bone_hu = 2000;  // HU in the picture where a vertebra lies

/// A plane through the vessel; directions are unit vectors in working indices.
struct Plane {
  Vec3 middle{}, across{1, 0, 0}, forward{0, 1, 0}, up{0, 0, 1};
  Vec3 at(double across_mm, double forward_mm, double up_mm = 0) const {
    Vec3 point = middle;
    for (std::size_t i = 0; i < 3; ++i)
      point[i] += (across_mm * across[i] + forward_mm * forward[i] + up_mm * up[i]) / working_mm;
    return point;
  }
};

bool in_vertebra(const Scene& scene, const Vec3& point) {
  const int slice = static_cast<int>(std::lround(point[2]));
  if (!scene.spine.covers(slice)) return false;
  const SpineSlice& spine = scene.spine.at[index_of(slice)];
  return std::hypot((point[0] - spine.body_column) * working_mm / spine.half_width_mm,
                    (point[1] - spine.body_row) * working_mm / spine.half_depth_mm) < 1;
}

/// One section as a picture, the mean of a slab. Millimetres from the plane's middle.
class Picture {
 public:
  Picture(const Scene& scene, const Plane& plane) : hu_(index_of(side * side)) {
    for (int row = 0; row < side; ++row)
      for (int column = 0; column < side; ++column)
        hu_[index_of(row * side + column)] =
            mean_at(scene, plane, column - half_side, row - half_side);
  }
  double operator()(double across_mm, double forward_mm) const {
    const double x = std::clamp(across_mm + half_side, 0.0, side - 1.001);
    const double y = std::clamp(forward_mm + half_side, 0.0, side - 1.001);
    const int column = static_cast<int>(x), row = static_cast<int>(y);
    const double u = x - column, v = y - row;
    const float* at = &hu_[index_of(row * side + column)];
    return (1 - v) * ((1 - u) * at[0] + u * at[1]) + v * ((1 - u) * at[side] + u * at[side + 1]);
  }

 private:
  static constexpr int side = 2 * half_side + 1;
  static float mean_at(const Scene& scene, const Plane& plane, double across, double forward) {
    if (in_vertebra(scene, plane.at(across, forward))) return static_cast<float>(blocked);
    double sum = 0;
    for (const double up : {-slab_mm, 0.0, slab_mm})
      sum += hu_between(scene.work, plane.at(across, forward, up));
    return static_cast<float>(sum / 3);
  }
  std::vector<float> hu_;
};

/// Middle in millimetres from the plane's.
struct Shape {
  double across = 0, forward = 0, radius = 0, oval_cos = 0, oval_sin = 0;
  double at(double angle) const {
    return radius + oval_cos * std::cos(2 * angle) + oval_sin * std::sin(2 * angle);
  }
  double oval() const { return std::hypot(oval_cos, oval_sin); }
};

struct Seen {
  double score = 0, share = 0;
};

/// What one direction says of a border there: 1 where fat lies outside, 0 where the same density
/// lies on both sides, -1 where the inside can be no vessel (fat, gas, a vertebra).
double contrast_at(const Picture& hu, const Shape& shape, double angle, double most_inside_hu) {
  const double x = std::cos(angle), y = std::sin(angle), mm = shape.at(angle);
  const auto at = [&](double r) { return hu(shape.across + r * x, shape.forward + r * y); };
  const double middle = at(mm / 2), near = at(mm - near_mm), far = at(mm - far_mm);
  const double inside = (near + far) / 2;  // calcium of the wall may lie there
  if (middle > most_inside_hu || std::max(near, far) > bone_hu ||
      std::min(middle, inside) < least_inside_hu)
    return -1;
  const double outside = (at(mm + near_mm) + at(mm + far_mm)) / 2;
  if (outside > most_inside_hu) return 0;
  return std::clamp(
      (std::min(inside, most_wall_hu) - std::max(outside, least_outside_hu)) / full_contrast_hu,
      -0.3, 1.0);
}

/// \param left_out  an eighth that does not count; -1: all count.
Seen seen(const Picture& hu, const Shape& shape, double most_inside_hu, int left_out = -1) {
  Seen all;
  int count = 0;
  for (int i = 0; i < directions; ++i) {
    if (i * sectors / directions == left_out) continue;
    const double contrast =
        contrast_at(hu, shape, 2 * std::numbers::pi * i / directions, most_inside_hu);
    all.score += contrast;
    if (contrast * full_contrast_hu >= fat_contrast_hu) all.share += 1;
    ++count;
  }
  all.score /= count, all.share /= count;
  return all;
}

/// Searches around a shape, ever finer.
class Search {
 public:
  Search(const Picture& hu, double most_inside_hu, const Shape& expected, double hold,
         int left_out = -1)
      : hu_(hu), inside_(most_inside_hu), expected_(expected), held_(hold), left_out_(left_out) {}

  /// Value of a shape: contrast, less what it differs from what is expected.
  double value(const Shape& shape) const {
    if (shape.radius < least_radius_mm || shape.radius > most_radius_mm ||
        shape.oval() > most_oval_share * shape.radius)
      return -9;
    return seen(hu_, shape, inside_, left_out_).score - oval_cost * shape.oval() -
           held_ * (move_cost * std::hypot(shape.across - expected_.across,
                                           shape.forward - expected_.forward) +
                    growth_cost * std::abs(shape.radius - expected_.radius));
  }
  /// Each of the five numbers in turn.
  Shape fine(Shape best) const {
    static constexpr std::array parts{&Shape::across, &Shape::forward, &Shape::radius,
                                      &Shape::oval_cos, &Shape::oval_sin};
    double most = value(best), step = 1;
    for (int round = 0; round < 24 && step > 0.1; ++round) {
      bool better = false;
      for (const auto part : parts)
        for (const double sign : {-1.0, 1.0}) {
          Shape shape = best;
          shape.*part += sign * step;
          if (const double now = value(shape); now > most) most = now, best = shape, better = true;
        }
      better = paired(best, most, step) || better;
      if (!better) step /= 2;
    }
    return best;
  }

 private:
  /// Radius and middle together: one side stays where it is.
  bool paired(Shape& best, double& most, double step) const {
    bool better = false;
    for (int i = 0; i < sectors; ++i)
      for (const double sign : {-1.0, 1.0}) {
        const double angle = 2 * std::numbers::pi * i / sectors;
        Shape shape = best;
        shape.radius += sign * step / 2;
        shape.across += sign * step / 2 * std::cos(angle);
        shape.forward += sign * step / 2 * std::sin(angle);
        if (const double now = value(shape); now > most) most = now, best = shape, better = true;
      }
    return better;
  }

  const Picture& hu_;
  double inside_;
  Shape expected_;
  double held_;
  int left_out_;
};

/// Denser than that is no blood.
double most_inside(const Scene& scene) {
  return scene.contrast.blood_hu.value_or(50) + above_blood_hu;
}

Plane axial(double column, double row, int slice) {
  return {.middle = {column, row, static_cast<double>(slice)}};
}

TubeSection section_of(const Plane& plane, const Shape& shape, const Seen& what) {
  const Vec3 middle = plane.at(shape.across, shape.forward);
  TubeSection section{.slice = static_cast<int>(std::lround(plane.middle[2])),
                      .wall = {.column = middle[0],
                               .row = middle[1],
                               .radius_mm = shape.radius,
                               .oval_cos_mm = shape.oval_cos,
                               .oval_sin_mm = shape.oval_sin},
                      .score = what.score,
                      .seen = what.share};
  const double angle = std::atan2(shape.oval_sin, shape.oval_cos) / 2;
  const auto end = [&](double way) {
    const double mm = shape.at(way);
    return plane.at(shape.across + mm * std::cos(way), shape.forward + mm * std::sin(way));
  };
  section.longest_from = end(angle);
  section.longest_to = end(angle + std::numbers::pi);
  return section;
}

/// Middle and radius in steps of 3 mm, beside and in front of the vertebral body.
constexpr int lefts = 18, fronts = 21, radii = 13, states = lefts * fronts * radii;
constexpr double grid_mm = 3, rightmost_mm = -15, rearmost_mm = 6, smallest_mm = 6;

struct Place {
  double left = 0, front = 0, radius = 0;  ///< mm from the middle of the vertebral body
};
Place place_of(int state) {
  const int left = state % lefts, front = state / lefts % fronts, radius = state / lefts / fronts;
  return {.left = rightmost_mm + grid_mm * left,
          .front = rearmost_mm + grid_mm * front,
          .radius = smallest_mm + grid_mm * radius};
}

/// How unusual an aorta is there: far to the side, far from the vertebra.
double place_cost(const Place& place, const SpineSlice& spine) {
  const double gap = std::hypot(place.left, place.front) - place.radius - spine.half_depth_mm;
  return 0.15 * std::pow((place.left - usual_left_mm) / 20, 2) +
         0.01 * std::max(0.0, std::abs(gap) - 4);
}

/// Contrast of every circle on one slice; lower where none can lie.
std::vector<float> circles(const Scene& scene, int slice) {
  const SpineSlice& spine = scene.spine.at[index_of(slice)];
  const Plane plane = axial(spine.body_column + picture_left_mm / working_mm,
                            spine.body_row - picture_front_mm / working_mm, slice);
  const Picture picture(scene, plane);
  std::vector<float> values(states, -2);
  for (int state = 0; state < states; ++state) {
    const Place place = place_of(state);
    if (std::hypot(place.left / spine.half_width_mm, place.front / spine.half_depth_mm) < 1)
      continue;
    const Shape shape{.across = place.left - picture_left_mm,
                      .forward = picture_front_mm - place.front,
                      .radius = place.radius};
    values[index_of(state)] = static_cast<float>(seen(picture, shape, most_inside(scene)).score -
                                                 place_cost(place, spine));
  }
  return values;
}

/// The chain of circles with most contrast (Viterbi); a step moves each number by 3 mm at most.
class Chain {
 public:
  void add(const std::vector<float>& values) {
    std::vector<float> sums(states);
    std::vector<int> from(states, 0);
    for (int state = 0; state < states; ++state) {
      const auto [sum, before] = best_.empty() ? std::pair{0.0F, 0} : best_before(state);
      sums[index_of(state)] = sum + values[index_of(state)];
      from[index_of(state)] = before;
    }
    best_ = std::move(sums);
    from_.push_back(std::move(from));
  }
  std::vector<Place> places() const {
    std::vector<Place> path(from_.size());
    auto state = static_cast<int>(std::ranges::max_element(best_) - best_.begin());
    for (std::size_t i = path.size(); i-- > 0;) {
      path[i] = place_of(state);
      state = from_[i][index_of(state)];
    }
    return path;
  }

 private:
  std::pair<float, int> best_before(int state) const {
    const int left = state % lefts, front = state / lefts % fronts, radius = state / lefts / fronts;
    std::pair<float, int> best{-1e9F, state};
    for (int way = 0; way < 27; ++way) {
      const int l = way % 3 - 1, f = way / 3 % 3 - 1, r = way / 9 - 1;
      if (!is_inside(left + l, lefts) || !is_inside(front + f, fronts) ||
          !is_inside(radius + r, radii))
        continue;
      const int before = state + (r * fronts + f) * lefts + l;
      const int moved = l * l + f * f + r * r;  // how many of the three change
      const float sum = best_[index_of(before)] - static_cast<float>(move_cost * grid_mm * moved);
      if (sum > best.first) best = {sum, before};
    }
    return best;
  }
  static bool is_inside(int index, int size) { return index >= 0 && index < size; }
  std::vector<float> best_;
  std::vector<std::vector<int>> from_;
};

/// The chain's circles, each made finer on its own slice.
std::vector<TubeSection> chain_of(const Scene& scene, int from, int to) {
  Chain chain;
  for (int slice = from; slice <= to; slice += stride) chain.add(circles(scene, slice));
  const std::vector<Place> places = chain.places();
  std::vector<TubeSection> sections;
  sections.reserve(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const int slice = from + stride * static_cast<int>(i);
    const SpineSlice& spine = scene.spine.at[index_of(slice)];
    const Plane plane = axial(spine.body_column + places[i].left / working_mm,
                              spine.body_row - places[i].front / working_mm, slice);
    const Picture picture(scene, plane);
    const Shape expected{.radius = places[i].radius};
    const Shape shape = Search(picture, most_inside(scene), expected, 1).fine(expected);
    sections.push_back(section_of(plane, shape, seen(picture, shape, most_inside(scene))));
  }
  return sections;
}

/// The plane square to the course around a section: straight lines through the neighbours.
Plane square_plane(const std::vector<TubeSection>& sections, std::size_t at) {
  const double reach = smoothing_mm / working_mm;
  double n = 0, z = 0, zz = 0;
  std::array<double, 2> sum{}, with_z{};
  for (const TubeSection& one : sections) {
    const double d = one.slice - sections[at].slice;
    if (std::abs(d) > reach) continue;
    n += 1, z += d, zz += d * d;
    sum[0] += one.wall.column, sum[1] += one.wall.row;
    with_z[0] += d * one.wall.column, with_z[1] += d * one.wall.row;
  }
  Plane plane = axial(sections[at].wall.column, sections[at].wall.row, sections[at].slice);
  const double spread = n * zz - z * z;
  if (n < 3 || spread <= 0) return plane;
  const double c = (n * with_z[0] - z * sum[0]) / spread, r = (n * with_z[1] - z * sum[1]) / spread;
  const double flat = std::hypot(1.0, c), length = std::hypot(flat, r);
  plane.up = {c / length, r / length, 1 / length};
  plane.across = {1 / flat, 0, -c / flat};
  const Vec3 &u = plane.up, &a = plane.across;
  plane.forward = {u[1] * a[2] - u[2] * a[1], u[2] * a[0] - u[0] * a[2], u[0] * a[1] - u[1] * a[0]};
  return plane;
}

Shape shape_of(const WallEllipse& wall) {
  return {.radius = wall.radius_mm, .oval_cos = wall.oval_cos_mm, .oval_sin = wall.oval_sin_mm};
}

}  // namespace

double WallEllipse::longest_mm() const {
  return 2 * (radius_mm + std::hypot(oval_cos_mm, oval_sin_mm));
}
double WallEllipse::shortest_mm() const {
  return 2 * (radius_mm - std::hypot(oval_cos_mm, oval_sin_mm));
}

bool TubeSection::usable() const {
  return score >= least_score && seen >= least_seen;
}

std::vector<TubeSection> aorta_tube(const Scene& scene, int from, int to) {
  const int low = std::max(from, scene.spine.first), high = std::min(to, scene.spine.last);
  if (high - low < 4 * stride) return {};
  const std::vector<TubeSection> along = chain_of(scene, low, high);
  std::vector<TubeSection> tube;
  tube.reserve(along.size());
  for (std::size_t i = 0; i < along.size(); ++i) {
    const Plane plane = square_plane(along, i);
    const Picture picture(scene, plane);
    const Search search(picture, most_inside(scene), shape_of(along[i].wall), chain_hold);
    const Shape shape = search.fine(shape_of(along[i].wall));
    tube.push_back(section_of(plane, shape, seen(picture, shape, most_inside(scene))));
  }
  return tube;
}

double longest_uncertainty_mm(const Scene& scene, const std::vector<TubeSection>& tube,
                              std::size_t section) {
  const TubeSection& at = tube[section];
  const Plane plane = square_plane(tube, section);
  const Picture picture(scene, plane);
  double squares = 0;
  for (int left_out = 0; left_out < sectors; ++left_out) {
    const Search search(picture, most_inside(scene), shape_of(at.wall), chain_hold, left_out);
    const Shape shape = search.fine(shape_of(at.wall));
    squares += std::pow(2 * (shape.radius + shape.oval()) - at.wall.longest_mm(), 2);
  }
  return std::hypot(std::sqrt(squares * (sectors - 1) / sectors), method_mm);
}

}  // namespace tomoscribe::pipeline::measure

#include "pipeline/measure/spine/aorta_tube.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "pipeline/measure/spine/aorta_wall.h"

namespace tomoscribe::pipeline::measure {
namespace {

// Of the longest diameter on 13 phantoms with aneurysms of 30 to 70 mm (docs/measurements.md):
// twice the standard deviation of what the eighths do not tell.
constexpr double method_mm = 2.5;
constexpr double above_blood_hu = 60;
constexpr double ring_mm = 4;        // a normal wall and the blur of its edges are thinner
constexpr int stride = 2;            // working slices, 3 mm
constexpr double move_cost = 0.012;  // for each millimetre
constexpr double least_score = 0.28, least_seen = 0.3;
constexpr double chain_hold = 0.5;  // how much of that holds once the chain is known
constexpr double smoothing_mm = 12;

/// Denser than that is no blood.
double most_inside(const Scene& scene) {
  return scene.contrast.blood_hu.value_or(50) + above_blood_hu;
}

WallPlane axial(double column, double row, int slice) {
  return {.middle = {column, row, static_cast<double>(slice)}};
}

TubeSection section_of(const WallPlane& plane, const WallShape& shape, const WallSeen& what) {
  const Vec3 middle = plane.at(shape.across, shape.forward);
  TubeSection section{.slice = static_cast<int>(std::lround(plane.middle[2])),
                      .wall = {.column = middle[0],
                               .row = middle[1],
                               .radius_mm = shape.radius,
                               .oval_cos_mm = shape.oval_cos,
                               .oval_sin_mm = shape.oval_sin},
                      .score = what.score,
                      .seen = what.share,
                      .against = what.against};
  const double angle = std::atan2(shape.oval_sin, shape.oval_cos) / 2;
  const auto end = [&](double way) {
    const double mm = shape.at(way);
    return plane.at(shape.across + mm * std::cos(way), shape.forward + mm * std::sin(way));
  };
  section.longest_from = end(angle);
  section.longest_to = end(angle + std::numbers::pi);
  return section;
}

constexpr int radii = 13;
constexpr double grid_mm = 3, smallest_mm = 6;
constexpr double track_share = 0.7, track_slack_mm = 2;  // what of the track's circle is held
constexpr double least_blood_share = 0.2;                // the rest of it is thrombus

/// A circle, mm from the middle of the vertebral body.
struct Place {
  double left = 0, front = 0, radius = 0;
};
int states_of(const TubeField& field) {
  return field.lefts * field.fronts * radii;
}
Place place_of(const TubeField& field, int state) {
  const int left = state % field.lefts, front = state / field.lefts % field.fronts;
  const int radius = state / field.lefts / field.fronts;
  return {.left = field.rightmost_mm + grid_mm * left,
          .front = field.rearmost_mm + grid_mm * front,
          .radius = smallest_mm + grid_mm * radius};
}

/// How unusual an aorta is there: far to the side, far from the vertebra.
double place_cost(const TubeField& field, const Place& place, const SpineSlice& spine) {
  const double gap = std::hypot(place.left, place.front) - place.radius - spine.half_depth_mm;
  return 0.15 * std::pow((place.left - field.usual_left_mm) / 20, 2) +
         0.01 * std::max(0.0, std::abs(gap) - 4);
}

/// The track's section on that slice or beside it, where there is one.
std::optional<Place> track_at(const Scene& scene, int slice) {
  const SpineSlice& spine = scene.spine.at[index_of(slice)];
  for (const int near : {slice, slice - 1, slice + 1}) {
    if (near < 0 || near >= static_cast<int>(scene.aorta.at.size()) || !scene.aorta.covers(near))
      continue;
    const AortaSlice& track = scene.aorta.at[index_of(near)];
    return Place{.left = (track.column - spine.body_column) * working_mm,
                 .front = (spine.body_row - track.row) * working_mm,
                 .radius = track.radius_mm};
  }
  return std::nullopt;
}

bool holds(const Place& circle, const Place& track) {
  return std::hypot(circle.left - track.left, circle.front - track.front) +
             track_share * track.radius <=
         circle.radius + track_slack_mm;
}

/// Contrast of every circle on one slice; lower where none can lie.
std::vector<float> circles(const Scene& scene, const TubeField& field, int slice) {
  const SpineSlice& spine = scene.spine.at[index_of(slice)];
  const double left = field.rightmost_mm + grid_mm * (field.lefts - 1) / 2;
  const double front = field.rearmost_mm + grid_mm * (field.fronts - 1) / 2;
  const WallPicture picture(scene, axial(spine.body_column + left / working_mm,
                                         spine.body_row - front / working_mm, slice));
  const std::optional<Place> track = track_at(scene, slice);
  const bool enhanced = scene.contrast.given();
  const int states = states_of(field);
  std::vector<float> values(index_of(states), -2);
  for (int state = 0; state < states; ++state) {
    const Place place = place_of(field, state);
    if (std::hypot(place.left / spine.half_width_mm, place.front / spine.half_depth_mm) < 1)
      continue;
    const WallShape shape{
        .across = place.left - left, .forward = front - place.front, .radius = place.radius};
    const bool vessel =
        enhanced ? blood_share(picture, shape, *scene.contrast.blood_hu) >= least_blood_share
                 : track && holds(place, *track);
    const double bonus = vessel ? field.vessel_bonus : 0;
    values[index_of(state)] = static_cast<float>(seen_by(picture, shape, most_inside(scene)).score +
                                                 bonus - place_cost(field, place, spine));
  }
  return values;
}

/// The chain of circles with most contrast (Viterbi); a step moves each number by 3 mm at most.
class Chain {
 public:
  explicit Chain(const TubeField& field) : field_(field), states_(states_of(field)) {}
  void add(const std::vector<float>& values) {
    std::vector<float> sums(index_of(states_));
    std::vector<int> from(index_of(states_), 0);
    for (int state = 0; state < states_; ++state) {
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
      path[i] = place_of(field_, state);
      state = from_[i][index_of(state)];
    }
    return path;
  }

 private:
  std::pair<float, int> best_before(int state) const {
    const int lefts = field_.lefts, fronts = field_.fronts;
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
  const TubeField& field_;
  int states_;
  std::vector<float> best_;
  std::vector<std::vector<int>> from_;
};

/// The chain's circles, each made finer on its own slice.
std::vector<TubeSection> chain_of(const Scene& scene, const TubeField& field, int from, int to) {
  Chain chain(field);
  for (int slice = from; slice <= to; slice += stride) chain.add(circles(scene, field, slice));
  const std::vector<Place> places = chain.places();
  std::vector<TubeSection> sections;
  sections.reserve(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const int slice = from + stride * static_cast<int>(i);
    const SpineSlice& spine = scene.spine.at[index_of(slice)];
    const WallPlane plane = axial(spine.body_column + places[i].left / working_mm,
                                  spine.body_row - places[i].front / working_mm, slice);
    const WallPicture picture(scene, plane);
    const WallShape expected{.radius = places[i].radius};
    const WallShape shape = finest(
        {.hu = picture, .most_inside_hu = most_inside(scene), .expected = expected}, expected);
    sections.push_back(section_of(plane, shape, seen_by(picture, shape, most_inside(scene))));
  }
  return sections;
}

/// The plane square to the course around a section: straight lines through the neighbours.
WallPlane square_plane(const std::vector<TubeSection>& sections, std::size_t at) {
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
  WallPlane plane = axial(sections[at].wall.column, sections[at].wall.row, sections[at].slice);
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

WallShape shape_of(const WallEllipse& wall) {
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

std::vector<TubeSection> aorta_tube(const Scene& scene, const TubeField& field, int from, int to) {
  const int low = std::max(from, scene.spine.first), high = std::min(to, scene.spine.last);
  if (high - low < 4 * stride) return {};
  const std::vector<TubeSection> along = chain_of(scene, field, low, high);
  std::vector<TubeSection> tube;
  tube.reserve(along.size());
  for (std::size_t i = 0; i < along.size(); ++i) {
    const WallPlane plane = square_plane(along, i);
    const WallPicture picture(scene, plane);
    const WallShape start = shape_of(along[i].wall);
    const WallShape shape = finest({.hu = picture,
                                    .most_inside_hu = most_inside(scene),
                                    .expected = start,
                                    .hold = chain_hold},
                                   start);
    tube.push_back(section_of(plane, shape, seen_by(picture, shape, most_inside(scene))));
    if (scene.contrast.given())
      tube.back().ring =
          ring_share(picture, shape, *scene.contrast.blood_hu, most_inside(scene), ring_mm);
  }
  return tube;
}

double longest_uncertainty_mm(const Scene& scene, const std::vector<TubeSection>& tube,
                              std::size_t section) {
  const TubeSection& at = tube[section];
  const WallPlane plane = square_plane(tube, section);
  const WallPicture picture(scene, plane);
  double squares = 0;
  for (int left_out = 0; left_out < wall_sectors; ++left_out) {
    const WallShape shape = finest({.hu = picture,
                                    .most_inside_hu = most_inside(scene),
                                    .expected = shape_of(at.wall),
                                    .hold = chain_hold,
                                    .left_out = left_out},
                                   shape_of(at.wall));
    squares += std::pow(2 * (shape.radius + shape.oval()) - at.wall.longest_mm(), 2);
  }
  const double standard_error = std::sqrt(squares * (wall_sectors - 1) / wall_sectors);
  return std::hypot(2 * standard_error, method_mm);
}

}  // namespace tomoscribe::pipeline::measure

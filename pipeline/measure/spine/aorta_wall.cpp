#include "pipeline/measure/spine/aorta_wall.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "pipeline/measure/scaffold/curve.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr int directions = 40;
constexpr int half_side = 64, side = 2 * half_side + 1;  // of a picture, steps of 1 mm
constexpr double slab_mm = 3;                            // planes averaged on either side
constexpr double full_contrast_hu = 80, fat_contrast_hu = 45, least_outside_hu = -100;
constexpr double least_inside_hu = 0, most_wall_hu = 60;
constexpr double near_mm = 1.5, far_mm = 3;  // from the border, inwards and outwards
constexpr double least_radius_mm = 6, most_radius_mm = 45;
constexpr double most_oval_share = 0.15, oval_cost = 0.012;
constexpr double move_cost = 0.012, growth_cost = 0.012;  // for each millimetre
constexpr double blocked = 1e4, bone_hu = 2000;           // HU in the picture where a vertebra lies
constexpr double soft_tissue_hu = 50;

bool in_vertebra(const Scene& scene, const Vec3& point) {
  const int slice = static_cast<int>(std::lround(point[2]));
  if (!scene.spine.covers(slice)) return false;
  const SpineSlice& spine = scene.spine.at[index_of(slice)];
  return std::hypot((point[0] - spine.body_column) * working_mm / spine.half_width_mm,
                    (point[1] - spine.body_row) * working_mm / spine.half_depth_mm) < 1;
}

float mean_at(const Scene& scene, const WallPlane& plane, double across, double forward) {
  if (in_vertebra(scene, plane.at(across, forward))) return static_cast<float>(blocked);
  double sum = 0;
  for (const double up : {-slab_mm, 0.0, slab_mm})
    sum += hu_between(scene.work, plane.at(across, forward, up));
  return static_cast<float>(sum / 3);
}

double angle_of(int direction) {
  return 2 * std::numbers::pi * direction / directions;
}

/// What one direction says of a border there.
struct Border {
  double contrast = 0;   ///< 1 where fat lies outside, 0 where the same density lies on both sides,
                         ///< -1 where the inside can be no vessel (fat, gas, a vertebra)
  bool against = false;  ///< neither fat, lung nor a vertebra lies outside
  bool fat() const { return contrast * full_contrast_hu >= fat_contrast_hu; }
};

Border border_at(const WallPicture& hu, const WallShape& shape, double angle,
                 double most_inside_hu) {
  const double x = std::cos(angle), y = std::sin(angle), mm = shape.at(angle);
  const auto at = [&](double r) { return hu(shape.across + r * x, shape.forward + r * y); };
  const double middle = at(mm / 2), near = at(mm - near_mm), far = at(mm - far_mm);
  const double inside = (near + far) / 2;  // calcium of the wall may lie there
  if (middle > most_inside_hu || std::max(near, far) > bone_hu ||
      std::min(middle, inside) < least_inside_hu)
    return {.contrast = -1};
  // Each at most as dark as fat: lung behind a thin layer of it would move the border inwards.
  const double first = at(mm + near_mm), second = at(mm + far_mm);
  if (std::max(first, second) > bone_hu) return {};
  const double outside =
      (std::max(first, least_outside_hu) + std::max(second, least_outside_hu)) / 2;
  if (outside > most_inside_hu) return {.against = true};
  Border border{.contrast = std::clamp(
                    (std::min(inside, most_wall_hu) - outside) / full_contrast_hu, -0.3, 1.0)};
  border.against = !border.fat();
  return border;
}

/// Value of a shape: contrast, less what it differs from what is expected.
double value_of(const WallSearch& search, const WallShape& shape) {
  if (shape.radius < least_radius_mm || shape.radius > most_radius_mm ||
      shape.oval() > most_oval_share * shape.radius)
    return -9;
  const WallShape& expected = search.expected;
  return seen_by(search.hu, shape, search.most_inside_hu, search.left_out).score -
         oval_cost * shape.oval() -
         search.hold * (move_cost * std::hypot(shape.across - expected.across,
                                               shape.forward - expected.forward) +
                        growth_cost * std::abs(shape.radius - expected.radius));
}

struct Best {
  WallShape shape;
  double value = 0;
};

bool take(const WallSearch& search, const WallShape& shape, Best& best) {
  const double value = value_of(search, shape);
  if (value <= best.value) return false;
  best = {.shape = shape, .value = value};
  return true;
}

/// Each of the five numbers in turn.
bool try_each(const WallSearch& search, double step, Best& best) {
  static constexpr std::array parts{&WallShape::across, &WallShape::forward, &WallShape::radius,
                                    &WallShape::oval_cos, &WallShape::oval_sin};
  bool better = false;
  for (const auto part : parts)
    for (const double sign : {-1.0, 1.0}) {
      WallShape shape = best.shape;
      shape.*part += sign * step;
      better = take(search, shape, best) || better;
    }
  return better;
}

/// Radius and middle together: one side stays where it is.
bool try_sides(const WallSearch& search, double step, Best& best) {
  bool better = false;
  for (int i = 0; i < wall_sectors; ++i)
    for (const double sign : {-1.0, 1.0}) {
      const double angle = 2 * std::numbers::pi * i / wall_sectors;
      WallShape shape = best.shape;
      shape.radius += sign * step / 2;
      shape.across += sign * step / 2 * std::cos(angle);
      shape.forward += sign * step / 2 * std::sin(angle);
      better = take(search, shape, best) || better;
    }
  return better;
}

}  // namespace

Vec3 WallPlane::at(double across_mm, double forward_mm, double up_mm) const {
  Vec3 point = middle;
  for (std::size_t i = 0; i < 3; ++i)
    point[i] += (across_mm * across[i] + forward_mm * forward[i] + up_mm * up[i]) / working_mm;
  return point;
}

WallPicture::WallPicture(const Scene& scene, const WallPlane& plane) : hu_(index_of(side * side)) {
  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column)
      hu_[index_of(row * side + column)] =
          mean_at(scene, plane, column - half_side, row - half_side);
}

double WallPicture::operator()(double across_mm, double forward_mm) const {
  const double x = std::clamp(across_mm + half_side, 0.0, side - 1.001);
  const double y = std::clamp(forward_mm + half_side, 0.0, side - 1.001);
  const int column = static_cast<int>(x), row = static_cast<int>(y);
  const double u = x - column, v = y - row;
  const float* at = &hu_[index_of(row * side + column)];
  return (1 - v) * ((1 - u) * at[0] + u * at[1]) + v * ((1 - u) * at[side] + u * at[side + 1]);
}

double WallShape::at(double angle) const {
  return radius + oval_cos * std::cos(2 * angle) + oval_sin * std::sin(2 * angle);
}
double WallShape::oval() const {
  return std::hypot(oval_cos, oval_sin);
}

WallSeen seen_by(const WallPicture& hu, const WallShape& shape, double most_inside_hu,
                 int left_out) {
  WallSeen all;
  int count = 0;
  for (int i = 0; i < directions; ++i) {
    if (i * wall_sectors / directions == left_out) continue;
    const Border border = border_at(hu, shape, angle_of(i), most_inside_hu);
    all.score += border.contrast;
    if (border.fat()) all.share += 1;
    if (border.against) all.against += 1;
    ++count;
  }
  all.score /= count, all.share /= count, all.against /= count;
  return all;
}

double blood_share(const WallPicture& hu, const WallShape& shape, double blood_hu) {
  const double least = (blood_hu + soft_tissue_hu) / 2;
  int bright = 0, all = 0;
  for (int i = 0; i < directions; i += 2)
    for (const double share : {0.4, 0.65, 0.85}) {  // rings of about the same area
      const double mm = share * shape.at(angle_of(i));
      const double here =
          hu(shape.across + mm * std::cos(angle_of(i)), shape.forward + mm * std::sin(angle_of(i)));
      if (here >= least && here < blocked / 2) ++bright;
      ++all;
    }
  return static_cast<double>(bright) / all;
}

double ring_share(const WallPicture& hu, const WallShape& shape, double blood_hu,
                  double most_inside_hu, double least_mm) {
  const double blood = (blood_hu + soft_tissue_hu) / 2;
  int thick = 0;
  for (int i = 0; i < directions; ++i) {
    const double angle = angle_of(i), x = std::cos(angle), y = std::sin(angle);
    if (!border_at(hu, shape, angle, most_inside_hu).fat()) continue;
    const double mm = shape.at(angle);
    double depth = 0;
    while (depth <= least_mm &&
           hu(shape.across + (mm - depth) * x, shape.forward + (mm - depth) * y) < blood)
      depth += 0.5;
    if (depth > least_mm) ++thick;
  }
  return static_cast<double>(thick) / directions;
}

WallShape finest(const WallSearch& search, const WallShape& start) {
  Best best{.shape = start, .value = value_of(search, start)};
  double step = 1;
  for (int round = 0; round < 24 && step > 0.1; ++round) {
    const bool each = try_each(search, step, best);
    if (const bool sides = try_sides(search, step, best); !each && !sides) step /= 2;
  }
  return best.shape;
}

}  // namespace tomoscribe::pipeline::measure

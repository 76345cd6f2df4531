#include "pipeline/measure/spine/aorta_section.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "pipeline/measure/scaffold/curve.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr int directions = 48;
constexpr double fat_hu = -30;       // between soft tissue and fat
constexpr double most_wall_mm = 22;  // from the blood to the outer wall, thrombus included
constexpr double step_mm = 0.5, outside_mm = 3, least_outside_hu = -100;  // pure fat
constexpr double least_seen = 0.5, most_residual_mm = 1.5, most_ratio = 1.4;
constexpr double least_track_score = 0.6;
// Wall with thrombus: so much thicker all round than what lies against an ordinary wall here and
// there.
constexpr double thrombus_mm = 5, thrombus_seen = 0.65;
constexpr double smoothing_mm = 12;

/// Middle, direction and radius of the track, smoothed; nullopt where too little was followed.
struct Course {
  Vec3 middle{}, across{}, forward{};
  double radius_mm = 0;
};

std::optional<Course> course_at(const Scene& scene, int slice) {
  // Straight lines through the neighbours: column and row over the slice.
  const int reach = static_cast<int>(smoothing_mm / working_mm);
  double n = 0, z = 0, zz = 0, r = 0;
  std::array<double, 2> sum{}, with_z{};
  for (int i = slice - reach; i <= slice + reach; ++i) {
    if (!scene.aorta.covers(i)) continue;
    const AortaSlice& at = scene.aorta.at[static_cast<std::size_t>(i)];
    const double d = i - slice;
    n += 1, z += d, zz += d * d, r += at.radius_mm;
    sum[0] += at.column, sum[1] += at.row;
    with_z[0] += d * at.column, with_z[1] += d * at.row;
  }
  const double spread = n * zz - z * z;
  if (n < 4 || spread <= 0) return std::nullopt;
  std::array<double, 2> slope{}, middle{};
  for (std::size_t i = 0; i < 2; ++i) {
    slope[i] = (n * with_z[i] - z * sum[i]) / spread;
    middle[i] = (sum[i] - slope[i] * z) / n;
  }
  Course course{.middle = {middle[0], middle[1], static_cast<double>(slice)}, .radius_mm = r / n};
  // Two directions square to (slope, 1): one without rows, one to the front.
  const double flat = std::hypot(1.0, slope[0]);
  course.across = {1 / flat, 0, -slope[0] / flat};
  const Vec3 up{slope[0], slope[1], 1};
  const Vec3& a = course.across;
  Vec3 f{up[1] * a[2] - up[2] * a[1], up[2] * a[0] - up[0] * a[2], up[0] * a[1] - up[1] * a[0]};
  const double length = std::hypot(f[0], f[1], f[2]);
  for (double& value : f) value /= length;
  course.forward = f;
  return course;
}

Vec3 point_at(const Course& course, double angle, double mm) {
  Vec3 point = course.middle;
  for (std::size_t i = 0; i < 3; ++i)
    point[i] += mm / working_mm *
                (std::cos(angle) * course.across[i] + std::sin(angle) * course.forward[i]);
  return point;
}

bool in_vertebra(const Scene& scene, const Vec3& point) {
  const int slice = static_cast<int>(std::lround(point[2]));
  if (!scene.spine.covers(slice)) return false;
  const SpineSlice& spine = scene.spine.at[static_cast<std::size_t>(slice)];
  return std::hypot((point[0] - spine.body_column) * working_mm / (spine.half_width_mm + 1),
                    (point[1] - spine.body_row) * working_mm / (spine.half_depth_mm + 1)) < 1;
}

/// From the middle to the outer wall in one direction, mm; nullopt where something else lies
/// against it.
std::optional<double> wall_mm(const Scene& scene, const Course& course, double angle,
                              double shift_hu) {
  const auto hu = [&](double mm) { return hu_between(scene.work, point_at(course, angle, mm)); };
  const double far = course.radius_mm + most_wall_mm;
  // NOLINTNEXTLINE(cert-flp30-c,clang-analyzer-security.FloatLoopCounter): a step more is no harm
  for (double mm = 0.6 * course.radius_mm; mm < far; mm += step_mm) {
    if (in_vertebra(scene, point_at(course, angle, mm))) return std::nullopt;
    if (hu(mm) >= fat_hu) continue;
    // Half way between what lies inside and what lies outside, at most fat: lung behind a thin
    // layer of fat would move the border outwards.
    const double inside = std::clamp(hu(mm - 2), 0.0, 60.0);
    double outside = hu(mm);
    // NOLINTNEXTLINE(cert-flp30-c,clang-analyzer-security.FloatLoopCounter): a step more is no harm
    for (double out = mm; out <= mm + outside_mm; out += step_mm)
      outside = std::min(outside, hu(out));
    const double border = (inside + std::max(outside, least_outside_hu)) / 2 + shift_hu;
    double at = mm - 2;
    while (at < mm + outside_mm && hu(at) > border) at += step_mm / 2;
    return at;
  }
  return std::nullopt;
}

struct Ray {
  double angle = 0, mm = 0, weight = 1;
};

/// The outer wall where it is seen. Without thrombus it lies about where the blood ends; what ends
/// further out is something that lies against it. Without contrast agent blood and thrombus look
/// alike, and the track holds both.
std::vector<Ray> wall_of(const Scene& scene, const Course& course, double shift_hu) {
  std::vector<Ray> rays;
  rays.reserve(directions);
  std::vector<double> lengths;
  lengths.reserve(directions);
  for (int i = 0; i < directions; ++i) {
    const double angle = 2 * std::numbers::pi * i / directions;
    if (const auto mm = wall_mm(scene, course, angle, shift_hu)) {
      rays.push_back({.angle = angle, .mm = *mm});
      lengths.push_back(*mm);
    }
  }
  if (rays.empty()) return rays;
  const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
  std::ranges::nth_element(lengths, middle);
  const bool thrombus = scene.contrast.given() &&
                        static_cast<double>(rays.size()) >= thrombus_seen * directions &&
                        *middle > course.radius_mm + thrombus_mm;
  const double most = course.radius_mm + std::max(3.0, 0.2 * course.radius_mm);
  if (!thrombus) std::erase_if(rays, [most](const Ray& ray) { return ray.mm > most; });
  return rays;
}

/// r(angle) = c0 + c1 cos + c2 sin + c3 cos 2 + c4 sin 2: an ellipse and the shift of its middle.
using Shape = std::array<double, 5>;

Shape terms(double angle) {
  return {1, std::cos(angle), std::sin(angle), std::cos(2 * angle), std::sin(2 * angle)};
}

double radius_of(const Shape& shape, double angle) {
  const Shape t = terms(angle);
  double sum = 0;
  for (std::size_t i = 0; i < t.size(); ++i) sum += shape[i] * t[i];
  return sum;
}

/// Five equations, the right side last.
using Equations = std::array<std::array<double, 6>, 5>;

/// Weighted normal equations; the terms of shift and ellipse are held back where few rays speak for
/// them.
Equations normal_equations(const std::vector<Ray>& rays) {
  static constexpr std::array<double, 5> held{1e-6, 0.5, 0.5, 3, 3};
  Equations rows{};
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i][i] = held[i];
  for (const Ray& ray : rays) {
    const Shape t = terms(ray.angle);
    for (std::size_t i = 0; i < t.size(); ++i) {
      for (std::size_t k = 0; k < t.size(); ++k) rows[i][k] += ray.weight * t[i] * t[k];
      rows[i][5] += ray.weight * t[i] * ray.mm;
    }
  }
  return rows;
}

/// Takes one equation off another, so that the unknown `i` is gone from it.
void take_off(std::array<double, 6>& from, const std::array<double, 6>& row, std::size_t i) {
  const double factor = from[i] / row[i];
  for (std::size_t c = 0; c < row.size(); ++c) from[c] -= factor * row[c];
}

Shape fit(const std::vector<Ray>& rays) {
  Equations rows = normal_equations(rays);
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t k = 0; k < rows.size(); ++k)
      if (k != i) take_off(rows[k], rows[i], i);
  Shape shape{};
  for (std::size_t i = 0; i < rows.size(); ++i) shape[i] = rows[i][5] / rows[i][i];
  return shape;
}

/// Rays that see something else (a branch, a vein with fat behind it) lose their weight.
Shape robust_fit(std::vector<Ray>& rays) {
  std::vector<double> lengths(rays.size());
  std::ranges::transform(rays, lengths.begin(), &Ray::mm);
  std::ranges::nth_element(lengths,
                           lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2));
  Shape shape{lengths[lengths.size() / 2], 0, 0, 0, 0};
  for (int round = 0; round < 8; ++round) {
    const double scale = std::max(1.5, 5.0 - round);
    for (Ray& ray : rays) {
      const double off = (ray.mm - radius_of(shape, ray.angle)) / (2 * scale);
      ray.weight = std::abs(off) < 1 ? std::pow(1 - off * off, 2) : 0;
    }
    shape = fit(rays);
  }
  return shape;
}

}  // namespace

std::optional<AortaSection> aorta_section(const Scene& scene, int slice, double shift_hu) {
  const std::optional<Course> course = course_at(scene, slice);
  if (!course || scene.aorta.at[static_cast<std::size_t>(slice)].score < least_track_score)
    return std::nullopt;
  std::vector<Ray> rays = wall_of(scene, *course, shift_hu);
  if (static_cast<double>(rays.size()) < least_seen * directions) return std::nullopt;
  const Shape shape = robust_fit(rays);
  double used = 0, squares = 0;
  for (const Ray& ray : rays)
    if (ray.weight > 0.2) {
      used += 1;
      squares += std::pow(ray.mm - radius_of(shape, ray.angle), 2);
    }
  if (used < least_seen * directions || std::sqrt(squares / used) > most_residual_mm)
    return std::nullopt;
  const double oval = std::hypot(shape[3], shape[4]);
  AortaSection section{.slice = static_cast<double>(slice),
                       .middle = course->middle,
                       .longest_mm = 2 * (shape[0] + oval),
                       .shortest_mm = 2 * (shape[0] - oval),
                       .longest_from = {},
                       .longest_to = {},
                       .seen = used / directions};
  if (section.shortest_mm <= 0 || section.longest_mm > most_ratio * section.shortest_mm)
    return std::nullopt;
  const double angle = std::atan2(shape[4], shape[3]) / 2;
  section.longest_from = point_at(*course, angle, radius_of(shape, angle));
  section.longest_to =
      point_at(*course, angle + std::numbers::pi, radius_of(shape, angle + std::numbers::pi));
  return section;
}

}  // namespace tomoscribe::pipeline::measure

// The curve of the spine (QUANTIFICATION A, S6): the canal's path, cut where it stops looking like
// one (sacrum, skull base), centred between its walls; in front of it the vertebral body's middle.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "pipeline/measure/measure.h"
#include "pipeline/measure/scaffold/canal.h"
#include "pipeline/measure/scaffold/plane_hu.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double least_score = 0.55, score_window_mm = 30;
constexpr double least_length_mm = 30;
constexpr std::int16_t wall_hu = 150;
// Edges of the vertebral body: neither air in front of it nor dense cortex may outweigh the rest.
constexpr double least_edge_hu = -50, most_edge_hu = 300;

std::vector<double> running_mean(const std::vector<double>& values, int reach) {
  std::vector<double> result(values.size());
  const int count = static_cast<int>(values.size());
  for (int i = 0; i < count; ++i) {
    const int low = std::max(0, i - reach), high = std::min(count - 1, i + reach);
    double sum = 0;
    for (int k = low; k <= high; ++k) sum += values[static_cast<std::size_t>(k)];
    result[static_cast<std::size_t>(i)] = sum / (high - low + 1);
  }
  return result;
}

std::vector<double> running_median(const std::vector<double>& values, int reach) {
  std::vector<double> result(values.size()), window;
  const int count = static_cast<int>(values.size());
  for (int i = 0; i < count; ++i) {
    window.assign(values.begin() + std::max(0, i - reach),
                  values.begin() + std::min(count, i + reach + 1));
    const auto middle = window.begin() + static_cast<std::ptrdiff_t>(window.size() / 2);
    std::ranges::nth_element(window, middle);
    result[static_cast<std::size_t>(i)] = *middle;
  }
  return result;
}

/// The longest run of slices whose mean score over 30 mm stays up; {0, -1} when there is none.
std::array<int, 2> followed(const std::vector<CanalPoint>& path) {
  std::vector<double> scores(path.size());
  std::ranges::transform(path, scores.begin(), &CanalPoint::score);
  const auto means = running_mean(scores, static_cast<int>(score_window_mm / working_mm / 2));
  std::array<int, 2> best{0, -1};
  int from = 0;
  const int count = static_cast<int>(means.size());
  for (int i = 0; i <= count; ++i) {
    if (i < count && means[static_cast<std::size_t>(i)] >= least_score) continue;
    if (i - from > best[1] - best[0] + 1) best = {from, i - 1};
    from = i + 1;
  }
  return best;
}

/// Voxels to the wall in one direction; nullopt when there is none within 20 mm.
std::optional<double> to_wall(const PlaneHu& hu, double column, double row, double angle) {
  const double dc = std::cos(angle), dr = std::sin(angle);
  // NOLINTNEXTLINE(cert-flp30-c,clang-analyzer-security.FloatLoopCounter): harmless
  for (double step = 0; step * working_mm < 20; step += 0.5)
    if (hu(column + step * dc, row + step * dr) > wall_hu) return step;
  return std::nullopt;
}

/// Moves a point to the middle between the canal's walls.
void centre(const Scene& scene, int slice, double& column, double& row) {
  const PlaneHu hu(scene.work.hu, scene.work.grid, slice);
  for (int round = 0; round < 2; ++round) {
    double move_c = 0, move_r = 0;
    int pairs = 0;
    for (int i = 0; i < 8; ++i) {
      const double angle = std::numbers::pi * i / 8;
      const auto one = to_wall(hu, column, row, angle);
      const auto other = to_wall(hu, column, row, angle + std::numbers::pi);
      if (!one || !other || (*one + *other) * working_mm > 34) continue;
      move_c += (*one - *other) / 2 * std::cos(angle);
      move_r += (*one - *other) / 2 * std::sin(angle);
      ++pairs;
    }
    if (pairs < 4) return;
    // Moves along the eight lines add up to four times the move of the centre of a circle.
    column += 2 * move_c / pairs;
    row += 2 * move_r / pairs;
  }
}

/// Mean HU around the slice: `along` voxels in front of (or beside) a point, `half` to either side
/// across, `reach` slices up and down along the curve.
struct Probe {
  const Scene& scene;
  const Spine& spine;
  int reach = 0;

  double forward(int slice, double along, double half) const {
    return mean(slice, half, [&](const SpineSlice& at, double across) {
      return std::array{at.canal_column + across, at.canal_row - along};
    });
  }
  double sideways(int slice, double along, double half) const {
    return mean(slice, half, [&](const SpineSlice& at, double across) {
      return std::array{at.canal_column + along, at.body_row + across};
    });
  }

 private:
  template <class Place>
  double mean(int slice, double half, Place place) const {
    double sum = 0, count = 0;
    for (int s = std::max(spine.first, slice - reach); s <= std::min(spine.last, slice + reach);
         s += 2) {
      const PlaneHu hu(scene.work.hu, scene.work.grid, s);
      const SpineSlice& at = spine.at[static_cast<std::size_t>(s)];
      // NOLINTNEXTLINE(cert-flp30-c,clang-analyzer-security.FloatLoopCounter): harmless
      for (double across = -half; across <= half; across += 1) {
        const auto [column, row] = place(at, across);
        sum += std::clamp(hu(column, row), least_edge_hu, most_edge_hu);
        ++count;
      }
    }
    return sum / count;
  }
};

/// Where a profile falls most: the mean of three samples inside minus three outside, from `least`
/// to `most` samples.
int steepest_fall(const std::vector<double>& profile, int least, int most) {
  int best = least;
  double most_fall = -1e9;
  for (int i = least; i <= most && i + 3 < static_cast<int>(profile.size()); ++i) {
    const auto at = [&](int k) { return profile[static_cast<std::size_t>(k)]; };
    const double fall = at(i - 2) + at(i - 1) + at(i) - at(i + 1) - at(i + 2) - at(i + 3);
    if (fall > most_fall) most_fall = fall, best = i;
  }
  return best;
}

constexpr double half_sample = 0.5;  // voxels between samples of a profile

/// Depth of the vertebral body: from its back wall to the front, in voxels in front of the canal.
std::array<double, 2> depth_of(const Probe& probe, int slice) {
  constexpr int samples = 80;  // 60 mm
  std::vector<double> profile(samples);
  for (int i = 0; i < samples; ++i)
    profile[static_cast<std::size_t>(i)] = probe.forward(slice, i * half_sample, 3);
  // Back wall: the steepest rise 4 to 15 mm in front of the canal's middle.
  std::vector<double> rise(profile.size());
  std::ranges::transform(profile, rise.begin(), [](double hu) { return -hu; });
  const int back = steepest_fall(rise, 5, 20);
  const int front = steepest_fall(profile, back + 13, std::min(back + 56, samples - 4));
  return {back * half_sample, front * half_sample};
}

/// From side to side at the body's middle, in voxels from the canal's column.
std::array<double, 2> width_of(const Probe& probe, int slice) {
  constexpr int samples = 54;  // 40 mm
  std::array<double, 2> edges{};
  for (const int side : {-1, 1}) {
    std::vector<double> profile(samples);
    for (int i = 0; i < samples; ++i)
      profile[static_cast<std::size_t>(i)] = probe.sideways(slice, side * i * half_sample, 3);
    edges[side < 0 ? 0 : 1] = side * steepest_fall(profile, 9, samples - 5) * half_sample;
  }
  return edges;
}

/// Smooths one number of the curve over `mm`.
template <class Member>
void smooth(Spine& spine, Member SpineSlice::*member, double mm, bool median) {
  std::vector<double> values;
  values.reserve(index_of(spine.last - spine.first + 1));
  for (int i = spine.first; i <= spine.last; ++i)
    values.push_back(spine.at[static_cast<std::size_t>(i)].*member);
  const int reach = static_cast<int>(mm / working_mm / 2);
  if (median) values = running_median(values, reach);
  values = running_mean(values, reach / 2);
  for (int i = spine.first; i <= spine.last; ++i)
    spine.at[static_cast<std::size_t>(i)].*member =
        values[static_cast<std::size_t>(i - spine.first)];
}

/// A body reaches about as far to either side of the canal. Where one side is much the longer, the
/// aorta lies against it, as bright with contrast agent as the bone.
void even_sides(SpineSlice& at) {
  constexpr double most_uneven_mm = 4;
  const double shift = (at.body_column - at.canal_column) * working_mm;
  const double too_far = 2 * std::abs(shift) - most_uneven_mm;
  if (too_far <= 0) return;
  at.half_width_mm -= too_far / 2;
  at.body_column -= std::copysign(too_far / 2, shift) / working_mm;
}

void find_bodies(const Scene& scene, Spine& spine) {
  const Probe probe{.scene = scene, .spine = spine, .reach = 8};
  for (int i = spine.first; i <= spine.last; ++i) {
    SpineSlice& at = spine.at[static_cast<std::size_t>(i)];
    const auto [back, front] = depth_of(probe, i);
    at.body_row = at.canal_row - back;  // the back wall, until the depth is smooth
    at.half_depth_mm = (front - back) / 2 * working_mm;
  }
  smooth(spine, &SpineSlice::half_depth_mm, 75, true);
  smooth(spine, &SpineSlice::body_row, 30, true);
  for (int i = spine.first; i <= spine.last; ++i) {
    SpineSlice& at = spine.at[static_cast<std::size_t>(i)];
    at.body_row -= at.half_depth_mm / working_mm;
  }
  for (int i = spine.first; i <= spine.last; ++i) {
    SpineSlice& at = spine.at[static_cast<std::size_t>(i)];
    const auto [right, left] = width_of(probe, i);
    at.body_column = at.canal_column + (right + left) / 2;
    at.half_width_mm = (left - right) / 2 * working_mm;
  }
  smooth(spine, &SpineSlice::half_width_mm, 45, true);
  smooth(spine, &SpineSlice::body_column, 30, true);
  for (int i = spine.first; i <= spine.last; ++i) even_sides(spine.at[static_cast<std::size_t>(i)]);
}

}  // namespace

void spine(Scene& scene, Findings& /*findings*/) {
  std::vector<CanalPoint> path = canal_path(scene);
  const auto [first, last] = followed(path);
  if ((last - first + 1) * working_mm < least_length_mm) return;
  Spine spine{.first = first, .last = last, .at = std::vector<SpineSlice>(path.size())};
  for (int i = first; i <= last; ++i) {
    CanalPoint& point = path[static_cast<std::size_t>(i)];
    centre(scene, i, point.column, point.row);
    SpineSlice& at = spine.at[static_cast<std::size_t>(i)];
    at.canal_column = point.column;
    at.canal_row = point.row;
    at.score = std::clamp(point.score, 0.0, 1.0);
  }
  smooth(spine, &SpineSlice::canal_column, 18, true);
  smooth(spine, &SpineSlice::canal_row, 18, true);
  find_bodies(scene, spine);
  scene.spine = std::move(spine);
}

}  // namespace tomoscribe::pipeline::measure

#include "pipeline/measure/chest/cage.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/measure/crop.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t bone_hu = 180;
constexpr double through_mm = 12, farthest_mm = 220, nearest_rib_mm = 8, ray_step_mm = 0.75;
constexpr double least_section_mm2 = 300;
constexpr double least_share_of_ribs = 0.5;
constexpr int around = 2;  // directions and slices on each side that a direction is smoothed with

struct Direction {
  double x, y;
};

const std::array<Direction, Cage::directions>& rays() {
  static const auto all = [] {
    std::array<Direction, Cage::directions> made{};
    for (int i = 0; i < Cage::directions; ++i) {
      const double angle = 2 * std::numbers::pi * i / Cage::directions;
      made[static_cast<std::size_t>(i)] = {std::cos(angle), std::sin(angle)};
    }
    return made;
  }();
  return all;
}

/// How many slices within reach have bone at each pixel, moved from slice to slice.
class BoneThrough {
 public:
  explicit BoneThrough(const Scene& scene)
      : scene_(scene),
        reach_(static_cast<int>(std::lround(through_mm / working_mm))),
        count_(static_cast<std::size_t>(scene.work.grid.size[0]) *
               static_cast<std::size_t>(scene.work.grid.size[1])) {}
  void move_to(int slice) {
    if (!begun_) low_ = high_ = slice - reach_, begun_ = true;
    while (high_ <= slice + reach_) change(high_++, 1);
    while (low_ < slice - reach_) change(low_++, -1);
  }
  bool at(int column, int row) const {
    return count_[static_cast<std::size_t>(row) *
                      static_cast<std::size_t>(scene_.work.grid.size[0]) +
                  static_cast<std::size_t>(column)] > 0;
  }

 private:
  void change(int slice, int by) {
    if (slice < 0 || slice >= scene_.work.grid.size[2]) return;
    const std::size_t base = scene_.work.grid.offset(0, 0, slice);
    for (std::size_t i = 0; i < count_.size(); ++i)
      if (scene_.body[base + i] != 0 && scene_.work.hu[base + i] > bone_hu)
        count_[i] = static_cast<std::int16_t>(count_[i] + by);
  }

  const Scene& scene_;
  int reach_, low_ = 0, high_ = 0;
  bool begun_ = false;
  std::vector<std::int16_t> count_;
};

/// Distance of the first rib behind the lung along one ray; 0 when there is none.
float rib_along(const Scene& scene, const BoneThrough& bone, Label lung, int slice,
                const std::array<double, 2>& centre, const Direction& ray) {
  const Grid& grid = scene.work.grid;
  constexpr int steps = static_cast<int>((farthest_mm - nearest_rib_mm) / ray_step_mm);
  double rib = 0;
  for (int step = 0; step < steps; ++step) {
    const double r = nearest_rib_mm + step * ray_step_mm;
    const int column = static_cast<int>(std::lround(centre[0] + ray.x * r / working_mm));
    const int row = static_cast<int>(std::lround(centre[1] + ray.y * r / working_mm));
    if (column < 0 || row < 0 || column >= grid.size[0] || row >= grid.size[1]) break;
    const std::size_t at = grid.offset(column, row, slice);
    if (scene.body[at] == 0) break;
    if (scene.labels[at] == lung)
      rib = 0;  // what lies before more lung is no chest wall
    else if (rib == 0 && bone.at(column, row))
      rib = r;
  }
  return static_cast<float>(rib);
}

struct Middle {
  std::array<double, 2> sum{};
  double count = 0;
};

std::vector<Middle> middles_of(const Scene& scene, Label lung) {
  const Grid& grid = scene.work.grid;
  std::vector<Middle> middles(static_cast<std::size_t>(grid.size[2]));
  std::size_t at = 0;
  for (Middle& middle : middles)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column, ++at) {
        if (scene.labels[at] != lung) continue;
        middle.sum[0] += column, middle.sum[1] += row;
        ++middle.count;
      }
  return middles;
}

/// Median of the ribs seen in the neighbouring directions and slices; 0 when there are few.
float median_rib(const std::vector<Cage::Slice>& raw, int slice, int direction) {
  const int last = static_cast<int>(raw.size()) - 1;
  std::vector<float> values;
  constexpr std::size_t width = 2 * around + 1;
  values.reserve(width * width);
  for (int other = std::max(0, slice - around); other <= std::min(last, slice + around); ++other)
    for (int turn = -around; turn <= around; ++turn) {
      const int at = (direction + turn + Cage::directions) % Cage::directions;
      const float mm = raw[static_cast<std::size_t>(other)].rib_mm[static_cast<std::size_t>(at)];
      if (mm > 0) values.push_back(mm);
    }
  if (values.size() < 4) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// Takes out what is no rib (calcifications) and closes gaps.
std::vector<Cage::Slice> smoothed_ribs(const std::vector<Cage::Slice>& raw) {
  std::vector<Cage::Slice> result = raw;
  for (std::size_t slice = 0; slice < raw.size(); ++slice)
    for (int direction = 0; direction < Cage::directions; ++direction)
      result[slice].rib_mm[static_cast<std::size_t>(direction)] =
          median_rib(raw, static_cast<int>(slice), direction);
  return result;
}

bool whole(const Middle& one) {
  return one.count * working_mm * working_mm >= least_section_mm2;
}

int direction_of(double x, double y) {
  const double turn = std::atan2(y, x) / (2 * std::numbers::pi) * Cage::directions;
  return (static_cast<int>(std::lround(turn)) + Cage::directions) % Cage::directions;
}

}  // namespace

Cage::Cage(const Scene& scene, Label lung, double below_mm) : right_(lung == right_lung) {
  const std::vector<Middle> middles = middles_of(scene, lung);
  const auto low = std::ranges::find_if(middles, whole);
  if (low == middles.end()) return;
  const auto high = std::find_if(middles.rbegin(), middles.rend(), whole).base();
  const int lowest = static_cast<int>(low - middles.begin());
  first_ = std::max(0, lowest - static_cast<int>(std::lround(below_mm / working_mm)));
  const int last = static_cast<int>(high - middles.begin());
  BoneThrough bone(scene);
  std::vector<Slice> raw;
  raw.reserve(static_cast<std::size_t>(last - first_));
  std::size_t seen = 0, asked = 0;
  for (int slice = first_; slice < last; ++slice) {
    bone.move_to(slice);
    // Below the lung its lowest section's middle stays; so does one where lung is missing between.
    const Middle& middle = middles[static_cast<std::size_t>(std::max(slice, lowest))];
    Slice next;
    next.with_lung = whole(middles[static_cast<std::size_t>(slice)]);
    next.centre = whole(middle) || raw.empty()
                      ? std::array{middle.sum[0] / middle.count, middle.sum[1] / middle.count}
                      : raw.back().centre;
    for (std::size_t at = 0; at < directions; ++at) {
      if (looks_inward(static_cast<int>(at))) continue;
      next.rib_mm[at] = rib_along(scene, bone, lung, slice, next.centre, rays()[at]);
      ++asked;
      seen += next.rib_mm[at] > 0 ? 1 : 0;
    }
    raw.push_back(next);
  }
  if (static_cast<double>(seen) >= least_share_of_ribs * static_cast<double>(asked))
    slices_ = smoothed_ribs(raw);
}

bool Cage::looks_inward(int direction) const {
  const Direction& ray = rays()[static_cast<std::size_t>(direction)];
  const double inward = right_ ? ray.x : -ray.x;  // columns run to the patient's left
  return ray.y < 0 ? inward > 0 : inward > 0.64;
}

std::optional<double> Cage::to_ribs_mm(int column, int row, int slice) const {
  const int index = slice - first_;
  if (index < 0 || index >= static_cast<int>(slices_.size())) return std::nullopt;
  const Slice& here = slices_[static_cast<std::size_t>(index)];
  const double x = column - here.centre[0], y = row - here.centre[1];
  const float rib = here.rib_mm[static_cast<std::size_t>(direction_of(x, y))];
  if (rib == 0) return std::nullopt;
  return static_cast<double>(rib) - working_mm * std::hypot(x, y);
}

double Cage::beyond_centre_mm(int column, int row, int slice,
                              const std::array<double, 2>& direction) const {
  const int index = std::clamp(slice - first_, 0, static_cast<int>(slices_.size()) - 1);
  const auto& centre = slices_[static_cast<std::size_t>(index)].centre;
  return working_mm * ((column - centre[0]) * direction[0] + (row - centre[1]) * direction[1]);
}

}  // namespace tomoscribe::pipeline::measure

// The plane of symmetry of the skull, from its bone alone: a shift of the brain must not move it.
#include <algorithm>
#include <numbers>
#include <numeric>

#include "pipeline/measure/head/skull.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double most_apart_mm = 6;  // further off counts the same: other things are asymmetric
constexpr double most_degrees = 25, most_residual_mm = 2.5;

/// Where the plane lies: its distance from the skull's middle (mm), yaw and roll (degrees).
using Pose = std::array<double, 3>;

SymmetryPlane plane_at(const Vec3& middle, const Pose& pose) {
  const double yaw = pose[1] * std::numbers::pi / 180, roll = pose[2] * std::numbers::pi / 180;
  SymmetryPlane plane;
  plane.normal = {std::cos(yaw) * std::cos(roll), std::sin(yaw) * std::cos(roll), std::sin(roll)};
  plane.yaw_deg = pose[1];
  plane.roll_deg = pose[2];
  for (std::size_t i = 0; i < 3; ++i) plane.point_mm[i] = middle[i] + pose[0] * plane.normal[i];
  return plane;
}

struct Sample {
  Vec3 point;
  float depth;
};

class Mismatch {
 public:
  Mismatch(const std::vector<float>& bone_depth, const Grid& grid)
      : depth_{bone_depth}, grid_{grid} {}
  /// Mean distance between the bone and its mirror image, mm.
  double mean_mm(const std::vector<Sample>& samples, const SymmetryPlane& plane) const {
    double sum = 0;
    for (const Sample& sample : samples)
      sum +=
          std::min(most_apart_mm, std::abs(value_at(depth_, grid_, plane.mirrored(sample.point)) -
                                           static_cast<double>(sample.depth)));
    return sum / static_cast<double>(std::max<std::size_t>(1, samples.size()));
  }

 private:
  const std::vector<float>& depth_;
  const Grid& grid_;
};

/// Takes the one step along direction `i` when that lowers the cost `best`; whether it did.
template <class Cost>
bool step_along(std::size_t i, double step, Pose& pose, double& best, const Cost& cost) {
  Pose next = pose;
  next[i] += step;
  if (step == 0 || (i > 0 && std::abs(next[i]) > most_degrees)) return false;
  const double here = cost(next);
  const bool lower = here < best - 1e-9;
  if (lower) best = here, pose = next;
  return lower;
}

/// Steps along each free direction while that helps, ever smaller steps.
template <class Cost>
std::pair<Pose, double> descend(Pose pose, Pose step, const Cost& cost) {
  double best = cost(pose);
  while (step[0] > 0.02) {
    bool better = false;
    for (std::size_t i = 0; i < 3; ++i)
      for (const double sign : {1.0, -1.0})
        if (step_along(i, sign * step[i], pose, best, cost)) better = true;
    if (!better)
      for (double& one : step) one /= 2;
  }
  return {pose, best};
}

std::vector<Sample> samples_of(const Cranium& cranium, const std::vector<float>& bone_depth,
                               double low_mm) {
  constexpr double band_mm = 4.5;
  const Grid& grid = cranium.image.grid;
  std::vector<Sample> all;
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (std::abs(bone_depth[at]) > band_mm) return;
    const Vec3 point = grid.point_mm(column, row, slice);
    if (point[2] > low_mm) all.push_back({point, bone_depth[at]});
  });
  constexpr std::size_t wanted = 5000;
  const std::size_t every = std::max<std::size_t>(1, all.size() / wanted);
  std::vector<Sample> some;
  some.reserve(all.size() / every + 1);
  for (std::size_t i = 0; i < all.size(); i += every) some.push_back(all[i]);
  return some;
}

/// Spread of the plane's place when only a part of the skull is looked at.
double offset_sd(const std::vector<Sample>& samples, const Vec3& middle, const Pose& pose,
                 const Mismatch& mismatch) {
  double sum = 0;
  int parts = 0;
  for (const std::size_t axis : {std::size_t{1}, std::size_t{2}})
    for (const bool upper : {false, true}) {
      std::vector<Sample> part;
      std::ranges::copy_if(samples, std::back_inserter(part), [&](const Sample& sample) {
        return (sample.point[axis] > middle[axis]) == upper;
      });
      if (part.size() < 200) continue;
      const auto [there, cost] = descend(pose, {1, 0, 0}, [&](const Pose& one) {
        return mismatch.mean_mm(part, plane_at(middle, one));
      });
      sum += (there[0] - pose[0]) * (there[0] - pose[0]);
      ++parts;
    }
  return parts == 0 ? most_apart_mm : std::sqrt(sum / parts);
}

Vec3 middle_of(const Cranium& cranium) {
  Vec3 sum{};
  double count = 0;
  for_each_voxel(cranium.image.grid, [&](std::size_t at, int column, int row, int slice) {
    if (cranium.inside[at] == 0) return;
    const Vec3 point = cranium.point(column, row, slice);
    for (std::size_t i = 0; i < 3; ++i) sum[i] += point[i];
    ++count;
  });
  for (double& value : sum) value /= count;
  return sum;
}

}  // namespace

void find_symmetry(Cranium& cranium, const std::vector<float>& bone_depth) {
  const Vec3 middle = middle_of(cranium);
  constexpr double below_middle_mm = 45;  // the face and jaw are less symmetric than the skull
  const std::vector<Sample> samples = samples_of(cranium, bone_depth, middle[2] - below_middle_mm);
  const Mismatch mismatch(bone_depth, cranium.image.grid);
  const auto cost = [&](const Pose& pose) {
    // A round skull looks the same from many sides: the straight one is taken.
    return mismatch.mean_mm(samples, plane_at(middle, pose)) +
           0.002 * (std::abs(pose[1]) + std::abs(pose[2]));
  };
  std::pair<Pose, double> best{{}, 1e9};
  for (const double yaw : {0.0, -12.0, 12.0, -22.0, 22.0}) {
    const auto found = descend({0, yaw, 0}, {3, 4, 4}, cost);
    if (found.second < best.second) best = found;
  }
  SymmetryPlane plane = plane_at(middle, best.first);
  plane.residual_mm = mismatch.mean_mm(samples, plane);
  plane.offset_sd_mm = offset_sd(samples, middle, best.first, mismatch);
  if (plane.residual_mm > most_residual_mm) {
    cranium.no_plane = "the skull is not symmetric enough to serve as the midline";
    return;
  }
  cranium.plane = plane;
}

}  // namespace tomoscribe::pipeline::measure

#include "pipeline/measure/closed_skull.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr int directions = 72;
constexpr std::int16_t bone_hu = 150;
constexpr double least_mm = 35, most_mm = 110;  // median distance of the bone from its middle
constexpr double least_closed = 0.75, least_brain = 0.7, least_height_mm = 15;

struct Ring {
  double closed = 0;     ///< share of directions in which bone is met
  double radius_mm = 0;  ///< median distance to it
  double brain = 0;      ///< share of the density of brain, blood and fluid of what lies before it
};

/// One working slice seen from the middle of its body.
class SkullSection {
 public:
  SkullSection(const Scene& scene, int slice) : scene_{scene}, slice_{slice} {
    const Grid& grid = scene.work.grid;
    double count = 0;
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column) {
        const std::size_t at = grid.offset(column, row, slice);
        if (scene.body[at] == 0 || scene.work.hu[at] < bone_hu) continue;
        column_ += column, row_ += row, ++count;
      }
    column_ /= std::max(1.0, count);
    row_ /= std::max(1.0, count);
  }
  Ring ring() const {
    std::vector<double> radii;
    radii.reserve(directions);
    double tissue = 0, brain = 0;
    for (int i = 0; i < directions; ++i) {
      const double angle = 2 * std::numbers::pi * i / directions;
      const Ray ray = seen(std::cos(angle), std::sin(angle));
      if (!ray.bone) continue;
      radii.push_back(ray.steps * working_mm);
      tissue += ray.steps, brain += ray.brain;
    }
    Ring ring{.closed = static_cast<double>(radii.size()) / directions};
    if (radii.empty()) return ring;
    const auto middle = radii.begin() + static_cast<std::ptrdiff_t>(radii.size() / 2);
    std::ranges::nth_element(radii, middle);
    ring.radius_mm = *middle;
    ring.brain = tissue > 0 ? brain / tissue : 0;
    return ring;
  }

 private:
  struct Ray {
    bool bone = false;
    int steps = 0, brain = 0;  ///< voxels before the bone; those of them like brain
  };
  /// Bone nearer than 15 mm is passed: falx, pineal gland and choroid plexus may be calcified.
  Ray seen(double dx, double dy) const {
    constexpr int passed = static_cast<int>(15 / working_mm);
    const Grid& grid = scene_.work.grid;
    Ray ray;
    for (int step = 0;; ++step) {
      const int column = static_cast<int>(std::lround(column_ + step * dx));
      const int row = static_cast<int>(std::lround(row_ + step * dy));
      if (column < 0 || row < 0 || column >= grid.size[0] || row >= grid.size[1]) return ray;
      const std::size_t at = grid.offset(column, row, slice_);
      if (step > passed && scene_.work.hu[at] >= bone_hu) {
        ray.bone = true;
        return ray;
      }
      ++ray.steps;
      if (scene_.smooth[at] >= -10 && scene_.smooth[at] <= 80) ++ray.brain;
    }
  }
  const Scene& scene_;
  int slice_;
  double column_ = 0, row_ = 0;
};

bool is_skull(const Ring& ring) {
  return ring.closed >= least_closed && ring.radius_mm >= least_mm && ring.radius_mm <= most_mm &&
         ring.brain >= least_brain;
}

}  // namespace

bool shows_closed_skull(const Scene& scene, int first, int last) {
  int run = 0;
  for (int slice = first; slice <= last; ++slice) {
    run = is_skull(SkullSection(scene, slice).ring()) ? run + 1 : 0;
    if (run * working_mm >= least_height_mm) return true;
  }
  return false;
}

}  // namespace tomoscribe::pipeline::measure

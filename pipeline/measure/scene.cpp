#include "pipeline/measure/scene.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t air_limit_hu = -500;  // half way between gas and soft tissue

/// Labels of lung grown by one working voxel into unlabelled body, so that the native HU decide
/// where the border runs.
Mask with_fringe(const Mask& labels, const Grid& grid) {
  Mask result = labels;
  const auto columns = static_cast<std::ptrdiff_t>(grid.size[0]);
  const auto plane = columns * grid.size[1];
  const std::array<std::ptrdiff_t, 6> steps{1, -1, columns, -columns, plane, -plane};
  const auto count = static_cast<std::ptrdiff_t>(labels.size());
  for (std::ptrdiff_t at = plane; at < count - plane; ++at) {
    const std::uint8_t label = labels[static_cast<std::size_t>(at)];
    if (label != right_lung && label != left_lung) continue;
    for (const std::ptrdiff_t step : steps) {
      std::uint8_t& neighbour = result[static_cast<std::size_t>(at + step)];
      if (neighbour == nothing || neighbour == Label::body) neighbour = label;
    }
  }
  return result;
}

/// The working voxels nearest to one native row.
class RowInWork {
 public:
  RowInWork(const Vec3& first, const Vec3& step, const std::array<int, 3>& size, int columns)
      : at_{first}, step_{step}, size_{size}, to_{columns} {
    for (std::size_t i = 0; i < 3; ++i) clip(i);
    for (std::size_t i = 0; i < 3; ++i) at_[i] += from_ * step_[i] + 0.5;
  }
  int from() const { return from_; }  ///< first column inside the working grid
  int to() const { return to_; }      ///< one past the last
  /// Offset of the next column, from `from()` on.
  std::size_t next() {
    std::array<std::size_t, 3> index{};
    for (std::size_t i = 0; i < 3; ++i) {
      index[i] = static_cast<std::size_t>(std::clamp(static_cast<int>(at_[i]), 0, size_[i] - 1));
      at_[i] += step_[i];
    }
    return (index[2] * static_cast<std::size_t>(size_[1]) + index[1]) *
               static_cast<std::size_t>(size_[0]) +
           index[0];
  }

 private:
  /// Keeps the columns whose nearest index along axis `i` exists.
  void clip(std::size_t i) {
    const double low = -0.5 - at_[i], high = size_[i] - 0.5 - at_[i];
    if (std::abs(step_[i]) < 1e-9) {
      if (low > 0 || high <= 0) to_ = from_;
      return;
    }
    const double one = low / step_[i], other = high / step_[i], far = to_;
    from_ =
        std::max(from_, static_cast<int>(std::ceil(std::clamp(std::min(one, other), 0.0, far))));
    to_ = std::min(to_, static_cast<int>(std::ceil(std::clamp(std::max(one, other), 0.0, far))));
  }

  Vec3 at_, step_;
  std::array<int, 3> size_;
  int from_ = 0, to_;
};

std::uint8_t native_label(std::uint8_t working, std::int16_t hu, std::int16_t lung_border_hu) {
  switch (working) {
    case right_lung:
    case left_lung: return hu < lung_border_hu ? working : std::uint8_t{body};
    case right_pleural_gas:
    case left_pleural_gas:
    case airway: return hu < air_limit_hu ? working : std::uint8_t{body};
    default: return working;
  }
}

}  // namespace

bool Aorta::covers(int slice) const {
  return slice >= 0 && slice < static_cast<int>(at.size()) &&
         at[static_cast<std::size_t>(slice)].score > 0;
}

std::string Vertebra::name() const {
  if (number < 1) return {};
  if (number <= 7) return "C" + std::to_string(number);
  if (number <= 19) return "T" + std::to_string(number - 7);
  if (number <= 24) return "L" + std::to_string(number - 19);
  return "S" + std::to_string(number - 24);
}

const Vertebra* Vertebrae::find(int number) const {
  const auto found = std::ranges::find(all, number, &Vertebra::number);
  return found == all.end() ? nullptr : &*found;
}

double Scene::share(BodyRegion region) const {
  if (regions.empty()) return 0;
  return static_cast<double>(std::ranges::count(regions, region)) /
         static_cast<double>(regions.size());
}

reporting::Finding& finding(Findings& findings, std::string_view id) {
  const auto found = std::ranges::find(findings, id, &reporting::Finding::id);
  if (found == findings.end()) throw std::logic_error("no earlier step made this finding");
  return *found;
}

double noise_hu(const Scene& scene) {
  constexpr std::size_t every = 7, enough = 100;  // a sample is enough
  constexpr double least_hu = 2, otherwise_hu = 10;
  double squares = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < scene.smooth.size(); i += every) {
    if (scene.body[i] == 0 || scene.smooth[i] < 30 || scene.smooth[i] > 90) continue;
    const double away = scene.work.hu[i] - scene.smooth[i];
    if (std::abs(away) > 150) continue;  // an edge, not noise
    squares += away * away;
    ++count;
  }
  return count < enough ? otherwise_hu
                        : std::max(least_hu, std::sqrt(squares / static_cast<double>(count)));
}

void label_native(Scene& scene) {
  const Grid& native = scene.volume.grid;
  const Grid& work = scene.work.grid;
  const Mask labels = with_fringe(scene.labels, work);
  scene.native.size = native.size;
  scene.native.labels.assign(native.voxels(), nothing);
  scene.sections.of.assign(static_cast<std::size_t>(native.size[2]), {});
  const Vec3 origin = work.index_at(native.origin_mm);
  const Vec3 one_column = work.index_at(native.point_mm(1, 0, 0));
  const Vec3 step{one_column[0] - origin[0], one_column[1] - origin[1], one_column[2] - origin[2]};
  for (int slice = 0; slice < native.size[2]; ++slice) {
    auto& sections = scene.sections.of[static_cast<std::size_t>(slice)];
    for (int row = 0; row < native.size[1]; ++row) {
      RowInWork walk(work.index_at(native.point_mm(0, row, slice)), step, work.size,
                     native.size[0]);
      std::size_t at = native.offset(walk.from(), row, slice);
      for (int column = walk.from(); column < walk.to(); ++column, ++at) {
        const std::uint8_t label =
            native_label(labels[walk.next()], scene.volume.hu[at], scene.lung_border_hu);
        scene.native.labels[at] = label;
        Section& section = sections[label];
        ++section.voxels;
        section.columns += static_cast<std::uint64_t>(column);
        section.rows += static_cast<std::uint64_t>(row);
      }
    }
  }
}

std::size_t Sections::voxels(Label label) const {
  std::size_t sum = 0;
  for (const auto& slice : of) sum += slice[label].voxels;
  return sum;
}

}  // namespace tomoscribe::pipeline::measure

// Motion: the outline of the body steps from one slice to the next, against what its neighbours do.
// Source: QUANTIFICATION B, "motion".
#include <algorithm>
#include <cmath>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

constexpr double least_step_mm = 2.5, per_spacing = 0.6;
constexpr int around = 4;       // neighbours on each side that say how the outline runs
constexpr double often = 0.10;  // of the slices
constexpr std::size_t least_rows = 20;

/// Outermost body pixels of each row: first and last column, or -1.
struct Outline {
  std::vector<int> low, high;
};

Outline outline_of(const measure::Scene& scene, int slice) {
  const Grid& grid = scene.volume.grid;
  const auto rows = static_cast<std::size_t>(grid.size[1]);
  Outline outline{.low = std::vector<int>(rows, -1), .high = std::vector<int>(rows, -1)};
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column) {
      if (scene.native.labels[grid.offset(column, row, slice)] == measure::nothing) continue;
      const auto at = static_cast<std::size_t>(row);
      if (outline.low[at] < 0) outline.low[at] = column;
      outline.high[at] = column;
    }
  return outline;
}

/// How far the outline moves sideways from one slice to the next, mm: both edges together, so that
/// a body that grows wider does not count.
double moved_mm(const Outline& from, const Outline& to, double pixel_mm) {
  std::vector<double> shifts;
  shifts.reserve(from.low.size());
  for (std::size_t row = 0; row < from.low.size(); ++row)
    if (from.low[row] >= 0 && to.low[row] >= 0)
      shifts.push_back(0.5 * (to.low[row] + to.high[row] - from.low[row] - from.high[row]));
  return shifts.size() < least_rows ? 0 : median(std::move(shifts)) * pixel_mm;
}

/// How far its front edge moves, mm: chest and belly in breathing.
std::vector<double> fronts_mm(const measure::Scene& scene) {
  const Grid& grid = scene.volume.grid;
  std::vector<double> fronts;
  fronts.reserve(static_cast<std::size_t>(grid.size[2]));
  for (int slice = 0; slice < grid.size[2]; ++slice) {
    std::vector<double> first;
    for (int column = grid.size[0] / 3; column < grid.size[0] * 2 / 3; ++column)
      for (int row = 0; row < grid.size[1]; ++row)
        if (scene.native.labels[grid.offset(column, row, slice)] != measure::nothing) {
          first.push_back(row);
          break;
        }
    fronts.push_back(first.size() < least_rows ? -1
                                               : median(std::move(first)) * grid.spacing_mm()[1]);
  }
  return fronts;
}

/// The trunk moves in breathing; the front of head and neck is too uneven to tell.
bool is_trunk(const measure::Scene& scene, int slice) {
  const Grid& native = scene.volume.grid;
  const Vec3 middle = native.point_mm(native.size[0] / 2.0, native.size[1] / 2.0, slice);
  const auto at = std::lround(scene.work.grid.index_at(middle)[2]);
  if (at < 0 || at >= static_cast<long>(scene.regions.size())) return false;
  const auto region = scene.regions[static_cast<std::size_t>(at)];
  return region != measure::BodyRegion::none && region != measure::BodyRegion::head;
}

/// Steps that leave the course of their neighbours by more than `limit`.
void add_jumps(const std::vector<double>& steps, double limit, std::vector<int>& jumps) {
  const int count = static_cast<int>(steps.size());
  constexpr int ends = 2;  // where the body comes into the scan, its outline is no guide
  for (int i = ends; i < count - ends; ++i) {
    std::vector<double> near;
    for (int j = std::max(0, i - around); j <= std::min(count - 1, i + around); ++j)
      near.push_back(steps[static_cast<std::size_t>(j)]);
    if (std::abs(steps[static_cast<std::size_t>(i)] - median(std::move(near))) > limit)
      jumps.push_back(i + 1);
  }
}

}  // namespace

Result motion(const measure::Scene& scene) {
  if (scene.native.labels.empty()) return passed();
  const Grid& grid = scene.volume.grid;
  const double limit = least_step_mm + per_spacing * grid.spacing_mm()[2];
  const std::vector<double> fronts = fronts_mm(scene);
  std::vector<double> sideways, forwards;
  Outline before = outline_of(scene, 0);
  for (int slice = 1; slice < grid.size[2]; ++slice) {
    Outline here = outline_of(scene, slice);
    sideways.push_back(moved_mm(before, here, grid.spacing_mm()[0]));
    const auto at = static_cast<std::size_t>(slice);
    const bool known = fronts[at] >= 0 && fronts[at - 1] >= 0 && is_trunk(scene, slice);
    forwards.push_back(known ? fronts[at] - fronts[at - 1] : 0);
    before = std::move(here);
  }
  std::vector<int> jumps;
  add_jumps(sideways, limit, jumps);
  add_jumps(forwards, limit, jumps);
  std::ranges::sort(jumps);
  jumps.erase(std::unique(jumps.begin(), jumps.end()), jumps.end());
  if (jumps.empty()) return passed();
  std::string reason = "the outline of the body jumps at " + image_words(scene.volume, jumps) +
                       ": motion between slices";
  if (static_cast<double>(jumps.size()) > often * grid.size[2])
    return restricted({Use::nodules, Use::calcium, Use::symmetry}, std::move(reason));
  return passed(std::move(reason));
}

}  // namespace tomoscribe::pipeline::gates

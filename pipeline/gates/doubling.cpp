// Breathing within a slice: the front of the trunk is seen twice, a step of half density apart,
// while its flanks, which hardly move, stay sharp.
// Source: QUANTIFICATION B, "motion" (double edges).
#include <algorithm>
#include <cmath>
#include <optional>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

constexpr std::int16_t outside_hu = -700;  // denser than bedclothes
constexpr std::int16_t inside_hu = -250;   // less dense than fat and skin
constexpr double deepest_mm = 25;          // an edge is not wider
constexpr double step_mm = 2;              // wider than the flank's by that: doubled
constexpr double often = 0.5;  // of the slices looked at: obliquely cut fronts are wide too
constexpr std::size_t least_lines = 20, least_slices = 3;
constexpr double sample_mm = 5;

/// How far apart the two limits are crossed on a line that comes in from the air, in samples.
/// `hu(i)` is the line, `count` its length; nothing where it does not come in from air.
template <class Line>
std::optional<double> edge_width(const Line& hu, int count, int deepest) {
  int at = 0;
  while (at < count && hu(at) < outside_hu) ++at;
  if (at == 0 || at == count) return std::nullopt;
  const auto crossing = [&](int above, double limit) {
    const double before = hu(above - 1), here = hu(above);
    return above - 1 + (limit - before) / std::max(1.0, here - before);
  };
  const double outer = crossing(at, outside_hu);
  const int last = std::min(count, at + deepest);
  while (at < last && hu(at) < inside_hu) ++at;
  if (at == last) return std::nullopt;  // a line along the skin, or through the arm's gap
  return crossing(at, inside_hu) - outer;
}

/// Median width of the edge in front and at both flanks, mm.
struct Widths {
  double front = 0, flank = 0;
};

std::optional<Widths> widths(const Volume& volume, int slice) {
  const Grid& grid = volume.grid;
  const Vec3 spacing = grid.spacing_mm();
  const int columns = grid.size[0], rows = grid.size[1];
  std::vector<double> front, flank;
  for (int column = columns * 2 / 5; column < columns * 3 / 5; ++column)
    if (const auto width = edge_width([&](int row) { return volume.at(column, row, slice); }, rows,
                                      static_cast<int>(deepest_mm / spacing[1])))
      front.push_back(*width * spacing[1]);
  const int deepest = static_cast<int>(deepest_mm / spacing[0]);
  for (int row = rows * 2 / 5; row < rows * 3 / 5; ++row) {
    const auto left = [&](int column) { return volume.at(column, row, slice); };
    const auto right = [&](int column) { return volume.at(columns - 1 - column, row, slice); };
    if (const auto width = edge_width(left, columns, deepest)) flank.push_back(*width * spacing[0]);
    if (const auto width = edge_width(right, columns, deepest))
      flank.push_back(*width * spacing[0]);
  }
  if (front.size() < least_lines || flank.size() < least_lines) return std::nullopt;
  return Widths{.front = median(front), .flank = median(flank)};
}

}  // namespace

Result doubling(const measure::Scene& scene) {
  const Volume& volume = scene.volume;
  const double front_side = volume.grid.step_mm[1][1];
  // Only where the rows run from front to back: then the first rows are the front of the patient.
  if (front_side < 0.8 * volume.grid.spacing_mm()[1]) return passed();
  const int stride = std::max(1, static_cast<int>(sample_mm / volume.grid.spacing_mm()[2]));
  std::vector<int> doubled;
  std::size_t seen = 0;
  for (int slice = 0; slice < volume.grid.size[2]; slice += stride) {
    const Vec3 middle =
        volume.grid.point_mm(volume.grid.size[0] / 2.0, volume.grid.size[1] / 2.0, slice);
    const auto at = std::lround(scene.work.grid.index_at(middle)[2]);
    if (at < 0 || at >= static_cast<long>(scene.regions.size())) continue;
    const auto region = scene.regions[static_cast<std::size_t>(at)];
    if (region != measure::BodyRegion::chest && region != measure::BodyRegion::abdomen) continue;
    const auto found = widths(volume, slice);
    if (!found) continue;
    ++seen;
    if (found->front - found->flank > step_mm) doubled.push_back(slice);
  }
  if (doubled.size() < least_slices ||
      static_cast<double>(doubled.size()) < often * static_cast<double>(seen))
    return passed();
  return restricted({Use::nodules, Use::calcium},
                    "the front of the body is seen twice on " + std::to_string(doubled.size()) +
                        " of " + std::to_string(seen) +
                        " slices looked at: breathing during the scan");
}

}  // namespace tomoscribe::pipeline::gates

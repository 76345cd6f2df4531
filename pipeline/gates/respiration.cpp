// Expiration: the membrane at the back of the trachea bows forward, so that within the chest it is
// shallow in its middle. Breath held in inspiration leaves it round or bowed outward.
// Source: QUANTIFICATION B, "expiration".
#include <algorithm>
#include <array>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

constexpr double shallow = 0.6;  // depth in the middle over width; about 1 in inspiration
constexpr double often = 0.5;    // of the sections of the trachea within the chest
constexpr double least_width_mm = 9, least_track_mm = 20;

/// The airway on one working slice.
struct Section {
  int columns = 0;  ///< that it covers
  int middle = 0;   ///< voxels in its middle column
  bool one = true;  ///< no gap from its first to its last column: not yet two bronchi
};

Section section_of(const measure::Scene& scene, int slice, std::vector<int>& depth) {
  const Grid& grid = scene.work.grid;
  depth.assign(static_cast<std::size_t>(grid.size[0]), 0);
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column)
      if (scene.labels[grid.offset(column, row, slice)] == measure::airway)
        ++depth[static_cast<std::size_t>(column)];
  const auto any = [](int count) { return count > 0; };
  const auto first = std::ranges::find_if(depth, any);
  Section section;
  if (first == depth.end()) return section;
  const auto last = std::find_if(depth.rbegin(), depth.rend(), any).base();
  section.columns = static_cast<int>(last - first);
  section.one = std::all_of(first, last, any);
  section.middle = *(first + section.columns / 2);
  return section;
}

bool within_chest(const measure::Scene& scene, int slice) {
  const Grid& grid = scene.work.grid;
  const auto from = scene.labels.begin() + static_cast<std::ptrdiff_t>(grid.offset(0, 0, slice));
  const auto to = from + static_cast<std::ptrdiff_t>(grid.offset(0, 0, 1));
  return std::any_of(from, to, [](std::uint8_t label) {
    return label == measure::right_lung || label == measure::left_lung;
  });
}

/// Sections of the trachea within the chest, and how many of them are shallow.
struct Trachea {
  int sections = 0, flat = 0;
};

Trachea trachea_of(const measure::Scene& scene) {
  Trachea trachea;
  std::vector<int> depth;
  bool begun = false;
  for (int slice = scene.work.grid.size[2] - 1; slice >= 0; --slice) {
    const Section section = section_of(scene, slice, depth);
    if (section.columns == 0 && !begun) continue;
    if (section.columns == 0 || !section.one) break;  // the end of it, or below the carina
    begun = true;
    if (section.columns * measure::working_mm < least_width_mm || !within_chest(scene, slice))
      continue;
    ++trachea.sections;
    if (section.middle < shallow * section.columns) ++trachea.flat;
  }
  return trachea;
}

}  // namespace

Result respiration(const measure::Scene& scene) {
  if (!scene.shows(measure::BodyRegion::chest) || scene.labels.empty()) return passed();
  const Trachea trachea = trachea_of(scene);
  if (trachea.sections * measure::working_mm < least_track_mm ||
      trachea.flat < often * trachea.sections)
    return passed();
  return restricted({Use::low_attenuation, Use::proportions},
                    "the trachea is flattened from behind: breathed out, or a soft trachea");
}

}  // namespace tomoscribe::pipeline::gates

// Left and right as the organs lie, against the direction cosines: the heart leans to the left, the
// liver fills the right. Mirrored organs mean a wrong header or situs inversus: either way no claim
// of a side may be made by the program alone.
// Source: QUANTIFICATION B, "laterality sanity".
#include <algorithm>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"
#include "pipeline/gates/sides.h"

namespace tomoscribe::pipeline::gates {
namespace {

constexpr double below_dome_mm = 45;  // from the lowest lung of some size, headwards
constexpr std::int16_t organ_low_hu = 0, organ_high_hu = 150;
constexpr double clear_excess = 0.12;  // (right - left) / (right + left) of a share that tells
constexpr double least_ml = 60;

/// Volumes to the right and the left of a middle, mL.
struct Balance {
  double right = 0, left = 0;
  /// +1: more on the right for certain; -1: on the left; 0: no telling.
  int lean() const {
    const double all = right + left;
    if (all < least_ml) return 0;
    const double excess = (right - left) / all;
    return excess > clear_excess ? 1 : excess < -clear_excess ? -1 : 0;
  }
};

Columns body_columns(const measure::Scene& scene, int slice) {
  const Grid& grid = scene.work.grid;
  Columns columns;
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column)
      if (scene.body[grid.offset(column, row, slice)] != 0) columns.add(column);
  return columns;
}

/// Soft tissue of one slice that `inside` says yes to, by the side of the body's middle.
template <class Inside>
void add_slice(const measure::Scene& scene, int slice, Balance& balance, const Inside& inside) {
  const Grid& grid = scene.work.grid;
  const double middle = body_columns(scene, slice).middle();
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column) {
      const std::size_t at = grid.offset(column, row, slice);
      const int hu = scene.smooth[at];
      if (scene.labels[at] != measure::body || hu < organ_low_hu || hu > organ_high_hu) continue;
      if (inside(row, column)) (column < middle ? balance.right : balance.left) += grid.voxel_ml();
    }
}

/// Soft tissue between the lungs, a third to six tenths of their height up: heart.
Balance heart_balance(const measure::Scene& scene, const LungSpan& span) {
  Balance balance;
  const int height = span.high - span.low;
  for (int slice = span.low + height / 3; slice < span.low + height * 6 / 10; ++slice) {
    const std::vector<Columns> lungs = lung_columns(scene, slice);
    add_slice(scene, slice, balance, [&](int row, int column) {
      return lungs[static_cast<std::size_t>(row)].hold(column);
    });
  }
  return balance;
}

/// Soft tissue at and below the domes: liver against stomach and spleen.
Balance liver_balance(const measure::Scene& scene, const LungSpan& span) {
  const Grid& grid = scene.work.grid;
  Balance balance;
  const int reach = static_cast<int>(below_dome_mm / measure::working_mm);
  const int low = std::max(0, span.low - reach / 2),
            high = std::min(grid.size[2], span.low + reach);
  for (int slice = low; slice < high; ++slice)
    add_slice(scene, slice, balance, [](int, int) { return true; });
  return balance;
}

}  // namespace

Result laterality(const measure::Scene& scene) {
  if (scene.labels.empty()) return passed();
  const LungSpan span = lung_span(scene);
  if (span.high - span.low < 40) return passed();  // 6 cm of lung
  const int heart = heart_balance(scene, span).lean(), liver = liver_balance(scene, span).lean();
  if (heart > 0 && liver < 0)
    return restricted({Use::laterality},
                      "the heart leans to the right and the liver lies on the left: mirrored "
                      "images or situs inversus");
  return passed();
}

}  // namespace tomoscribe::pipeline::gates

#pragma once
// The sides of the patient as the pixels show them.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::gates {

enum class Side : std::uint8_t { front, back, right, left };

/// Where the table lies, seen from the patient (LPS); nullopt where none is seen on most slices.
/// The side that is down is this one: dependent fluid is looked for there.
std::optional<Side> table_side(const measure::Scene& scene);

/// The side on which the patient lies, as Patient Position (0018,5100) says; nullopt when it does
/// not.
std::optional<Side> stated_side(const std::string& position);

/// "supine", "prone", "on the right side".
std::string lying_on(Side side);

/// Working slices with lung of some size; -1 where there is none.
struct LungSpan {
  int low = -1, high = -1;
};
LungSpan lung_span(const measure::Scene& scene);

/// First and last column of something.
struct Columns {
  int low = 1 << 30, high = -1;
  void add(int column) { low = std::min(low, column), high = std::max(high, column); }
  bool hold(int column) const { return column > low && column < high; }
  double middle() const { return 0.5 * (low + high); }
};
/// Of the lungs in one working slice, a row: the mediastinum lies between them.
std::vector<Columns> lung_columns(const measure::Scene& scene, int slice);

}  // namespace tomoscribe::pipeline::gates

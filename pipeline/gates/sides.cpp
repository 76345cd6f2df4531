#include "pipeline/gates/sides.h"

#include <algorithm>

namespace tomoscribe::pipeline::gates {
namespace {

constexpr double least_lung_cm2 = 30;

bool is_lung(std::uint8_t label) {
  return label == measure::right_lung || label == measure::left_lung;
}

}  // namespace

LungSpan lung_span(const measure::Scene& scene) {
  const Grid& grid = scene.work.grid;
  const auto plane = static_cast<std::ptrdiff_t>(grid.offset(0, 0, 1));
  const auto least = static_cast<std::ptrdiff_t>(least_lung_cm2 * 100 /
                                                 (measure::working_mm * measure::working_mm));
  LungSpan span;
  if (scene.labels.empty()) return span;
  for (int slice = 0; slice < grid.size[2]; ++slice) {
    const auto first = scene.labels.begin() + plane * slice;
    if (std::count_if(first, first + plane, is_lung) < least) continue;
    if (span.low < 0) span.low = slice;
    span.high = slice;
  }
  return span;
}

std::vector<Columns> lung_columns(const measure::Scene& scene, int slice) {
  const Grid& grid = scene.work.grid;
  std::vector<Columns> columns(static_cast<std::size_t>(grid.size[1]));
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column)
      if (is_lung(scene.labels[grid.offset(column, row, slice)]))
        columns[static_cast<std::size_t>(row)].add(column);
  return columns;
}

}  // namespace tomoscribe::pipeline::gates

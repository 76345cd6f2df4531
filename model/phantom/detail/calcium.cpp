#include "model/phantom/detail/calcium.h"

#include <algorithm>
#include <cstddef>

namespace tomoscribe::model::phantom {

namespace {

constexpr float threshold_hu = 130;
constexpr double least_area_mm2 = 1;
constexpr int margin = 2;  ///< pixels around the painted voxels that the blur may have lifted

int weight(float peak_hu) {
  if (peak_hu >= 400) return 4;
  if (peak_hu >= 300) return 3;
  return peak_hu >= 200 ? 2 : 1;
}

/// The part of a slice around the runs; 1 where calcium may be counted.
struct Patch {
  int column0, row0, columns, rows;
  std::vector<std::uint8_t> open;
  std::size_t at(int column, int row) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
           static_cast<std::size_t>(column);
  }
};

Patch patch_of(std::span<const Run> runs, const std::vector<float>& hu, int columns, int rows) {
  int column0 = columns, row0 = rows, column1 = 0, row1 = 0;
  for (const Run& run : runs) {
    column0 = std::min(column0, run.column - margin);
    column1 = std::max(column1, run.column + run.length + margin);
    row0 = std::min(row0, run.row - margin);
    row1 = std::max(row1, run.row + margin + 1);
  }
  column0 = std::max(column0, 0);
  row0 = std::max(row0, 0);
  Patch patch{column0, row0, std::min(column1, columns) - column0, std::min(row1, rows) - row0, {}};
  patch.open.resize(static_cast<std::size_t>(patch.columns) * static_cast<std::size_t>(patch.rows));
  for (const Run& run : runs)
    for (int row = std::max(run.row - margin, row0);
         row <= std::min(run.row + margin, row0 + patch.rows - 1); ++row)
      for (int column = std::max(run.column - margin, column0);
           column < std::min(run.column + run.length + margin, column0 + patch.columns); ++column) {
        const float value = hu[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                               static_cast<std::size_t>(column)];
        if (value >= threshold_hu) patch.open[patch.at(column - column0, row - row0)] = 1;
      }
  return patch;
}

struct Piece {
  int pixels = 0;
  float peak_hu = 0;
};

/// Takes the piece that holds a pixel (neighbours on all eight sides) out of the patch.
Piece take(Patch& patch, std::size_t start, const std::vector<float>& hu, int columns) {
  Piece piece;
  std::vector<std::size_t> stack{start};
  patch.open[start] = 0;
  while (!stack.empty()) {
    const auto column = static_cast<int>(stack.back() % static_cast<std::size_t>(patch.columns)),
               row = static_cast<int>(stack.back() / static_cast<std::size_t>(patch.columns));
    stack.pop_back();
    ++piece.pixels;
    piece.peak_hu =
        std::max(piece.peak_hu,
                 hu[static_cast<std::size_t>(row + patch.row0) * static_cast<std::size_t>(columns) +
                    static_cast<std::size_t>(column + patch.column0)]);
    for (int y = std::max(row - 1, 0); y <= std::min(row + 1, patch.rows - 1); ++y)
      for (int x = std::max(column - 1, 0); x <= std::min(column + 1, patch.columns - 1); ++x)
        if (patch.open[patch.at(x, y)] != 0) {
          patch.open[patch.at(x, y)] = 0;
          stack.push_back(patch.at(x, y));
        }
  }
  return piece;
}

}  // namespace

double agatston_of_slice(std::span<const Run> runs, const std::vector<float>& hu, int columns,
                         int rows, double pixel_mm2) {
  if (runs.empty()) return 0;
  Patch patch = patch_of(runs, hu, columns, rows);
  double sum = 0;
  for (std::size_t i = 0; i < patch.open.size(); ++i) {
    if (patch.open[i] == 0) continue;
    const Piece piece = take(patch, i, hu, columns);
    const double area = piece.pixels * pixel_mm2;
    if (area >= least_area_mm2) sum += area * weight(piece.peak_hu);
  }
  return sum;
}

}  // namespace tomoscribe::model::phantom

// A canal is soft tissue with bone in most directions and a vertebral body in front (QUANTIFICATION
// A, S6). Each slice of a 3 mm grid is scored; the best path from slice to slice (Viterbi) moves by
// no more than its neighbours.
#include "pipeline/measure/scaffold/canal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "pipeline/measure/scaffold/grid_path.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr int stride = 2;                          // 3 mm
constexpr std::int16_t wall_hu = 150;              // partial volume thins the arch in thick slices
constexpr int least_hu = -50, most_hu = 100;       // cord, fluid and fat, smoothed
constexpr int far_tenths = 10000;                  // no bone that way
constexpr int reach_tenths = 200;                  // 20 mm
constexpr int least_width = 90, most_width = 340;  // of the canal, tenths of a millimetre
constexpr double shift_cost = 0.04;                // per step sideways
constexpr float not_here = -1;

/// A direction in the plane and its length in tenths of a millimetre. Between here and there lie
/// up to two more pixels.
struct Direction {
  int columns, rows, tenths;
};
constexpr std::array<Direction, 8> half_circle{{{1, 0, 15},
                                                {2, 1, 34},
                                                {1, 1, 21},
                                                {1, 2, 34},
                                                {0, 1, 15},
                                                {-1, 2, 34},
                                                {-1, 1, 21},
                                                {-2, 1, 34}}};

using Distances = std::vector<std::uint16_t>;

/// Distance to the first bone from every pixel of one slice, one direction. Every pixel looks at
/// its neighbour that way, which was looked at before.
void look(const std::vector<std::uint8_t>& wall, int columns, int rows, const Direction& to,
          Distances& tenths) {
  const auto at = [&](int column, int row) { return index_of(row * columns + column); };
  const auto is_wall = [&](int column, int row) { return wall[at(column, row)] != 0; };
  const int half_c = to.columns / 2, half_r = to.rows / 2;
  const int other_c = to.columns - half_c, other_r = to.rows - half_r;
  for (int i = 0; i < rows; ++i) {
    const int row = to.rows > 0 ? rows - 1 - i : i;
    for (int j = 0; j < columns; ++j) {
      const int column = to.columns > 0 ? columns - 1 - j : j;
      const int c = column + to.columns, r = row + to.rows;
      std::uint16_t& here = tenths[at(column, row)];
      if (c < 0 || r < 0 || c >= columns || r >= rows)
        here = far_tenths;
      else if (is_wall(c, r) || is_wall(column + half_c, row + half_r) ||
               is_wall(column + other_c, row + other_r))
        here = static_cast<std::uint16_t>(to.tenths);
      else
        here = static_cast<std::uint16_t>(std::min<int>(far_tenths, tenths[at(c, r)] + to.tenths));
    }
  }
}

/// How well two opposite looks fit a canal, 0 to 1.
float pair_score(int one, int other) {
  const bool hit = one <= reach_tenths, opposite = other <= reach_tenths;
  if (!hit && !opposite) return 0;
  if (!hit || !opposite) return std::min(one, other) <= 150 ? 0.35F : 0;
  const int width = one + other;
  if (width < least_width || width > most_width) return 0;
  return 1 - 0.5F * static_cast<float>(std::abs(one - other)) / static_cast<float>(width);
}

/// Sums over rectangles of a slice in constant time.
class RectangleSums {
 public:
  RectangleSums(const std::vector<float>& values, int columns, int rows)
      : width_{columns + 1}, rows_{rows}, sums_(static_cast<std::size_t>(width_ * (rows + 1)), 0) {
    for (int row = 0; row < rows; ++row) {
      double line = 0;
      for (int column = 0; column < columns; ++column) {
        line += values[index_of(row * columns + column)];
        sums_[at(column + 1, row + 1)] = sums_[at(column + 1, row)] + line;
      }
    }
  }
  /// Mean over [c0, c1) x [r0, r1); what lies outside the slice counts as 0.
  double mean(int c0, int r0, int c1, int r1) const {
    const double all = static_cast<double>(c1 - c0) * (r1 - r0);
    c0 = std::clamp(c0, 0, width_ - 1), c1 = std::clamp(c1, 0, width_ - 1);
    r0 = std::clamp(r0, 0, rows_), r1 = std::clamp(r1, 0, rows_);
    return (sums_[at(c1, r1)] - sums_[at(c0, r1)] - sums_[at(c1, r0)] + sums_[at(c0, r0)]) / all;
  }

 private:
  std::size_t at(int column, int row) const { return index_of(row * width_ + column); }
  int width_, rows_;
  std::vector<double> sums_;
};

/// Where the body lies on one slice.
struct BodyExtent {
  double middle_column = 0;
  std::vector<int> front, back;  ///< rows, per column; back < front where there is none
};

BodyExtent extent_of(const Scene& scene, int slice) {
  const Grid& grid = scene.work.grid;
  BodyExtent extent{.front = std::vector<int>(static_cast<std::size_t>(grid.size[0]), 1 << 20),
                    .back = std::vector<int>(static_cast<std::size_t>(grid.size[0]), -1)};
  double sum = 0, count = 0;
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column) {
      if (scene.body[grid.offset(column, row, slice)] == 0) continue;
      const auto c = static_cast<std::size_t>(column);
      extent.front[c] = std::min(extent.front[c], row);
      extent.back[c] = std::max(extent.back[c], row);
      sum += column;
      ++count;
    }
  if (count > 0) extent.middle_column = sum / count;
  return extent;
}

/// What speaks against a canal here: far from the body's middle, in its front half, under the skin.
double prior_cost(const BodyExtent& extent, int column, int row) {
  const auto c = static_cast<std::size_t>(column);
  const double aside_mm = std::abs(column - extent.middle_column) * working_mm;
  const double depth_mm = (extent.back[c] - row) * working_mm;
  const double share =
      static_cast<double>(row - extent.front[c]) / std::max(1, extent.back[c] - extent.front[c]);
  double cost = 0.25 * std::min(1.0, std::pow(aside_mm / 70, 2));
  if (share < 0.5) cost += 1.5 * (0.5 - share);
  if (depth_mm < 20) cost += 0.02 * (20 - depth_mm);
  return cost;
}

/// Scores of one slice on the 3 mm grid.
class SliceScores {
 public:
  explicit SliceScores(const Scene& scene)
      : scene_{scene}, columns_{scene.work.grid.size[0]}, rows_{scene.work.grid.size[1]} {
    const auto plane = index_of(columns_ * rows_);
    wall_.resize(plane);
    dense_.resize(plane);
    for (auto& distances : there_) distances.resize(plane);
    for (auto& distances : back_) distances.resize(plane);
  }

  void of(int slice, std::vector<float>& scores) {
    const std::size_t base = scene_.work.grid.offset(0, 0, slice);
    for (std::size_t i = 0; i < wall_.size(); ++i) {
      const bool inside = scene_.body[base + i] != 0;
      wall_[i] = inside && scene_.work.hu[base + i] > wall_hu ? 1 : 0;
      dense_[i] =
          inside ? std::clamp((static_cast<float>(scene_.smooth[base + i]) - 30) / 120, 0.0F, 1.0F)
                 : 0;
    }
    for (std::size_t i = 0; i < half_circle.size(); ++i) {
      const Direction& to = half_circle[i];
      look(wall_, columns_, rows_, to, there_[i]);
      look(wall_, columns_, rows_, {-to.columns, -to.rows, to.tenths}, back_[i]);
    }
    const RectangleSums dense(dense_, columns_, rows_);
    const BodyExtent extent = extent_of(scene_, slice);
    std::size_t at = 0;
    for (int row = 0; row < rows_; row += stride)
      for (int column = 0; column < columns_; column += stride)
        scores[at++] = score(base, column, row, dense, extent);
  }

 private:
  float score(std::size_t base, int column, int row, const RectangleSums& dense,
              const BodyExtent& extent) const {
    const auto at = index_of(row * columns_ + column);
    const int hu = scene_.smooth[base + at];
    if (scene_.body[base + at] == 0 || hu < least_hu || hu > most_hu + 60) return not_here;
    float enclosed = 0;
    for (std::size_t i = 0; i < half_circle.size(); ++i)
      enclosed += pair_score(there_[i][at], back_[i][at]);
    enclosed /= half_circle.size();
    if (hu > most_hu) enclosed *= 0.5F;
    // The body lies 9 to 27 mm in front, 18 mm wide at least.
    const double body = dense.mean(column - 6, row - 18, column + 7, row - 6);
    return static_cast<float>(0.65 * enclosed + 0.35 * body - prior_cost(extent, column, row));
  }

  const Scene& scene_;
  int columns_, rows_;
  std::vector<std::uint8_t> wall_;
  std::vector<float> dense_;
  std::array<Distances, 8> there_, back_;
};

}  // namespace

std::vector<CanalPoint> canal_path(const Scene& scene) {
  if (scene.labels.empty()) return {};
  const auto& size = scene.work.grid.size;
  const int columns = (size[0] + stride - 1) / stride, rows = (size[1] + stride - 1) / stride;
  const int slices = (size[2] + stride - 1) / stride;
  SliceScores scorer(scene);
  GridPath best(columns, rows);
  std::vector<std::vector<float>> all(static_cast<std::size_t>(slices));
  for (int slice = 0; slice < slices; ++slice) {
    auto& scores = all[static_cast<std::size_t>(slice)];
    scores.resize(index_of(columns * rows));
    scorer.of(slice * stride, scores);
    best.add(scores,
             [](std::size_t before, std::size_t at) { return before == at ? 0.0 : shift_cost; });
  }
  const std::vector<std::size_t> coarse = best.path();
  const auto column_of = [&](std::size_t i) {
    return static_cast<double>(stride) *
           static_cast<double>(coarse[i] % static_cast<std::size_t>(columns));
  };
  const auto row_of = [&](std::size_t i) {
    const std::size_t row = coarse[i] / static_cast<std::size_t>(columns);
    return static_cast<double>(stride) * static_cast<double>(row);
  };
  std::vector<CanalPoint> points;
  points.reserve(static_cast<std::size_t>(size[2]));
  for (int slice = 0; slice < size[2]; ++slice) {
    const auto below = static_cast<std::size_t>(slice / stride);
    const std::size_t above = std::min(below + 1, coarse.size() - 1);
    const double share = static_cast<double>(slice % stride) / stride;
    const auto between = [&](double a, double b) { return a + share * (b - a); };
    points.push_back({.column = between(column_of(below), column_of(above)),
                      .row = between(row_of(below), row_of(above)),
                      .score = between(all[below][coarse[below]], all[above][coarse[above]])});
  }
  return points;
}

}  // namespace tomoscribe::pipeline::measure

#pragma once
// The best path from slice to slice over a grid of candidates (Viterbi), by steps of at most one
// candidate along each axis.

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "pipeline/measure/filters.h"

namespace tomoscribe::pipeline::measure {

class GridPath {
 public:
  GridPath(int columns, int rows) : columns_{columns}, rows_{rows} {}

  /// The next slice's scores [row][column]. `cost(before, at)` is what a step from one candidate to
  /// the next costs, by their indices; it is not asked for the first slice.
  template <class Cost>
  void add(std::vector<float> scores, Cost cost) {
    std::vector<std::int8_t> from(scores.size(), 4);
    if (!gains_.empty())
      for (int row = 0; row < rows_; ++row)
        for (int column = 0; column < columns_; ++column) {
          const std::size_t at = index(column, row);
          const auto [gain, step] = best_before(column, row, cost);
          from[at] = static_cast<std::int8_t>(step);
          scores[at] += gain;
        }
    gains_ = std::move(scores);
    from_.push_back(std::move(from));
  }

  /// Index of the candidate, per slice.
  std::vector<std::size_t> path() const {
    std::vector<std::size_t> result(from_.size());
    auto at = static_cast<int>(std::ranges::max_element(gains_) - gains_.begin());
    for (std::size_t i = from_.size(); i-- > 0;) {
      result[i] = static_cast<std::size_t>(at);
      const int step = static_cast<unsigned char>(from_[i][static_cast<std::size_t>(at)]);
      at += (step / 3 - 1) * columns_ + step % 3 - 1;
    }
    return result;
  }

 private:
  std::size_t index(int column, int row) const { return index_of(row * columns_ + column); }

  template <class Cost>
  std::pair<float, int> best_before(int column, int row, Cost cost) const {
    std::pair<float, int> best{-1e9F, 4};
    for (int step = 0; step < 9; ++step) {
      const int c = column + step % 3 - 1, r = row + step / 3 - 1;
      if (c < 0 || r < 0 || c >= columns_ || r >= rows_) continue;
      const float gain =
          gains_[index(c, r)] - static_cast<float>(cost(index(c, r), index(column, row)));
      if (gain > best.first) best = {gain, step};
    }
    return best;
  }

  int columns_, rows_;
  std::vector<float> gains_;
  std::vector<std::vector<std::int8_t>> from_;
};

}  // namespace tomoscribe::pipeline::measure

#include "model/phantom/detail/inserter.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

namespace tomoscribe::model::phantom {

namespace {

constexpr double gap_mm = 12;                           ///< a vessel in the lung is no wider
constexpr double base_z = -150, apex_z = Body::apex_z;  ///< canonical ends of the lungs
constexpr double sample_mm = 3.5;
constexpr int deepest = 255;

}  // namespace

RealLungs::RealLungs(const Background& background)
    : background_(background), side_(background.lung) {
  close_gaps();
  take_border();
  measure_depth();
  bound();
  sample();
  measure_noise();
}

std::size_t RealLungs::index(int column, int row, int slice) const {
  return (static_cast<std::size_t>(slice) * static_cast<std::size_t>(background_.rows) +
          static_cast<std::size_t>(row)) *
             static_cast<std::size_t>(background_.columns) +
         static_cast<std::size_t>(column);
}

Point RealLungs::scanner(int column, int row, int slice) const {
  const auto& first = background_.first_voxel_mm;
  const double down = row * background_.pixel_mm;
  return {first[0] + column * background_.pixel_mm, first[1] + down * background_.row_step[1],
          first[2] + down * background_.row_step[2] + slice * background_.slice_mm};
}

Point RealLungs::to_canonical(const Point& scanner) const {
  return {scanner.x - middle_x_, scanner.y - middle_y_,
          base_z + (scanner.z - low_z_) / (high_z_ - low_z_) * (apex_z - base_z)};
}

Point RealLungs::to_scanner(const Point& canonical) const {
  return {canonical.x + middle_x_, canonical.y + middle_y_,
          low_z_ + (canonical.z - base_z) / (apex_z - base_z) * (high_z_ - low_z_)};
}

Spot RealLungs::spot(int column, int row, int slice) const {
  return {to_canonical(scanner(column, row, slice)), depth_[index(column, row, slice)] * 0.5};
}

void RealLungs::fill_line(const std::uint8_t* from, std::uint8_t* to, int count,
                          std::size_t step) const {
  const int widest = static_cast<int>(gap_mm / background_.pixel_mm);
  int last = -1;  // lung seen before
  for (int k = 0; k < count; ++k) {
    const std::uint8_t here = from[static_cast<std::size_t>(k) * step];
    if (here == 0) continue;
    if (last >= 0 && k - last - 1 <= widest && from[static_cast<std::size_t>(last) * step] == here)
      for (int gap = last + 1; gap < k; ++gap) ++to[static_cast<std::size_t>(gap) * step];
    last = k;
  }
}

void RealLungs::close_gaps() {
  // Vessels are short gaps in their row and in their column.
  const auto columns = static_cast<std::size_t>(background_.columns),
             rows = static_cast<std::size_t>(background_.rows);
  std::vector<std::uint8_t> gaps(columns * rows);
  for (int slice = 0; slice < background_.slices; ++slice) {
    std::uint8_t* plane = &side_[index(0, 0, slice)];
    std::ranges::fill(gaps, std::uint8_t{0});
    for (std::size_t row = 0; row < rows; ++row)
      fill_line(plane + row * columns, &gaps[row * columns], background_.columns, 1);
    for (std::size_t column = 0; column < columns; ++column)
      fill_line(plane + column, &gaps[column], background_.rows, columns);
    for (std::size_t i = 0; i < gaps.size(); ++i)
      if (gaps[i] == 2) plane[i] = plane[i - 1];
  }
}

void RealLungs::take_border() {
  // Voxels that the lung fills in part, up to two beside it in the plane.
  constexpr int border_hu = -150;
  const auto columns = static_cast<std::size_t>(background_.columns);
  std::vector<std::uint8_t> before;
  const std::size_t plane_size = columns * static_cast<std::size_t>(background_.rows);
  for (int slice = 0; slice < background_.slices; ++slice) {
    std::uint8_t* plane = &side_[index(0, 0, slice)];
    const std::int16_t* hu = &background_.hu[index(0, 0, slice)];
    for (int round = 0; round < 2; ++round) {
      before.assign(plane, plane + plane_size);
      for (std::size_t i = columns; i + columns < plane_size; ++i) {
        if (before[i] != 0 || hu[i] > border_hu) continue;
        plane[i] =
            std::max({before[i - 1], before[i + 1], before[i - columns], before[i + columns]});
      }
    }
  }
}

void RealLungs::relax(int column, int row, int slice, int direction) {
  const std::size_t here = index(column, row, slice);
  if (side_[here] == 0) return;
  const double across = 2 * background_.pixel_mm, along = 2 * background_.slice_mm;
  int best = depth_[here];
  const auto from = [&](int c, int r, int s, double step) {
    if (c < 0 || r < 0 || s < 0 || c >= background_.columns || r >= background_.rows ||
        s >= background_.slices)
      return;
    best = std::min(best, depth_[index(c, r, s)] + static_cast<int>(std::lround(step)));
  };
  from(column - direction, row, slice, across);
  from(column, row - direction, slice, across);
  from(column, row, slice - direction, along);
  from(column - direction, row - direction, slice, 1.414 * across);
  from(column + direction, row - direction, slice, 1.414 * across);
  depth_[here] = static_cast<std::uint8_t>(best);
}

void RealLungs::measure_depth() {
  // Two passes of a chamfer distance; the lungs' end at the scan's end is no border.
  depth_.assign(side_.size(), 0);
  for (std::size_t i = 0; i < side_.size(); ++i)
    if (side_[i] != 0) depth_[i] = deepest;
  for (int slice = 0; slice < background_.slices; ++slice)
    for (int row = 0; row < background_.rows; ++row)
      for (int column = 0; column < background_.columns; ++column) relax(column, row, slice, 1);
  for (int slice = background_.slices - 1; slice >= 0; --slice)
    for (int row = background_.rows - 1; row >= 0; --row)
      for (int column = background_.columns - 1; column >= 0; --column)
        relax(column, row, slice, -1);
}

void RealLungs::bound() {
  double count = 0, x = 0, y = 0;
  low_z_ = 1e9;
  high_z_ = -1e9;
  for (int slice = 0; slice < background_.slices; ++slice)
    for (int row = 0; row < background_.rows; ++row)
      for (int column = 0; column < background_.columns; ++column) {
        if (side_[index(column, row, slice)] == 0) continue;
        const Point p = scanner(column, row, slice);
        count += 1;
        x += p.x;
        y += p.y;
        low_z_ = std::min(low_z_, p.z);
        high_z_ = std::max(high_z_, p.z);
      }
  if (count * background_.pixel_mm * background_.pixel_mm * background_.slice_mm < 200e3 ||
      high_z_ - low_z_ < 60)
    throw std::invalid_argument("the background shows too little lung to put findings into");
  middle_x_ = x / count;
  middle_y_ = y / count;
}

void RealLungs::sample() {
  const int across = std::max(1, static_cast<int>(std::lround(sample_mm / background_.pixel_mm))),
            along = std::max(1, static_cast<int>(std::lround(sample_mm / background_.slice_mm)));
  std::array<std::vector<Spot>, 2> spots;
  for (int slice = along / 2; slice < background_.slices; slice += along)
    for (int row = across / 2; row < background_.rows; row += across)
      for (int column = across / 2; column < background_.columns; column += across) {
        const std::uint8_t side = side_[index(column, row, slice)];
        if (side != 0) spots[side - 1U].push_back(spot(column, row, slice));
      }
  const double voxel_ml = background_.pixel_mm * background_.pixel_mm * background_.slice_mm *
                          background_.row_step[1] / 1000;
  for (std::size_t k = 0; k < 2; ++k)
    spaces_[k] =
        std::make_unique<LungSpace>(std::move(spots[k]), voxel_ml * across * across * along);
}

void RealLungs::measure_noise() {
  // Median difference of soft tissue a few pixels apart; 0.6745 of an SD, of two values.
  constexpr int apart = 4, step = 7;
  std::vector<int> differences;
  for (std::size_t i = 0; i + apart < background_.hu.size(); i += step) {
    const int a = background_.hu[i], b = background_.hu[i + apart];
    if (a > -50 && a < 150 && b > -50 && b < 150) differences.push_back(std::abs(a - b));
  }
  if (differences.empty()) return;
  const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
  std::ranges::nth_element(differences, middle);
  noise_hu_ = *middle / 0.6745 / 1.4142135623730951;
}

bool RealLungs::clear(int column, int row, int slice, double radius_mm) const {
  const int across = static_cast<int>(radius_mm / background_.pixel_mm) + 1,
            along = static_cast<int>(radius_mm / background_.slice_mm) + 1;
  int seen = 0, dense = 0;
  for (int s = slice - along; s <= slice + along; ++s)
    for (int r = row - across; r <= row + across; ++r)
      for (int c = column - across; c <= column + across; ++c) {
        if (s < 0 || r < 0 || c < 0 || s >= background_.slices || r >= background_.rows ||
            c >= background_.columns)
          return false;
        ++seen;
        if (background_.hu[index(c, r, s)] > -500) ++dense;
      }
  return dense * 12 < seen;
}

std::optional<RealLungs::Seat> RealLungs::seat(Counter& random, std::optional<bool> left,
                                               double least_depth_mm, double most_depth_mm,
                                               double clear_mm) const {
  const bool coin = random.uniform() < 0.5, wanted = left.value_or(coin);
  constexpr int tries = 200000;
  for (int k = 0; k < tries; ++k) {
    const auto pick = [&](int size) { return static_cast<int>(random.uniform() * size); };
    const int column = pick(background_.columns), row = pick(background_.rows),
              slice = pick(background_.slices);
    const std::size_t i = index(column, row, slice);
    if (side_[i] != (wanted ? 2 : 1)) continue;
    const double depth = depth_[i] * 0.5;
    if (depth < least_depth_mm || depth > most_depth_mm) continue;
    if (clear_mm > 0 && !clear(column, row, slice, clear_mm)) continue;
    const Point p = scanner(column, row, slice);
    return Seat{p, to_canonical(p), wanted};
  }
  return std::nullopt;
}

}  // namespace tomoscribe::model::phantom

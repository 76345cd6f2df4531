#include "pipeline/measure/chest/lung_rows.h"

#include <array>

namespace tomoscribe::pipeline::measure {
namespace {

using Point = std::array<double, 2>;  // row, column

double turn(const Point& a, const Point& b, const Point& c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/// One side of a convex hull: points by rising row; `sign` 1 keeps the low columns, -1 the high.
std::vector<Point> hull_side(const std::vector<Point>& points, double sign) {
  std::vector<Point> hull;
  hull.reserve(points.size());
  for (const Point& point : points) {
    while (hull.size() >= 2 && sign * turn(hull[hull.size() - 2], hull.back(), point) <= 0)
      hull.pop_back();
    hull.push_back(point);
  }
  return hull;
}

double column_at(const std::vector<Point>& side, double row) {
  const auto after = std::ranges::find_if(side, [row](const Point& p) { return p[0] >= row; });
  if (after == side.begin() || (*after)[0] == row) return (*after)[1];
  const Point &a = *(after - 1), &b = *after;
  return a[1] + (b[1] - a[1]) * (row - a[0]) / (b[0] - a[0]);
}

void add_hull(std::vector<LungRow>& rows) {
  std::vector<Point> low, high;
  low.reserve(rows.size());
  high.reserve(rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    IndexRange both = rows[r].right;
    if (rows[r].left.any()) both.add(rows[r].left.low), both.add(rows[r].left.high);
    if (!both.any()) continue;
    low.push_back({static_cast<double>(r), static_cast<double>(both.low)});
    high.push_back({static_cast<double>(r), static_cast<double>(both.high)});
  }
  if (low.size() < 2) return;
  low = hull_side(low, 1);
  high = hull_side(high, -1);
  for (auto r = static_cast<std::size_t>(low.front()[0]);
       r <= static_cast<std::size_t>(low.back()[0]); ++r) {
    rows[r].hull_low = column_at(low, static_cast<double>(r));
    rows[r].hull_high = column_at(high, static_cast<double>(r));
  }
}

}  // namespace

std::vector<LungRow> lung_rows(const Scene& scene, int slice) {
  const Grid& grid = scene.work.grid;
  std::vector<LungRow> rows(static_cast<std::size_t>(grid.size[1]));
  for (int r = 0; r < grid.size[1]; ++r)
    for (int c = 0; c < grid.size[0]; ++c) {
      const std::uint8_t label = scene.labels[grid.offset(c, r, slice)];
      if (label == right_lung) rows[static_cast<std::size_t>(r)].right.add(c);
      if (label == left_lung) rows[static_cast<std::size_t>(r)].left.add(c);
    }
  add_hull(rows);
  return rows;
}

}  // namespace tomoscribe::pipeline::measure

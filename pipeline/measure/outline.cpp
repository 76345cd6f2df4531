#include "pipeline/measure/outline.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <tuple>

namespace tomoscribe::pipeline::measure {
namespace {

using Point = std::array<double, 2>;
constexpr std::size_t most_points = 200, most_pieces = 4;

struct Piece {
  int start = 0;  ///< first pixel in reading order: its top left corner is on the outline
  std::size_t pixels = 0;
  int number = 0;
};

/// Numbers the pieces from 1 in `numbers`.
std::vector<Piece> pieces_of(const SliceMask& mask, std::vector<int>& numbers) {
  std::vector<Piece> pieces;
  std::vector<int> stack;
  const int count = mask.columns * mask.rows;
  for (int start = 0; start < count; ++start) {
    const auto at = static_cast<std::size_t>(start);
    if (mask.values[at] == 0 || numbers[at] != 0) continue;
    pieces.push_back({start, 0, static_cast<int>(pieces.size()) + 1});
    Piece& piece = pieces.back();
    const auto visit = [&](int pixel) {
      const auto index = static_cast<std::size_t>(pixel);
      if (mask.values[index] == 0 || numbers[index] != 0) return;
      numbers[index] = piece.number;
      stack.push_back(pixel);
    };
    visit(start);
    while (!stack.empty()) {
      const int pixel = stack.back();
      stack.pop_back();
      ++piece.pixels;
      const int column = pixel % mask.columns;
      if (column > 0) visit(pixel - 1);
      if (column + 1 < mask.columns) visit(pixel + 1);
      if (pixel >= mask.columns) visit(pixel - mask.columns);
      if (pixel + mask.columns < count) visit(pixel + mask.columns);
    }
  }
  return pieces;
}

/// Walks along pixel edges with the piece on the right hand; corners only.
std::vector<Point> trace(const SliceMask& mask, const std::vector<int>& numbers,
                         const Piece& piece) {
  const auto in = [&](int column, int row) {
    return column >= 0 && row >= 0 && column < mask.columns && row < mask.rows &&
           numbers[static_cast<std::size_t>(row) * static_cast<std::size_t>(mask.columns) +
                   static_cast<std::size_t>(column)] == piece.number;
  };
  const int first_x = piece.start % mask.columns, first_y = piece.start / mask.columns;
  int x = first_x, y = first_y, dx = 1, dy = 0;
  std::vector<Point> points{{double(x), double(y)}};
  do {
    x += dx;
    y += dy;
    // The two pixels ahead of the corner, as seen in walking direction: half a step on and half a
    // step to the right (-dy, dx) or left of it (rows run down).
    const bool right = in(x + (dx - dy - 1) / 2, y + (dy + dx - 1) / 2);
    const bool left = in(x + (dx + dy - 1) / 2, y + (dy - dx - 1) / 2);
    if (right && !left) continue;
    points.push_back({double(x), double(y)});
    const int turn = right ? -1 : 1;  // 1: clockwise on the screen
    std::tie(dx, dy) = std::pair(-turn * dy, turn * dx);
  } while (x != first_x || y != first_y || dx != 1 || dy != 0);
  points.pop_back();
  return points;
}

double distance_to_chord(const Point& p, const Point& a, const Point& b) {
  const double dx = b[0] - a[0], dy = b[1] - a[1];
  const double chord = std::hypot(dx, dy);
  if (chord == 0) return std::hypot(p[0] - a[0], p[1] - a[1]);
  return std::abs(dx * (a[1] - p[1]) - dy * (a[0] - p[0])) / chord;
}

/// Douglas and Peucker between two kept points, without recursion.
void mark_kept(const std::vector<Point>& points, std::size_t from, std::size_t to, double tolerance,
               std::vector<bool>& kept) {
  std::vector<std::array<std::size_t, 2>> spans{{from, to}};
  while (!spans.empty()) {
    const auto [low, high] = spans.back();
    spans.pop_back();
    double most = tolerance;
    std::size_t at = 0;
    for (std::size_t i = low + 1; i < high; ++i)
      if (const double off = distance_to_chord(points[i], points[low], points[high]); off > most)
        most = off, at = i;
    if (at == 0) continue;
    kept[at] = true;
    spans.push_back({low, at});
    spans.push_back({at, high});
  }
}

std::vector<Point> simplified(const std::vector<Point>& points, double tolerance) {
  const std::size_t half = points.size() / 2;
  std::vector<bool> kept(points.size(), false);
  kept[0] = kept[half] = kept.back() = true;
  mark_kept(points, 0, half, tolerance, kept);
  mark_kept(points, half, points.size() - 1, tolerance, kept);
  std::vector<Point> result;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (kept[i]) result.push_back(points[i]);
  return result;
}

}  // namespace

std::vector<reporting::Region2D> outlines(const SliceMask& mask) {
  std::vector<int> numbers(mask.values.size(), 0);
  std::vector<Piece> pieces = pieces_of(mask, numbers);
  std::ranges::stable_sort(pieces, std::ranges::greater{}, &Piece::pixels);
  std::vector<reporting::Region2D> regions;
  for (const Piece& piece : pieces) {
    if (regions.size() == most_pieces || piece.pixels * 50 < pieces.front().pixels) break;
    const std::vector<Point> exact = trace(mask, numbers, piece);
    std::vector<Point> points = exact;
    for (double tolerance = 0.75; points.size() > most_points || tolerance == 0.75;
         tolerance *= 1.4)
      points = exact.size() > 8 ? simplified(exact, tolerance) : exact;
    regions.push_back({std::move(points)});
  }
  return regions;
}

double polygon_area(const reporting::Region2D& region) {
  double twice = 0;
  for (std::size_t i = 0; i < region.outline.size(); ++i) {
    const Point& a = region.outline[i];
    const Point& b = region.outline[(i + 1) % region.outline.size()];
    twice += a[0] * b[1] - b[0] * a[1];
  }
  return std::abs(twice) / 2;
}

}  // namespace tomoscribe::pipeline::measure

#include "model/views/view.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "model/views/detail/vector.h"

namespace tomoscribe::model {

namespace {

bool inside(const PixelRect& rect, double x, double y) {
  return x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
}

int nearest(double value, const SliceRange& range) {
  return static_cast<int>(std::clamp(std::floor(value + 0.5), static_cast<double>(range.first),
                                     static_cast<double>(range.last)));
}

}  // namespace

const char* name_of(Plane plane) {
  switch (plane) {
    case Plane::axial: return "axial";
    case Plane::coronal: return "coronal";
    case Plane::sagittal: return "sagittal";
  }
  return "";
}

const char* name_of(ViewKind kind) {
  switch (kind) {
    case ViewKind::scout: return "scout";
    case ViewKind::systematic: return "systematic";
    case ViewKind::candidate: return "candidate";
    case ViewKind::control: return "control";
  }
  return "";
}

std::optional<std::size_t> tile_at(const View& view, double x, double y) {
  const auto found =
      std::ranges::find_if(view.tiles, [&](const Tile& tile) { return inside(tile.pixels, x, y); });
  if (found == view.tiles.end()) return std::nullopt;
  return static_cast<std::size_t>(found - view.tiles.begin());
}

Vec3 patient_mm(const Tile& tile, double x, double y) {
  return tile.corner_mm + x * tile.x_mm + y * tile.y_mm;
}

std::optional<Vec3> patient_mm(const View& view, double x, double y) {
  const auto tile = tile_at(view, x, y);
  if (!tile) return std::nullopt;
  return patient_mm(view.tiles[*tile], x, y);
}

TilePosition position_of(const Tile& tile, const Vec3& point_mm) {
  const Vec3 at = detail::solve({tile.x_mm, tile.y_mm, tile.deep_mm}, point_mm - tile.corner_mm);
  return {.x = at[0], .y = at[1], .depth = at[2]};
}

std::optional<SourceSlices> source_slices(const View& view, double x, double y) {
  const auto found = tile_at(view, x, y);
  if (!found) return std::nullopt;
  const Tile& tile = view.tiles[*found];
  if (tile.axis[2] ==
      2)  // the slab is made of slices; of an even number, the first of the middle two
    return SourceSlices{.middle = tile.first + (tile.last - tile.first) / 2, .all = tile.slices};
  const double slice = tile.voxel_at_corner[2] + x * tile.voxel_per_x[2] + y * tile.voxel_per_y[2];
  const int middle = nearest(slice, tile.slices);
  return SourceSlices{.middle = middle, .all = {.first = middle, .last = middle}};
}

std::optional<BoxMm> box_mm(const View& view, const PixelRect& rect) {
  const auto found = tile_at(view, rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
  if (!found) return std::nullopt;
  const Tile& tile = view.tiles[*found];
  const auto cut = [](int value, int from, int extent) {
    return std::clamp<double>(value, from, from + extent);
  };
  const double left = cut(rect.x, tile.pixels.x, tile.pixels.width),
               right = cut(rect.x + rect.width, tile.pixels.x, tile.pixels.width),
               top = cut(rect.y, tile.pixels.y, tile.pixels.height),
               bottom = cut(rect.y + rect.height, tile.pixels.y, tile.pixels.height);
  BoxMm box{.centre_mm = patient_mm(tile, (left + right) / 2, (top + bottom) / 2)};
  const double thickness = tile.last - tile.first + 1;
  for (std::size_t i = 0; i < 3; ++i)
    box.size_mm[i] = std::abs((right - left) * tile.x_mm[i]) +
                     std::abs((bottom - top) * tile.y_mm[i]) +
                     std::abs(thickness * tile.deep_mm[i]);
  return box;
}

PixelRect token_pixels(const View& view, int row, int column, const ImageRule& rule) {
  const ImageGrid grid = token_grid(view.width, view.height, rule);
  if (row < 0 || column < 0 || row >= grid.rows || column >= grid.columns)
    throw std::invalid_argument("the token grid has no such row or column");
  const auto edge = [](int index, int pixels, int tokens) {
    return static_cast<int>(static_cast<std::int64_t>(index) * pixels / tokens);
  };
  const int left = edge(column, view.width, grid.columns), top = edge(row, view.height, grid.rows);
  return {.x = left,
          .y = top,
          .width = edge(column + 1, view.width, grid.columns) - left,
          .height = edge(row + 1, view.height, grid.rows) - top};
}

std::vector<SliceRange> slices_of(const View& view) {
  std::vector<SliceRange> ranges;
  for (const Tile& tile : view.tiles) ranges.push_back(tile.slices);
  std::ranges::sort(ranges, {}, &SliceRange::first);
  std::vector<SliceRange> joined;
  for (const SliceRange& range : ranges)
    if (!joined.empty() && range.first <= joined.back().last + 1)
      joined.back().last = std::max(joined.back().last, range.last);
    else
      joined.push_back(range);
  return joined;
}

}  // namespace tomoscribe::model

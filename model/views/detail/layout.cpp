#include "model/views/detail/layout.h"

#include <algorithm>
#include <array>

namespace tomoscribe::model::detail {

namespace {

constexpr double close_slab_mm = 2;
constexpr double wider = 3;
constexpr int gap_px = 2;  ///< black, right of and below each of several tiles

PixelRect square(int x, int y, int side) {
  return {.x = x, .y = y, .width = side - gap_px, .height = side - gap_px};
}

std::array<double, 2> ends(const Frame& frame, const BodyRange& body) {
  return {frame.z_at(body.from_mm), frame.z_at(body.to_mm)};
}

}  // namespace

int side_px(int wanted, int parts, const ImageRule& rule) {
  const int token = rule.patch * rule.spatial_merge, part = wanted / parts;
  const int tokens = std::min((part + token - 1) / token, rule.longest_edge / token / parts);
  return tokens * token * parts;
}

View scout_view(const Frame& frame, const BodyRange& body, int side) {
  View view{.kind = ViewKind::scout, .width = side, .height = side, .z_mm = ends(frame, body)};
  const int cell = side / scout_grid;
  const Vec3 middle = frame.middle_at((body.from_mm + body.to_mm) / 2);
  const double step = (body.to_mm - body.from_mm) / scout_axial_tiles;
  int last_first = -1;
  for (int i = 0; i < scout_axial_tiles; ++i) {
    const Vec3 centre = frame.middle_at(body.from_mm + (i + 0.5) * step);
    const SliceRange slab = frame.slab(Plane::axial, centre, slab_mm);
    if (slab.first == last_first) continue;  // fewer slices than tiles
    last_first = slab.first;
    const int index = static_cast<int>(view.tiles.size());
    // Rows of three beside the larger two, then one more row.
    const int row = std::min(index / 3, scout_grid - 1), column = index - 3 * row;
    Tile tile = frame.tile(Plane::axial, square(column * cell, row * cell, cell), centre,
                           frame.extent_mm(Plane::axial), slab);
    tile.index = index + 1;
    view.tiles.push_back(tile);
  }
  int row = 0;
  for (const Plane plane : {Plane::coronal, Plane::sagittal}) {
    std::array<double, 2> extent = frame.extent_mm(plane);
    extent[1] *= (body.to_mm - body.from_mm) / frame.body_mm();
    Tile tile = frame.tile(plane, square(3 * cell, row * cell, 2 * cell), middle, extent,
                           frame.slab(plane, middle, slab_mm));
    tile.index = static_cast<int>(view.tiles.size()) + 1;
    view.tiles.push_back(tile);
    row += 2;
  }
  return view;
}

View slab_view(const Frame& frame, const SliceRange& slab, int side) {
  const BodyRange body = frame.body_of(slab);
  View view{.kind = ViewKind::systematic, .width = side, .height = side, .z_mm = ends(frame, body)};
  view.tiles.push_back(frame.tile(Plane::axial, {.x = 0, .y = 0, .width = side, .height = side},
                                  frame.middle_at((body.from_mm + body.to_mm) / 2),
                                  frame.extent_mm(Plane::axial), slab));
  return view;
}

View crop_view(const Frame& frame, const Vec3& centre_index, double field_mm, int side) {
  View view{.kind = ViewKind::candidate, .width = side, .height = side};
  struct Part {
    Plane plane;
    int column, row;
    double field, thickness_mm;
  };
  const std::array<Part, 4> parts{{{Plane::axial, 0, 0, field_mm, close_slab_mm},
                                   {Plane::coronal, 1, 0, field_mm, close_slab_mm},
                                   {Plane::sagittal, 0, 1, field_mm, close_slab_mm},
                                   {Plane::axial, 1, 1, wider * field_mm, slab_mm}}};
  const int half = side / 2;
  for (const Part& part : parts) {
    Tile tile = frame.tile(part.plane, square(part.column * half, part.row * half, half),
                           centre_index, {part.field, part.field},
                           frame.slab(part.plane, centre_index, part.thickness_mm));
    tile.index = static_cast<int>(view.tiles.size()) + 1;
    view.tiles.push_back(tile);
  }
  const Tile& first = view.tiles.front();
  view.z_mm = ends(frame, frame.body_of({.first = first.first, .last = first.last}));
  return view;
}

}  // namespace tomoscribe::model::detail

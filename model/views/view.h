#pragma once
// One image for the model and the way back from its pixels to the patient.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/image_preprocess.h"
#include "model/views/ct_volume.h"
#include "model/views/presets.h"

namespace tomoscribe::model {

/// How a tile is drawn. Axial: the patient's right on the left, front up. Coronal: right on the
/// left, head up. Sagittal: front on the left, head up. In volumes that stand askew, the voxel axes
/// nearest to these.
enum class Plane : std::uint8_t { axial, coronal, sagittal };

enum class ViewKind : std::uint8_t {
  scout,       ///< many small tiles: the whole region at a glance
  systematic,  ///< one axial slab
  candidate,   ///< four tiles around a candidate
  control,     ///< the same around a place that nobody pointed at
};

const char* name_of(Plane plane);
const char* name_of(ViewKind kind);

/// Pixels of a picture: columns x to x + width - 1, rows y to y + height - 1.
struct PixelRect {
  int x = 0, y = 0, width = 0, height = 0;
};

/// From the first to the last, both included.
struct SliceRange {
  int first = 0, last = 0;
};

/// One slab in one rectangle of a view. Pixel positions count from the view's upper left corner:
/// the first pixel's centre is (0.5, 0.5), as in DICOM's spatial coordinates.
struct Tile {
  int index = 0;  ///< drawn in the corner as digits; 0: none
  Plane plane = Plane::axial;
  PixelRect pixels;
  std::array<int, 3> axis{};  ///< voxel axes (0 column, 1 row, 2 slice) to the right, down, deep
  Vec3 voxel_at_corner{};     ///< index at the view's corner (0, 0), in the slab's middle
  Vec3 voxel_per_x{};         ///< what one pixel to the right adds
  Vec3 voxel_per_y{};         ///< what one pixel down adds
  int first = 0, last = 0;    ///< voxels of the slab along axis[2]
  SliceRange slices;          ///< of the volume that the tile needs
  Vec3 corner_mm{};           ///< the point at (0, 0)
  Vec3 x_mm{}, y_mm{};        ///< per pixel to the right, per pixel down
  Vec3 deep_mm{};             ///< per voxel along axis[2]
};

struct View {
  std::string id;  ///< "V1" …
  ViewKind kind = ViewKind::systematic;
  int width = 0, height = 0;  ///< pixels: whole tokens of the rule it was planned for
  WindowPreset preset;
  std::vector<Tile> tiles;
  int image_tokens = 0;          ///< breaks and end among them
  int text_tokens = 0;           ///< kept for the caption
  std::array<double, 2> z_mm{};  ///< head and feet end of what axial tiles show, at their middles
  double relevance = 0;          ///< 1: as anywhere
  std::string why;               ///< in words
  std::string candidate;         ///< id, of candidate crops
};

/// The point that a pixel position shows, in the middle of its slab; nothing between tiles and
/// outside the picture.
std::optional<Vec3> patient_mm(const View& view, double x, double y);

/// The same on a tile, whether or not it lies inside.
Vec3 patient_mm(const Tile& tile, double x, double y);

/// Where a tile shows a point: pixel position and distance from the slab's middle, voxels.
struct TilePosition {
  double x = 0, y = 0, depth = 0;
};

TilePosition position_of(const Tile& tile, const Vec3& point_mm);

/// Which tile a pixel position lies in, and its place in `tiles`.
std::optional<std::size_t> tile_at(const View& view, double x, double y);

/// The slice in the middle of what a pixel position shows, and all that take part.
struct SourceSlices {
  int middle = 0;
  SliceRange all;
};

std::optional<SourceSlices> source_slices(const View& view, double x, double y);

/// The box of patient millimetres, along the patient's axes, that a rectangle of one tile shows,
/// slab thickness included; cut at the tile's edge. Nothing when its middle lies in no tile.
std::optional<BoxMm> box_mm(const View& view, const PixelRect& rect);

/// The pixels that became one token of the image, by row and column of the token grid.
/// \throws std::invalid_argument when the grid has no such token.
PixelRect token_pixels(const View& view, int row, int column, const ImageRule& rule);

/// All slices that a view needs, in order, ranges apart from one another.
std::vector<SliceRange> slices_of(const View& view);

}  // namespace tomoscribe::model

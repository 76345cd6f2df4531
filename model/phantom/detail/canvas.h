#pragma once
// One slice being painted: labels and HU together; primitives are never evaluated outside their
// boxes.

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "model/phantom/detail/body.h"

namespace tomoscribe::model::phantom {

/// A capsule in the scanner's frame. Later tubes paint over earlier ones.
struct Tube {
  Point from, to;
  double radius_mm = 1;
  float hu = 0;
  Label label = Label::air;
  LabelSet over = every_label;
  double flatten_z = 1;    ///< below 1: taller than wide (ribs)
  std::uint8_t owner = 0;  ///< as in Layer::owner
};

/// A ball in the scanner's frame with exact shares of the voxels on its surface.
struct Ball {
  Point centre;
  double radius_mm = 1;
  float hu = 0, texture_hu = 0;
  bool adds = false;  ///< hu is added to what is there, whose label stays (ground glass)
  Label label = Label::nodule;
  LabelSet over = every_label;
  std::uint8_t owner = 0;
};

struct Region;
struct SpineSection;

/// The vertebrae: lower endplates' canonical z, rising from L2; the last is the upper end of C5.
struct Spine {
  std::vector<double> levels;
  double marrow_hu = 165;
  int crushed = -1;  ///< index of a wedge-shaped vertebra
  double loss = 0;   ///< share of its height that is lost in front
  std::uint8_t owner = 0;
};
/// "L2" … "C5".
std::string vertebra_name(int level);
/// Index of the vertebra (with the disc above it) at a canonical height, nearest if beyond the
/// ends.
int vertebra_at(const std::vector<double>& levels, double canonical_z);

/// An ellipsoid in the canonical frame, seen through the warp.
struct Ellipsoid {
  Point centre, half_axes;
  std::array<Point, 3> axes{Point{1, 0, 0}, Point{0, 1, 0}, Point{0, 0, 1}};
  double grow_mm = 0;    ///< added to every half axis
  double above_y = 1e9;  ///< paints only where canonical y is less: gas over fluid, supine
  float hu = 0;
  float texture_hu = 4;
  LabelSet over = every_label;
  Label label = Label::air;
};

struct Raster {
  int columns, rows;
  double first_x, first_y, pixel_mm, slice_mm;
};

class Canvas {
 public:
  Canvas(const Raster& raster, const Body& body);

  /// Paints the large regions of the slice at scanner height z; `texture` has one value a pixel,
  /// SD 1.
  void begin(double z, const std::vector<float>& texture);
  void paint(const Tube& tube);
  void paint(const Ellipsoid& shape);
  void paint(const Ball& ball);
  void paint(const Region& region);
  /// Vertebra or disc with canal, at the spine's centre.
  void paint_spine(const Spine& spine);
  /// The couch that the patient lies on; `down` as in down_of(), its face `top_mm` along that from
  /// the scanner's axis.
  void paint_table(const Point& down, double top_mm);
  /// A blanket over the front of the body; not part of it.
  void paint_blanket(std::uint8_t owner);

  /// What was painted deep inside the vertebral bodies, 5 mm from cortex and endplates.
  struct Marrow {
    double hu = 0, pixels = 0;
  };
  const std::vector<Marrow>& marrow() const { return marrow_; }  ///< per vertebra

  const std::vector<float>& hu() const { return hu_; }
  const std::vector<std::uint8_t>& owner() const { return owner_; }
  const std::vector<Label>& labels() const { return labels_; }
  double z() const { return z_; }

 private:
  struct Box {
    int column0, row0, column1, row1;
    bool empty() const { return column0 > column1 || row0 > row1; }
  };
  Box box(double x0, double y0, double x1, double y1) const;
  std::size_t index(int column, int row) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(raster_.columns) +
           static_cast<std::size_t>(column);
  }
  void blend(std::size_t i, float hu, Label label, float share, LabelSet over);
  void paint_thin(const Tube& tube);
  float share_in_ball(int column, int row, const Point& centre, double radius_mm) const;
  void warp_slice();
  void put(std::size_t i, const Region& region, double inside_mm);
  void note_marrow(int vertebra, double hu);
  void paint_vertebra(std::size_t i, double x, double y, const SpineSection& section);

  Raster raster_;
  const Body& body_;
  double z_ = 0;
  Section section_{};
  std::vector<float> hu_, x_, y_, dz_;  ///< canonical coordinates of each pixel
  std::vector<Label> labels_;
  std::vector<std::uint8_t> owner_;
  std::uint8_t painting_for_ = 0;
  std::vector<Marrow> marrow_;
  const std::vector<float>* texture_ = nullptr;
};

}  // namespace tomoscribe::model::phantom

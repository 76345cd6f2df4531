#pragma once
// Painting from signed distances. A body gives, at any point, one distance in millimetres for each
// of its channels (negative inside). They are computed on a lattice of about 2 mm in the scanner's
// frame and interpolated: anatomy may be rotated, warped and merged without costing more per voxel.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/phantom/detail/acquisition.h"
#include "model/phantom/detail/steady.h"

namespace tomoscribe::model::phantom {

/// What a voxel can be of; texture_hu is the SD of its smooth texture. Label and owner as in Layer.
struct Material {
  float hu = 0, texture_hu = 0;
  std::uint8_t label = 0, owner = 0;
};

/// Paints a material where channel + offset < 0, or, with a band, where |channel + offset| < band;
/// and where the channel `within` + within_offset < 0. Later coats cover earlier ones.
struct Coat {
  int material = 0;
  int channel = 0;
  float offset = 0;
  float band = -1;
  int within = -1;
  float within_offset = 0;
};

/// A small thing with exact edges: a capsule in the scanner's frame, painted after the coats.
struct Bead {
  Point from, to;
  double radius_mm = 1;
  int material = 0;
};

class Shapes {
 public:
  Shapes() = default;
  Shapes(const Shapes&) = delete;
  Shapes& operator=(const Shapes&) = delete;
  virtual ~Shapes() = default;
  virtual int channels() const = 0;
  /// Writes channels() distances for a point of the scanner's frame.
  virtual void distances(const Point& scanner, float* out) const = 0;
};

/// A body ready to be painted: material 0 is the air around it.
struct Painting {
  std::vector<Material> materials;
  std::vector<Coat> coats;
  std::vector<Bead> beads;
};

struct LatticeRaster {
  int columns = 0, rows = 0;
  double first_x = 0, first_y = 0, pixel_mm = 1;
};

/// Paints planes of rising height.
class LatticePainter {
 public:
  LatticePainter(const LatticeRaster& raster, const Shapes& shapes, const Painting& painting);
  /// One plane at scanner height z; `texture` has one value a pixel, SD 1.
  void paint(double z, const std::vector<float>& texture, Layer& layer);

 private:
  struct Range {
    float low, high;
  };
  struct Span {
    int row, first, last;  ///< pixels [first, last)
  };
  std::vector<float> node_plane(std::int64_t index) const;
  void load_planes(std::int64_t below);
  void paint_row(int row);
  void paint_coat(int row, const Coat& coat);
  void paint_span(const Coat& coat, const Span& span, int node);
  void paint_bead(double z, const Bead& bead);
  void blend(std::size_t i, int material, float share);
  const float* row_of(int channel) const {
    return &row_[static_cast<std::size_t>(channel) * static_cast<std::size_t>(across_)];
  }

  LatticeRaster raster_;
  const Shapes& shapes_;
  const Painting& painting_;
  int channels_, step_, across_, down_;
  double spacing_;
  std::int64_t below_ = INT64_MIN;
  std::vector<float> low_plane_, high_plane_, plane_, row_;
  std::vector<Range> range_;
  Layer* layer_ = nullptr;  ///< of the paint() in progress
  const std::vector<float>* texture_ = nullptr;
};

}  // namespace tomoscribe::model::phantom

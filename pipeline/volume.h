#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dicom/instance_header.h"
#include "pipeline/analyse.h"

namespace tomoscribe::pipeline {

using dicom::Vec3;

/// Where voxels lie: centre of voxel (0,0,0) and the step along each index, LPS mm.
struct Grid {
  std::array<int, 3> size{};  ///< columns, rows, slices
  Vec3 origin_mm{};
  std::array<Vec3, 3> step_mm{};  ///< per column, per row, per slice
  Vec3 point_mm(double column, double row, double slice) const;
  double voxel_ml() const;  ///< |det| / 1000
  std::array<double, 3> spacing_mm() const;
  std::size_t voxels() const;
  /// Where voxel (column, row, slice) lies in an array of this shape; columns fastest.
  std::size_t offset(int column, int row, int slice) const;
  /// Rows of the matrix that takes millimetres to indices.
  std::array<Vec3, 3> inverse_per_mm() const;
  /// Column, row, slice (with fractions) of a point.
  Vec3 index_at(const Vec3& point_mm) const;
};

enum class SliceKind : std::uint8_t {
  image,    ///< an image, or the slice nearest to it (half a slice away at most)
  between,  ///< interpolated between neighbouring images
  invented  ///< interpolated over slices that are missing: shows nothing that was scanned
};

/// A CT volume in Hounsfield units on its native grid.
/// Shape: [slices, rows, columns], columns fastest. Units: HU. Axes: LPS through `grid`. Slices
/// ordered along the normal.
struct Volume {
  Grid grid;
  std::vector<std::int16_t> hu;
  // The image of each slice; of an interpolated one, the nearest image.
  std::vector<dicom::SopInstanceUid> instances;  ///< per slice
  std::vector<int> frames;                       ///< per slice, from 1
  std::vector<std::optional<int>> images;  ///< per slice, InstanceNumber; where images share one,
                                           ///< its frame or its place in the stack
  /// What each slice is; empty: every slice is an image.
  std::vector<SliceKind> kinds;
  /// Largest distance between neighbouring images where thin and thick parts change, holes apart,
  /// mm; 0: that of the grid.
  double widest_step_mm = 0;
  std::vector<std::string> missing;  ///< one clause for each hole in the series
  dicom::InstanceHeader header;      ///< of the first slice; its thickness is the largest of all
  std::vector<std::string>
      notes;  ///< what had to be said or done: "spacing 2.5 mm, thickness 5 mm: overlapping"
  std::int16_t at(int column, int row, int slice) const;
  SliceKind kind(int slice) const;
  /// The slice nearest to this one that is an image: evidence lies there.
  int image_slice(int slice) const;
  /// The slice of this image; -1 when it is none of the volume.
  int slice_of(const dicom::SopInstanceUid& instance, int frame) const;
};

/// A label per voxel on the volume's native grid; 0: none.
struct LabelMap {
  std::array<int, 3> size{};
  std::vector<std::uint8_t> labels;
};

}  // namespace tomoscribe::pipeline

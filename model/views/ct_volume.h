#pragma once
// A CT volume as views see it: numbers and where they lie. Knows no DICOM.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "model/refused.h"

namespace tomoscribe::model {

/// Patient millimetres, LPS: x to the patient's left, y to the back, z to the head.
using Vec3 = std::array<double, 3>;

/// A volume, request or budget of which no views are made; what() is one sentence.
struct UnfitViews : Refused {
  using Refused::Refused;
};

inline constexpr int longest_volume_side = 8192;  ///< voxels, along any axis

/// Where voxels lie: any orientation, oblique and sheared (gantry tilt) too.
struct VolumeGeometry {
  std::array<int, 3> size{};      ///< columns, rows, slices
  Vec3 origin_mm{};               ///< centre of voxel (0,0,0)
  std::array<Vec3, 3> step_mm{};  ///< per column, per row, per slice
};

/// A volume that somebody else owns.
/// Shape: [slices, rows, columns], columns fastest.  Units: HU.
struct CtVolume {
  VolumeGeometry geometry;
  const std::int16_t* hu = nullptr;
  std::size_t count = 0;  ///< values behind `hu`
};

/// A box along the patient's axes, mm.
struct BoxMm {
  Vec3 centre_mm{};
  Vec3 size_mm{};
};

/// \throws UnfitViews unless sizes are 1 to longest_volume_side, all numbers finite and small, and
/// the steps span space.
void check_geometry(const VolumeGeometry& geometry);

/// \throws UnfitViews as check_geometry, and when `count` is not the number of voxels.
void check_volume(const CtVolume& volume);

/// The point of a voxel index (column, row, slice), with fractions; whole numbers are centres.
Vec3 point_mm(const VolumeGeometry& geometry, const Vec3& index);

/// The inverse of point_mm.
Vec3 index_at(const VolumeGeometry& geometry, const Vec3& point_mm);

/// The slice whose plane holds a point, for slices that arrive one by one; nothing when the nearest
/// is more than a tenth of the distance between slices away.
std::optional<int> slice_at(const VolumeGeometry& geometry, const Vec3& point_mm);

}  // namespace tomoscribe::model

#pragma once
// How a volume stands in the patient, and tiles cut from it.

#include <array>
#include <optional>

#include "model/views/ct_volume.h"
#include "model/views/view.h"

namespace tomoscribe::model::detail {

/// A place along the body: millimetres from the volume's head end, to the feet.
struct BodyRange {
  double from_mm = 0, to_mm = 0;
};

/// Immutable. Of a geometry that check_geometry accepts.
class Frame {
 public:
  /// `field`: what whole-plane pictures are to hold; nothing: the plane.
  explicit Frame(const VolumeGeometry& geometry, const std::optional<BoxMm>& field = {});

  const VolumeGeometry& geometry() const { return geometry_; }

  /// From the head end's outer face to the feet's.
  double body_mm() const { return body_mm_; }

  /// Along the body, of a voxel index with fractions.
  double body_at(const Vec3& index) const;

  /// The patient's z at a place along the body, at the middle of the plane; and back.
  double z_at(double body_mm) const;
  double body_at_z(double z_mm) const;

  /// The index in the middle of the field at a place along the body.
  Vec3 middle_at(double body_mm) const;

  /// Whether an index lies in the volume.
  bool holds(const Vec3& index) const;

  /// The voxels along a plane's deep axis whose centres lie in a slab; the nearest one where there
  /// is none.
  SliceRange slab(Plane plane, const Vec3& centre_index, double thickness_mm) const;

  /// The axial slab between two places along the body.
  SliceRange axial_slab(const BodyRange& range) const;

  /// What voxels `slab` of the body axis hold, from face to face.
  BodyRange body_of(const SliceRange& slab) const;

  /// The picture's middle is `centre_index`; the whole of `across_mm` by `down_mm` fits.
  Tile tile(Plane plane, const PixelRect& pixels, const Vec3& centre_index,
            const std::array<double, 2>& across_down_mm, const SliceRange& slab) const;

  /// Width and height of the field in a plane, mm; along the body the volume's.
  std::array<double, 2> extent_mm(Plane plane) const;

  /// Distance between voxels along the plane's deep axis, at right angles to the plane.
  double depth_mm(Plane plane) const;

 private:
  struct Way {
    int axis = 0;      ///< of the voxels
    double sense = 1;  ///< whether the index grows along the patient's axis
  };
  /// To the right, down, deep.
  std::array<Way, 3> ways(Plane plane) const;
  void set_field(const BoxMm& box);
  SliceRange within(const Way& way, double first_face, double last_face) const;

  VolumeGeometry geometry_;
  Vec3 field_middle_{}, field_voxels_{};  ///< by voxel axis
  std::array<Way, 3> of_patient_;         ///< per x, y, z
  double slice_mm_ = 1, body_mm_ = 1;
  double head_z_mm_ = 0, z_per_body_ = -1;
};

}  // namespace tomoscribe::model::detail

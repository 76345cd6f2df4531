#pragma once
// Views of the three shapes there are, without id, tokens or reasons.

#include "model/image_preprocess.h"
#include "model/views/detail/frame.h"
#include "model/views/view.h"

namespace tomoscribe::model::detail {

inline constexpr double slab_mm = 5;       ///< of scout tiles and first-pass slabs
inline constexpr double projected_mm = 8;  ///< of slabs that show the brightest or darkest
inline constexpr double crop_mm = 64;      ///< side of a close look at least
inline constexpr double largest_crop_mm = 256;
inline constexpr int scout_axial_tiles = 16, scout_grid = 5;

/// A side of whole tokens, at least `wanted` pixels unless the rule's largest image is smaller,
/// divisible into `parts` of whole tokens. 0: no such image.
int side_px(int wanted, int parts, const ImageRule& rule);

/// 16 axial slabs evenly over the range, then coronal and sagittal ones of twice the side through
/// its middle, on a grid of 5 by 5 whole-token squares.
View scout_view(const Frame& frame, const BodyRange& body, int side);

/// One axial slab, the whole plane.
View slab_view(const Frame& frame, const SliceRange& slab, int side);

/// Axial, coronal and sagittal squares of `field_mm`, 2 mm thick, and an axial one three times as
/// wide, 5 mm thick.
View crop_view(const Frame& frame, const Vec3& centre_index, double field_mm, int side);

}  // namespace tomoscribe::model::detail

#pragma once
// One hyperdense component of the brain: where it lies and how much it holds.

#include <string>
#include <vector>

#include "pipeline/measure/head/cranium.h"

namespace tomoscribe::pipeline::measure {

struct Blob {
  Cranium around;  ///< the cranium's arrays, cut to the component and 12 mm around it
  Mask mask;       ///< shape of `around.image.grid`
  Vec3 centre_mm{};
  double ml = 0;            ///< of `mask`: for choosing, not for reporting
  double thickest_mm = 0;   ///< twice the deepest voxel
  double depth_mm = 0;      ///< of its middle, inside the inner table
  double contact = 0;       ///< area against the inner table over volume^(2/3)
  double thickness_mm = 0;  ///< from the inner table inwards
  double symmetric = 0;     ///< share whose mirror image is hyperdense too
  double calcified = 0;     ///< voxels above 100 HU in it and beside it, over its own
  double side_mm = 0;       ///< of its middle, from the plane of symmetry
};

enum class BlobKind : std::uint8_t { in_the_brain, against_the_vault, not_blood };

struct Judged {
  BlobKind kind = BlobKind::not_blood;
  std::string reason;  ///< why it is not taken for blood
};

struct Blobs {
  std::vector<Blob> all;
  std::vector<Judged> kinds;  ///< of each
};

/// Hyperdense components of 1 mL or more (52-95 HU, sigma 1.2 mm), largest first. Not searched: the
/// posterior fossa, 2 mm along the bone, and what lies against the vault in the midline.
std::vector<Blob> hyperdense_blobs(const Cranium& cranium);

/// Volume between the density of the component and that of its surroundings.
struct BlobVolume {
  double ml = 0;
  double spread_ml = 0;  ///< half the range over threshold, grid and noise
  double mean_hu = 0;
  Mask mask;           ///< what was counted
  double abc2_ml = 0;  ///< Kothari 1996
};
BlobVolume volume_of(const Blob& blob);

}  // namespace tomoscribe::pipeline::measure

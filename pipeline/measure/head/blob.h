#pragma once
// One hyperdense component of the brain: where it lies and how much it holds.

#include <optional>
#include <string>
#include <vector>

#include "pipeline/measure/head/cranium.h"
#include "pipeline/measure/head/layer.h"

namespace tomoscribe::pipeline::measure {

/// Volume between the density of the component and that of its surroundings.
struct BlobVolume {
  double ml = 0;
  double spread_ml = 0;  ///< half the range over threshold, grid and noise
  double mean_hu = 0;    ///< median of the inner half
  Mask mask;             ///< what was counted; shape of the component's arrays
  double abc2_ml = 0;    ///< A x B x C / 2, Kothari 1996
};

struct Blob {
  Cranium around;  ///< the cranium's arrays, cut to the component and 12 mm around it
  Mask mask;       ///< 52-95 HU; shape of `around.image.grid`
  BlobVolume volume;
  Vec3 centre_mm{};
  double ml = 0;            ///< of `mask`: for choosing, not for reporting
  double thickest_mm = 0;   ///< twice the deepest voxel
  double depth_mm = 0;      ///< of its middle, inside the inner table
  double contact_mm = 0;    ///< side of a square as large as what touches the inner table
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
  Layers layers;              ///< between brain and vault
  /// The density from which the posterior fossa was searched; nothing: it was not.
  std::optional<double> posterior_hu;
};

/// Hyperdense components of 1 mL or more (52-95 HU, sigma 1.2 mm), largest first; their kinds are
/// left open. Not searched: 2 mm along the bone (6 mm in the posterior fossa), what lies against
/// the vault in the midline, and the posterior fossa where beam hardening makes it as dense as
/// blood.
Blobs hyperdense_blobs(const Cranium& cranium);

/// What a mask of the cranium's grid (0 or 1, not empty) holds, measured as a component.
Blob blob_of(const Cranium& cranium, const Mask& mask);

}  // namespace tomoscribe::pipeline::measure

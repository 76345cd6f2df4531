#pragma once
// Noise and sharpness of the reconstruction, measured in soft tissue.

#include <optional>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::gates {

struct Texture {
  double noise_hu = 0;  ///< standard deviation in flat soft tissue, trend taken off
  /// Spread between neighbouring pixels against the spread between pixels 3 mm apart: small for
  /// smooth kernels, 1 for uncorrelated noise and above for edge-enhancing ones.
  double fineness = 0;
};

/// Nullopt where there is too little flat soft tissue.
std::optional<Texture> texture_of(const measure::Scene& scene);

/// Whether the reconstruction is edge-enhancing, by its texture; nullopt where pixels are too
/// coarse or too few to tell.
std::optional<bool> looks_sharp(const measure::Scene& scene);

}  // namespace tomoscribe::pipeline::gates

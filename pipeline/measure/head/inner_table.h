#pragma once
// The inner table of the vault, and the density under it: rays from the bone inwards through the
// volume's own voxels, averaged along the bone.

#include <array>
#include <cstddef>
#include <vector>

#include "pipeline/measure/head/cranium.h"

namespace tomoscribe::pipeline::measure {

/// One ray, from the edge of the bone inwards.
struct WallRay {
  std::array<int, 3> voxel{};  ///< outermost voxel of `Cranium::inside`
  Vec3 edge_mm{};              ///< where the density is half that of the bone
  Vec3 inward{};               ///< unit
  double area_mm2 = 0;         ///< of the inner table that it stands for
  double clear_mm = 0;         ///< from here on the bone does not reach into the profile
};

/// The rays of the vault and their averaged profiles.
struct InnerTable {
  static constexpr double step_mm = 0.5;
  static constexpr std::size_t samples = 90;  ///< of a profile: 45 mm
  std::vector<WallRay> rays;
  std::vector<float> profiles;  ///< HU at 0, 0.5, 1 mm ... of each ray; mean over 5 mm of the wall
  float hu(std::size_t ray, std::size_t sample) const { return profiles[ray * samples + sample]; }
};

/// Rays where bone of 300 HU or more is met and the wall is no floor: the skull base, the posterior
/// fossa and the midline along the vault are left out.
InnerTable inner_table(const Cranium& cranium, const Volume& volume);

/// For each ray the rays within `mm` of it whose walls face the same way, itself included.
std::vector<std::vector<std::uint32_t>> beside(const InnerTable& table, const Cranium& cranium,
                                               double mm);

}  // namespace tomoscribe::pipeline::measure

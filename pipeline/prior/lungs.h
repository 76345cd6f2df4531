#pragma once
// The lungs of a study as far as another study of the same person is compared with them.

#include <optional>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::prior {

/// The lungs' box of the working grid (1.5 mm along the patient's axes) with 12 mm around them.
struct LungImage {
  GridImage image;
  /// Lung with what each slice of it encloses: 1 where nodules are looked for, 2 in its thin
  /// recesses.
  measure::Mask lung;
  std::array<double, 2> scanned_z_mm{};  ///< lowest and highest slice that was scanned
};

/// Nullopt where no lung was found.
std::optional<LungImage> lung_image(const measure::Scene& scene);

/// Share of the voxels within `radius_mm` of a point (LPS mm) that are lung in which nodules are
/// looked for; 0 where the place is not in the image.
double searched_share(const LungImage& lungs, const Vec3& point_mm, double radius_mm);

/// Mean HU within `radius_mm` of a point (LPS mm); nullopt where that place is not in the image.
std::optional<double> mean_hu(const LungImage& lungs, const Vec3& point_mm, double radius_mm);

}  // namespace tomoscribe::pipeline::prior

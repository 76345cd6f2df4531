#pragma once
// The lungs of a study as far as another study of the same person is compared with them.

#include <optional>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::prior {

/// The lungs' box of the working grid (1.5 mm along the patient's axes) with 12 mm around them.
struct LungImage {
  GridImage image;
  measure::Mask lung;                    ///< 1: lung, with what each slice of it encloses
  std::array<double, 2> scanned_z_mm{};  ///< lowest and highest slice that was scanned
};

/// Nullopt where no lung was found.
std::optional<LungImage> lung_image(const measure::Scene& scene);

/// Mean HU within `radius_mm` of a point (LPS mm); nullopt where that place is not in the image.
std::optional<double> mean_hu(const LungImage& lungs, const Vec3& point_mm, double radius_mm);

}  // namespace tomoscribe::pipeline::prior

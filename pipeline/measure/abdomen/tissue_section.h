#pragma once
// Fat and lean tissue on one axial image of the abdomen.

#include "pipeline/measure/outline.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// One image with room around it. Shape: [rows, columns], columns fastest.
struct TissueImage {
  Grid grid;       ///< one slice; wider than the image by `margin` pixels on all sides
  int margin = 0;  ///< pixels
  int slice = 0;   ///< of the volume
  std::vector<std::int16_t> hu;  ///< mean over 5 mm
  Mask body, bone;
  std::vector<float> left_mm, behind_mm;                ///< of the middle of the spinal canal
  double vertebra_left_mm = 0, vertebra_behind_mm = 0;  ///< its middle, from the canal's
  double half_width_mm = 0, half_depth_mm = 0;          ///< of the vertebra
  bool cut = false;  ///< the body reaches the border of the image
};

/// The image nearest to a working slice. Precondition: the spine covers it.
TissueImage tissue_image(const Scene& scene, double working_slice);

/// Areas in cm2, and where they lie (masks of TissueImage::grid).
struct TissueAreas {
  double subcutaneous_cm2 = 0, visceral_cm2 = 0, muscle_cm2 = 0;
  Mask inside;  ///< within the outer border of the muscles
  Mask muscle;
  bool two_trunks = false;  ///< something large lies apart: an arm
};

/// \param limit_hu  between fat and lean: -30 (QUANTIFICATION A).
TissueAreas tissue_areas(const TissueImage& image, int limit_hu = -30);

/// A mask of the image without its margin, for an outline.
SliceMask without_margin(const TissueImage& image, const Mask& mask);

}  // namespace tomoscribe::pipeline::measure

#pragma once

#include <cstdint>
#include <vector>

#include "model/image_preprocess.h"
#include "model/views/ct_volume.h"
#include "model/views/view.h"

namespace tomoscribe::model {

/// Shape: [height, width, 3], colours fastest.  Units: 0 to 255.
struct RgbImage {
  int width = 0, height = 0;
  std::vector<std::uint8_t> values;

  /// For prepare_image; valid while this image is.
  Pixels pixels() const { return {width, height, 3, values.data(), values.size()}; }
};

/// Draws a view; black where the volume is not. Reads the slices of the view's tiles and no others,
/// so it may run while later slices are still to come. Memory: the image and a tile or three.
/// \throws UnfitViews when the volume cannot be used or the view was planned for another shape.
/// Thread-safe: yes.
RgbImage render(const CtVolume& volume, const View& view);

}  // namespace tomoscribe::model

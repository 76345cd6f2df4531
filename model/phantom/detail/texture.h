#pragma once

#include <vector>

#include "model/phantom/detail/field.h"

namespace tomoscribe::model::phantom {

/// Soft-tissue and parenchymal texture of SD 1, continuous from layer to layer; one value a pixel.
class Texture {
 public:
  Texture(int columns, int rows, double pixel_mm, double layer_mm, std::uint64_t seed);
  const std::vector<float>& next();

 private:
  std::uint64_t seed_;
  Blur blur_;
  double keep_;
  std::vector<float> fresh_, field_;
  int layer_ = 0;
};

}  // namespace tomoscribe::model::phantom

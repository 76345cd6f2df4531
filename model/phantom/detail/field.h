#pragma once

#include <cstdint>
#include <vector>

namespace tomoscribe::model::phantom {

/// Separable Gaussian in the plane, edges mirrored. Shape: [rows, columns].
class Blur {
 public:
  Blur(int columns, int rows, double sigma_pixels);
  void apply(std::vector<float>& image);
  /// SD that white noise of SD 1 keeps.
  double noise_gain() const { return gain_; }

 private:
  void along_rows(const std::vector<float>& image);     ///< into scratch_
  void along_columns(std::vector<float>& image) const;  ///< from scratch_

  int columns_, rows_;
  std::vector<float> weights_, line_, scratch_;
  double gain_ = 1;
};

/// White noise, nearly normal, SD 1: a function of (seed, stream, slice) and the pixel.
void white_noise(std::vector<float>& image, std::uint64_t seed, std::uint64_t stream, int slice);

}  // namespace tomoscribe::model::phantom

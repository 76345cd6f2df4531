#include "model/phantom/detail/texture.h"

#include <cmath>
#include <cstddef>

#include "model/phantom/detail/steady.h"

namespace tomoscribe::model::phantom {

Texture::Texture(int columns, int rows, double pixel_mm, double layer_mm, std::uint64_t seed)
    : seed_(seed),
      blur_(columns, rows, 1.7 / pixel_mm),
      keep_(exponential_of_minus(layer_mm / 3.5)),
      fresh_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)),
      field_(fresh_.size()) {}

const std::vector<float>& Texture::next() {
  white_noise(fresh_, seed_, 50, layer_);
  blur_.apply(fresh_);
  const auto keep = static_cast<float>(layer_ == 0 ? 0 : keep_);
  const auto add = static_cast<float>(
      std::sqrt(1 - static_cast<double>(keep) * static_cast<double>(keep)) / blur_.noise_gain());
  for (std::size_t i = 0; i < field_.size(); ++i) field_[i] = keep * field_[i] + add * fresh_[i];
  ++layer_;
  return field_;
}

}  // namespace tomoscribe::model::phantom

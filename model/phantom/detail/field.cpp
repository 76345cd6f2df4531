#include "model/phantom/detail/field.h"

#include <cmath>
#include <cstddef>

#include "model/phantom/detail/steady.h"

namespace tomoscribe::model::phantom {

namespace {
int mirrored(int i, int size) {
  if (size == 1) return 0;
  while (i < 0 || i >= size) i = i < 0 ? -i - 1 : 2 * size - 1 - i;
  return i;
}
}  // namespace

Blur::Blur(int columns, int rows, double sigma_pixels)
    : columns_(columns),
      rows_(rows),
      scratch_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)) {
  const int radius = sigma_pixels < 0.15 ? 0 : static_cast<int>(3 * sigma_pixels) + 1;
  double sum = 0, squares = 0;
  std::vector<double> weight;
  for (int i = -radius; i <= radius; ++i) {
    weight.push_back(
        radius == 0 ? 1 : exponential_of_minus(0.5 * i * i / (sigma_pixels * sigma_pixels)));
    sum += weight.back();
  }
  for (const double w : weight) {
    squares += w / sum * w / sum;
    weights_.push_back(static_cast<float>(w / sum));
  }
  gain_ = squares;  // sqrt for each of two directions
  line_.resize(static_cast<std::size_t>(columns) + weights_.size() - 1);
}

void Blur::apply(std::vector<float>& image) {
  if (weights_.size() == 1) return;
  along_rows(image);
  along_columns(image);
}

void Blur::along_rows(const std::vector<float>& image) {
  const int taps = static_cast<int>(weights_.size()), radius = taps / 2;
  const auto columns = static_cast<std::size_t>(columns_);
  for (int row = 0; row < rows_; ++row) {
    const float* in = &image[static_cast<std::size_t>(row) * columns];
    float* out = &scratch_[static_cast<std::size_t>(row) * columns];
    for (int i = 0; i < columns_ + 2 * radius; ++i)
      line_[static_cast<std::size_t>(i)] = in[mirrored(i - radius, columns_)];
    for (std::size_t i = 0; i < columns; ++i) out[i] = 0;
    for (int k = 0; k < taps; ++k) {
      const float w = weights_[static_cast<std::size_t>(k)];
      const float* from = &line_[static_cast<std::size_t>(k)];
      for (std::size_t i = 0; i < columns; ++i) out[i] += w * from[i];
    }
  }
}

void Blur::along_columns(std::vector<float>& image) const {
  const int taps = static_cast<int>(weights_.size()), radius = taps / 2;
  const auto columns = static_cast<std::size_t>(columns_);
  for (int row = 0; row < rows_; ++row) {
    float* out = &image[static_cast<std::size_t>(row) * columns];
    for (std::size_t i = 0; i < columns; ++i) out[i] = 0;
    for (int k = 0; k < taps; ++k) {
      const float w = weights_[static_cast<std::size_t>(k)];
      const float* from =
          &scratch_[static_cast<std::size_t>(mirrored(row + k - radius, rows_)) * columns];
      for (std::size_t i = 0; i < columns; ++i) out[i] += w * from[i];
    }
  }
}

void white_noise(std::vector<float>& image, std::uint64_t seed, std::uint64_t stream, int slice) {
  const std::uint64_t key = mixed(mixed(mixed(seed) ^ stream) + static_cast<std::uint64_t>(slice));
  // The sum of four uniform 16-bit numbers: mean 131070, SD 37837.
  for (std::size_t i = 0; i < image.size(); ++i) {
    const std::uint64_t bits = mixed(key + i * 0xD1342543DE82EF95ULL);
    const auto sum = static_cast<int>((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) +
                                      (bits >> 32 & 0xFFFF) + (bits >> 48));
    image[i] = static_cast<float>(sum - 131070) * (1.0F / 37837.0F);
  }
}

}  // namespace tomoscribe::model::phantom

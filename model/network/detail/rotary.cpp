#include "model/network/detail/rotary.h"

#include <algorithm>
#include <cmath>

namespace tomoscribe::model::network {

namespace {

constexpr double pi = 3.14159265358979323846;

double plain_frequency(double theta, std::int64_t j, std::int64_t head_dim) {
  return std::pow(theta, -2.0 * static_cast<double>(j) / static_cast<double>(head_dim));
}

/// The index of the frequency that turns `rotations` times within the positions of training.
double turning_index(double rotations, const TextConfig& text) {
  const auto positions = static_cast<double>(text.yarn->original_positions);
  return static_cast<double>(text.head_dim) * std::log(positions / (rotations * 2 * pi)) /
         (2 * std::log(text.rope_theta));
}

at::Tensor to_device(const std::vector<float>& values, const at::Device& device) {
  return at::tensor(values, at::TensorOptions(at::kFloat)).to(device);
}

}  // namespace

std::vector<float> text_frequencies(const TextConfig& text) {
  const std::int64_t half = text.head_dim / 2;
  std::vector<float> frequencies;
  double low = 0, high = 0;
  if (text.yarn) {
    low = std::max(std::floor(turning_index(text.yarn->beta_fast, text)), 0.0);
    high = std::min(std::ceil(turning_index(text.yarn->beta_slow, text)),
                    static_cast<double>(text.head_dim - 1));
    if (low == high) high += 0.001;
  }
  for (std::int64_t j = 0; j < half; ++j) {
    double frequency = plain_frequency(text.rope_theta, j, text.head_dim);
    if (text.yarn) {
      const double ramp = std::clamp((static_cast<double>(j) - low) / (high - low), 0.0, 1.0);
      frequency = frequency / text.yarn->factor * ramp + frequency * (1 - ramp);
    }
    frequencies.push_back(static_cast<float>(frequency));
  }
  return frequencies;
}

Angles text_angles(const TextConfig& text, std::int64_t first, std::int64_t count,
                   const at::Device& device) {
  const auto options = at::TensorOptions(at::kFloat).device(device);
  const at::Tensor position = at::arange(first, first + count, options);
  const at::Tensor angle =
      position.unsqueeze(1) * to_device(text_frequencies(text), device).unsqueeze(0);
  const double factor = text.yarn ? text.yarn->attention_factor : 1.0;
  return {angle.cos().mul_(factor), angle.sin().mul_(factor)};
}

Angles patch_angles(const VisionConfig& vision, std::int64_t rows, std::int64_t columns,
                    const at::Device& device) {
  std::vector<float> of_row, of_column;
  for (std::int64_t j = 0; j < vision.head_dim / 2; ++j)
    (j % 2 == 0 ? of_row : of_column)
        .push_back(static_cast<float>(plain_frequency(vision.rope_theta, j, vision.head_dim)));
  const auto options = at::TensorOptions(at::kFloat).device(device);
  const auto turns = [&](std::int64_t count, const std::vector<float>& frequencies) {
    return at::arange(count, options).unsqueeze(1) * to_device(frequencies, device).unsqueeze(0);
  };
  const auto row_half = static_cast<std::int64_t>(of_row.size());
  const auto column_half = static_cast<std::int64_t>(of_column.size());
  const at::Tensor down = turns(rows, of_row).unsqueeze(1).expand({rows, columns, row_half});
  const at::Tensor across =
      turns(columns, of_column).unsqueeze(0).expand({rows, columns, column_half});
  const at::Tensor angle =
      at::cat({down, across}, -1).reshape({rows * columns, row_half + column_half});
  return {angle.cos(), angle.sin()};
}

at::Tensor rotate(const at::Tensor& x, const Angles& angles, RotaryRows order) {
  const at::Tensor exact = x.to(at::kFloat);
  const std::int64_t h = x.size(0), t = x.size(1), half = x.size(2) / 2;
  if (order == RotaryRows::halves) {
    const at::Tensor a = exact.narrow(2, 0, half), b = exact.narrow(2, half, half);
    return at::cat({a * angles.cos - b * angles.sin, b * angles.cos + a * angles.sin}, 2)
        .to(x.scalar_type());
  }
  const at::Tensor pairs = exact.reshape({h, t, half, 2});
  const at::Tensor a = pairs.select(3, 0), b = pairs.select(3, 1);
  return at::stack({a * angles.cos - b * angles.sin, b * angles.cos + a * angles.sin}, 3)
      .reshape({h, t, 2 * half})
      .to(x.scalar_type());
}

at::Tensor query_scale(const QueryScaling& scaling, std::int64_t first, std::int64_t count,
                       const at::Device& device) {
  std::vector<float> scale;
  for (std::int64_t position = first; position < first + count; ++position) {
    const std::int64_t stretches = position / scaling.original_positions;
    scale.push_back(
        static_cast<float>(1 + scaling.beta * std::log1p(static_cast<double>(stretches))));
  }
  return to_device(scale, device).unsqueeze(1);
}

}  // namespace tomoscribe::model::network

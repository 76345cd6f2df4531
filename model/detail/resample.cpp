#include "model/detail/resample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace tomoscribe::model::detail {

namespace {

constexpr std::size_t channels = 3;

std::size_t count(SizePx size) {
  return std::size_t(size.width) * std::size_t(size.height) * channels;
}

/// Four source places and their weights for one place of the result.
struct Taps {
  std::array<int, 4> at{};
  std::array<float, 4> weights{};
};

/// In OpenCV's own order of operations and precision.
std::array<float, 4> cubic_weights(float x) {
  constexpr float a = -0.75F;
  const float before = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
  const float left = ((a + 2) * x - (a + 3)) * x * x + 1;
  const float right = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1;
  return {before, left, right, 1.0F - before - left - right};
}

std::vector<Taps> cubic_taps(int from, int to) {
  const double scale = double(from) / to;
  std::vector<Taps> all(std::size_t(to), Taps{});
  for (int i = 0; i < to; ++i) {
    const auto place = static_cast<float>((i + 0.5) * scale - 0.5);
    const int floor = static_cast<int>(std::floor(place));
    Taps& taps = all[std::size_t(i)];
    taps.weights = cubic_weights(place - static_cast<float>(floor));
    for (int k = 0; k < 4; ++k) taps.at[std::size_t(k)] = std::clamp(floor - 1 + k, 0, from - 1);
  }
  return all;
}

/// The source rows, scaled in width, of which four neighbours are kept.
class ScaledRows {
 public:
  ScaledRows(std::span<const std::uint8_t> rgb, int from_width, int to_width)
      : rgb_{rgb},
        stride_{std::size_t(from_width) * channels},
        taps_{cubic_taps(from_width, to_width)} {
    kept_.fill({.number = -1, .values = std::vector<float>(std::size_t(to_width) * channels)});
  }

  const std::vector<float>& row(int number) {
    Row& row = kept_[std::size_t(number) % kept_.size()];
    if (row.number == number) return row.values;
    row.number = number;
    const auto source = rgb_.subspan(std::size_t(number) * stride_, stride_);
    float* into = row.values.data();
    for (const Taps& taps : taps_)
      for (std::size_t c = 0; c < channels; ++c) *into++ = sum(source, taps, c);
    return row.values;
  }

 private:
  struct Row {
    int number = -1;
    std::vector<float> values;
  };

  static float sum(std::span<const std::uint8_t> source, const Taps& taps, std::size_t channel) {
    float value = 0;
    for (std::size_t k = 0; k < 4; ++k)
      value += taps.weights[k] * float(source[std::size_t(taps.at[k]) * channels + channel]);
    return value;
  }

  std::span<const std::uint8_t> rgb_;
  std::size_t stride_;
  std::vector<Taps> taps_;
  std::array<Row, 4> kept_;
};

constexpr int fraction_bits = 22;

/// The weights of one place of the result, from `begin` on.
struct Window {
  int begin = 0;
  std::vector<std::int32_t> weights;
};

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

std::vector<Window> pillow_windows(int from, int to) {
  const double scale = double(from) / to, widening = std::max(scale, 1.0), support = 2 * widening;
  std::vector<Window> windows;
  for (int i = 0; i < to; ++i) {
    const double center = (i + 0.5) * scale;
    const int begin = std::max(static_cast<int>(std::floor(center - support + 0.5)), 0);
    const int end = std::min(static_cast<int>(std::floor(center + support + 0.5)), from);
    std::vector<double> weights;
    double total = 0;
    for (int x = begin; x < end; ++x) {
      weights.push_back(bicubic((x - center + 0.5) * (1 / widening)));
      total += weights.back();
    }
    Window window{.begin = begin};
    for (const double weight : weights) {
      const double scaled = (total != 0 ? weight / total : weight) * (1 << fraction_bits);
      window.weights.push_back(static_cast<std::int32_t>(scaled + (weight < 0 ? -0.5 : 0.5)));
    }
    windows.push_back(std::move(window));
  }
  return windows;
}

/// One byte of the result: `step` bytes lie between neighbours in the direction that is scaled.
std::uint8_t pillow_sum(const std::uint8_t* first, std::size_t step, const Window& window) {
  std::int64_t sum = 1 << (fraction_bits - 1);
  for (const std::int32_t weight : window.weights) {
    sum += std::int64_t{weight} * *first;
    first += step;
  }
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(sum >> fraction_bits, 0, 255));
}

std::vector<std::uint8_t> pillow_columns(std::span<const std::uint8_t> rgb, SizePx from,
                                         int width) {
  const auto windows = pillow_windows(from.width, width);
  std::vector<std::uint8_t> result;
  result.reserve(count({.width = width, .height = from.height}));
  for (std::size_t y = 0; y < std::size_t(from.height); ++y) {
    const auto row = rgb.subspan(y * std::size_t(from.width) * channels);
    for (const Window& window : windows)
      for (std::size_t c = 0; c < channels; ++c)
        result.push_back(
            pillow_sum(&row[std::size_t(window.begin) * channels + c], channels, window));
  }
  return result;
}

std::vector<std::uint8_t> pillow_rows(std::span<const std::uint8_t> rgb, SizePx from, int height) {
  const std::size_t stride = std::size_t(from.width) * channels;
  std::vector<std::uint8_t> result;
  result.reserve(stride * std::size_t(height));
  for (const Window& window : pillow_windows(from.height, height))
    for (std::size_t x = 0; x < stride; ++x)
      result.push_back(pillow_sum(&rgb[std::size_t(window.begin) * stride + x], stride, window));
  return result;
}

/// Pillow 13 (ImagingResampleInner): rows first where many of them go. Earlier versions never did.
bool rows_first(SizePx from, SizePx to) {
  const int fewer_rows = from.height - to.height, fewer_columns = from.width - to.width;
  return fewer_rows > 0 && fewer_rows > 2 * fewer_columns;
}

}  // namespace

std::vector<float> resample_opencv_cubic(std::span<const std::uint8_t> rgb, SizePx from,
                                         SizePx to) {
  if (from == to) return {rgb.begin(), rgb.end()};
  ScaledRows rows(rgb, from.width, to.width);
  std::vector<float> result(count(to));
  float* into = result.data();
  for (const Taps& taps : cubic_taps(from.height, to.height)) {
    std::array<const float*, 4> source{};
    for (std::size_t k = 0; k < 4; ++k) source[k] = rows.row(taps.at[k]).data();
    for (std::size_t x = 0; x < std::size_t(to.width) * channels; ++x) {
      float value = 0;
      for (std::size_t k = 0; k < 4; ++k) value += taps.weights[k] * source[k][x];
      *into++ = value;
    }
  }
  return result;
}

std::vector<std::uint8_t> resample_pillow_bicubic(std::span<const std::uint8_t> rgb, SizePx from,
                                                  SizePx to) {
  std::vector<std::uint8_t> result(rgb.begin(), rgb.end());
  const auto scale_columns = [&](int height) {
    if (from.width != to.width)
      result = pillow_columns(result, {.width = from.width, .height = height}, to.width);
  };
  const auto scale_rows = [&](int width) {
    if (from.height != to.height)
      result = pillow_rows(result, {.width = width, .height = from.height}, to.height);
  };
  if (rows_first(from, to)) {
    scale_rows(from.width);
    scale_columns(to.height);
  } else {
    scale_columns(from.height);
    scale_rows(to.width);
  }
  return result;
}

}  // namespace tomoscribe::model::detail

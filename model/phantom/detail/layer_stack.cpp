#include "model/phantom/detail/layer_stack.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tomoscribe::model::phantom {

namespace {

constexpr double degree = 3.14159265358979323846 / 180;

Layer empty_layer(const Settings& s) {
  const auto pixels = static_cast<std::size_t>(s.columns) * static_cast<std::size_t>(s.rows);
  return {std::vector<float>(pixels), std::vector<std::uint8_t>(pixels),
          std::vector<std::uint8_t>(pixels)};
}

/// floor without a library's function; for small numbers.
int whole(double value) {
  const int cut = static_cast<int>(value);
  return value < cut ? cut - 1 : cut;
}

}  // namespace

LayerStack::LayerStack(const Settings& settings, const Frame& frame, const Painter& paint)
    : settings_(settings),
      frame_(frame),
      paint_(paint),
      sine_(sine(settings.tilt_degrees * degree)),
      cosine_(cosine(settings.tilt_degrees * degree)),
      slice_(empty_layer(settings)),
      filled_(256) {
  if (settings.tilt_degrees == 0) {
    sine_ = 0;
    cosine_ = 1;
  }
}

double LayerStack::layer_z(int layer) const {
  // An even number of layers lies around a slice's middle, an odd one also on it.
  const double shift = frame_.layers_per_slice % 2 == 0 ? 0.5 : 0.0;
  return frame_.first_z + (layer + shift) * frame_.layer_mm;
}

double LayerStack::row_height(int row) const {
  return (row - (settings_.rows - 1) / 2.0) * settings_.pixel_mm * sine_;
}

LayerStack::Reach LayerStack::reach(double z) const {
  constexpr double least_share = 1e-6;
  const double half = frame_.thickness_mm / 2, step = frame_.layer_mm;
  Reach found;
  found.first = whole((z - half - layer_z(0)) / step);
  for (int layer = found.first; layer_z(layer) - step / 2 < z + half; ++layer) {
    const double overlap = std::min(layer_z(layer) + step / 2, z + half) -
                           std::max(layer_z(layer) - step / 2, z - half);
    if (overlap < least_share * step && found.weights.empty()) {
      found.first = layer + 1;
      continue;
    }
    if (overlap < least_share * step) break;
    found.weights.push_back(static_cast<float>(overlap / frame_.thickness_mm));
  }
  return found;
}

void LayerStack::hold(int first, int last) {
  while (!layers_.empty() && first_layer_ < first) {
    layers_.pop_front();
    ++first_layer_;
  }
  if (layers_.empty()) first_layer_ = first;
  while (first_layer_ + static_cast<int>(layers_.size()) <= last) {
    const int next = first_layer_ + static_cast<int>(layers_.size());
    layers_.push_back(empty_layer(settings_));
    paint_(layer_z(next), layers_.back());
  }
}

void LayerStack::mean_row(int row, const Reach& reach) {
  const auto columns = static_cast<std::size_t>(settings_.columns);
  const double middle = (settings_.rows - 1) / 2.0, at = middle + (row - middle) * cosine_;
  const int low = std::clamp(whole(at), 0, settings_.rows - 1),
            high = std::min(low + 1, settings_.rows - 1);
  const auto part = static_cast<float>(std::clamp(at - low, 0.0, 1.0));
  float* out = &slice_.hu[static_cast<std::size_t>(row) * columns];
  std::fill_n(out, columns, 0.0F);
  for (std::size_t k = 0; k < reach.weights.size(); ++k) {
    const Layer& from = layer(reach.first + static_cast<int>(k));
    const float* above = &from.hu[static_cast<std::size_t>(low) * columns];
    const float* below = &from.hu[static_cast<std::size_t>(high) * columns];
    const float w = reach.weights[k];
    if (part == 0.0F)
      for (std::size_t i = 0; i < columns; ++i) out[i] += w * above[i];
    else
      for (std::size_t i = 0; i < columns; ++i)
        out[i] += w * (above[i] + (below[i] - above[i]) * part);
  }
}

void LayerStack::own_row(int row, const Reach& reach) {
  const auto columns = static_cast<std::size_t>(settings_.columns);
  const double middle = (settings_.rows - 1) / 2.0;
  const int nearest =
      std::clamp(whole(middle + (row - middle) * cosine_ + 0.5), 0, settings_.rows - 1);
  const std::size_t to = static_cast<std::size_t>(row) * columns,
                    from = static_cast<std::size_t>(nearest) * columns;
  const auto count = static_cast<int>(reach.weights.size());
  const Layer& central = layer(reach.first + count / 2);
  std::copy_n(&central.label[from], columns, &slice_.label[to]);
  std::fill_n(&slice_.owner[to], columns, std::uint8_t{0});
  for (int k = 0; k < count; ++k) {
    const std::uint8_t* owner = &layer(reach.first + k).owner[from];
    for (std::size_t i = 0; i < columns; ++i) {
      if (owner[i] == 0) continue;
      filled_[owner[i]] += static_cast<double>(reach.weights[static_cast<std::size_t>(k)]);
      float share = 0;
      for (int j = 0; j < count; ++j)
        if (layer(reach.first + j).owner[from + i] == owner[i])
          share += reach.weights[static_cast<std::size_t>(j)];
      if (share >= 0.5F) slice_.owner[to + i] = owner[i];
    }
  }
}

void LayerStack::make(int slice) {
  const double z = frame_.first_z + slice * settings_.slice_mm;
  std::ranges::fill(filled_, 0.0);
  if (frame_.thickness_mm == 0) {
    paint_(z, slice_);
    for (const std::uint8_t owner : slice_.owner)
      if (owner != 0) filled_[owner] += 1;
    return;
  }
  const double ends = std::abs(row_height(0));
  hold(reach(z - ends).first, [&] {
    const Reach last = reach(z + ends);
    return last.first + static_cast<int>(last.weights.size()) - 1;
  }());
  Reach here = reach(z + row_height(0));
  for (int row = 0; row < settings_.rows; ++row) {
    if (sine_ != 0) here = reach(z + row_height(row));
    mean_row(row, here);
    own_row(row, here);
  }
}

}  // namespace tomoscribe::model::phantom

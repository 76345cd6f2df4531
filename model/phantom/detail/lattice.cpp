#include "model/phantom/detail/lattice.h"

#include <algorithm>
#include <cmath>

namespace tomoscribe::model::phantom {

namespace {

constexpr double wanted_spacing_mm = 2;

/// The least distance a coat can have between two values of its channel.
float least(const Coat& coat, float low, float high) {
  low += coat.offset, high += coat.offset;
  if (coat.band < 0) return low;
  if (low <= 0 && high >= 0) return -coat.band;
  return std::min(std::abs(low), std::abs(high)) - coat.band;
}

std::int64_t floor_of(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) > value ? whole - 1 : whole;
}

}  // namespace

LatticePainter::LatticePainter(const LatticeRaster& raster, const Shapes& shapes,
                               const Painting& painting)
    : raster_(raster),
      shapes_(shapes),
      painting_(painting),
      channels_(shapes.channels()),
      step_(std::max(1, static_cast<int>(wanted_spacing_mm / raster.pixel_mm + 0.5))),
      across_((raster.columns + step_ - 1) / step_ + 1),
      down_((raster.rows + step_ - 1) / step_ + 1),
      spacing_(std::min(step_ * raster.pixel_mm, wanted_spacing_mm)) {
  row_.resize(static_cast<std::size_t>(channels_) * static_cast<std::size_t>(across_));
  range_.resize(static_cast<std::size_t>(channels_));
}

std::vector<float> LatticePainter::node_plane(std::int64_t index) const {
  const auto across = static_cast<std::size_t>(across_), down = static_cast<std::size_t>(down_),
             channels = static_cast<std::size_t>(channels_);
  std::vector<float> plane(channels * across * down), here(channels);
  const double cell = step_ * raster_.pixel_mm;
  for (std::size_t j = 0; j < down; ++j)
    for (std::size_t i = 0; i < across; ++i) {
      shapes_.distances(
          {raster_.first_x + static_cast<double>(i) * cell,
           raster_.first_y + static_cast<double>(j) * cell, static_cast<double>(index) * spacing_},
          here.data());
      for (std::size_t c = 0; c < channels; ++c) plane[(j * channels + c) * across + i] = here[c];
    }
  return plane;
}

void LatticePainter::load_planes(std::int64_t below) {
  if (below == below_) return;
  if (below == below_ + 1)
    low_plane_.swap(high_plane_);
  else
    low_plane_ = node_plane(below);
  high_plane_ = node_plane(below + 1);
  below_ = below;
}

void LatticePainter::blend(std::size_t i, int material, float share) {
  const Material& m = painting_.materials[static_cast<std::size_t>(material)];
  const float hu = m.hu + m.texture_hu * (*texture_)[i];
  layer_->hu[i] += (hu - layer_->hu[i]) * share;
  if (share < 0.5F) return;
  layer_->label[i] = m.label;
  layer_->owner[i] = m.owner;
}

void LatticePainter::paint(double z, const std::vector<float>& texture, Layer& layer) {
  texture_ = &texture;
  layer_ = &layer;
  const double height = z / spacing_;
  const std::int64_t below = floor_of(height);
  load_planes(below);
  const auto w = static_cast<float>(height - static_cast<double>(below));
  plane_.resize(low_plane_.size());
  for (std::size_t i = 0; i < plane_.size(); ++i)
    plane_[i] = low_plane_[i] + (high_plane_[i] - low_plane_[i]) * w;
  std::ranges::fill(layer.hu, painting_.materials[0].hu);
  std::ranges::fill(layer.label, std::uint8_t{0});
  std::ranges::fill(layer.owner, std::uint8_t{0});
  for (int row = 0; row < raster_.rows; ++row) paint_row(row);
  for (const Bead& bead : painting_.beads) paint_bead(z, bead);
}

void LatticePainter::paint_row(int row) {
  const int j = row / step_;
  const float v = static_cast<float>(row % step_) / static_cast<float>(step_);
  const std::size_t stride = row_.size();
  const float* above = &plane_[static_cast<std::size_t>(j) * stride];
  const float* next = above + stride;
  for (std::size_t i = 0; i < stride; ++i) row_[i] = above[i] + (next[i] - above[i]) * v;
  for (int c = 0; c < channels_; ++c) {
    const auto [low, high] = std::minmax_element(row_of(c), row_of(c) + across_);
    range_[static_cast<std::size_t>(c)] = {*low, *high};
  }
  for (const Coat& coat : painting_.coats) paint_coat(row, coat);
}

void LatticePainter::paint_coat(int row, const Coat& coat) {
  const auto edge = static_cast<float>(raster_.pixel_mm);
  const Range& range = range_[static_cast<std::size_t>(coat.channel)];
  if (least(coat, range.low, range.high) > edge) return;
  if (coat.within >= 0 &&
      range_[static_cast<std::size_t>(coat.within)].low + coat.within_offset > edge)
    return;
  const float* values = row_of(coat.channel);
  for (int i = 0; i + 1 < across_; ++i) {
    const auto [low, high] = std::minmax(values[i], values[i + 1]);
    if (least(coat, low, high) > edge) continue;
    paint_span(coat, {row, i * step_, std::min((i + 1) * step_, raster_.columns)}, i);
  }
}

void LatticePainter::paint_span(const Coat& coat, const Span& span, int node) {
  const float per_pixel = 1.0F / static_cast<float>(step_);
  const float* a = row_of(coat.channel) + node;
  const float start = a[0] + coat.offset, slope = (a[1] - a[0]) * per_pixel;
  float limit = -1e6F, limit_slope = 0;
  if (coat.within >= 0) {
    const float* b = row_of(coat.within) + node;
    limit = b[0] + coat.within_offset;
    limit_slope = (b[1] - b[0]) * per_pixel;
  }
  const float sharpness = 1.0F / static_cast<float>(raster_.pixel_mm);
  const std::size_t first =
      static_cast<std::size_t>(span.row) * static_cast<std::size_t>(raster_.columns);
  for (int column = span.first; column < span.last; ++column) {
    const auto along = static_cast<float>(column - span.first);
    float d = start + slope * along;
    if (coat.band >= 0) d = std::abs(d) - coat.band;
    d = std::max(d, limit + limit_slope * along);
    const float share = clamped01(0.5F - d * sharpness);
    if (share > 0) blend(first + static_cast<std::size_t>(column), coat.material, share);
  }
}

void LatticePainter::paint_bead(double z, const Bead& bead) {
  const double r = bead.radius_mm, pixel = raster_.pixel_mm;
  if (z < std::min(bead.from.z, bead.to.z) - r || z > std::max(bead.from.z, bead.to.z) + r) return;
  const auto pixel_of = [&](double mm, double origin, int size) {
    return std::clamp(static_cast<int>((mm - origin) / pixel), 0, size - 1);
  };
  const double reach = r + pixel;
  const int column0 =
      pixel_of(std::min(bead.from.x, bead.to.x) - reach, raster_.first_x, raster_.columns);
  const int column1 =
      pixel_of(std::max(bead.from.x, bead.to.x) + reach + pixel, raster_.first_x, raster_.columns);
  const int row0 =
      pixel_of(std::min(bead.from.y, bead.to.y) - reach, raster_.first_y, raster_.rows);
  const int row1 =
      pixel_of(std::max(bead.from.y, bead.to.y) + reach + pixel, raster_.first_y, raster_.rows);
  const Point d = bead.to - bead.from;
  const double squared = dot(d, d);
  for (int row = row0; row <= row1; ++row)
    for (int column = column0; column <= column1; ++column) {
      const Point p =
          Point{raster_.first_x + column * pixel, raster_.first_y + row * pixel, z} - bead.from;
      const double t = squared > 0 ? std::clamp(dot(p, d) / squared, 0.0, 1.0) : 0;
      const Point off = p - d * t;
      const auto inside = static_cast<float>((r - std::sqrt(dot(off, off))) / pixel);
      const float share = clamped01(0.5F + inside);
      if (share > 0)
        blend(static_cast<std::size_t>(row) * static_cast<std::size_t>(raster_.columns) +
                  static_cast<std::size_t>(column),
              bead.material, share);
    }
}

}  // namespace tomoscribe::model::phantom

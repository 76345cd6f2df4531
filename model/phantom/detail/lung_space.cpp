#include "model/phantom/detail/lung_space.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace tomoscribe::model::phantom {

namespace {

constexpr double sample_mm = 4;

bool inside(const Ellipsoid& shape, const Point& canonical) {
  const Point p = canonical - shape.centre;
  const double u = dot(p, shape.axes[0]) / (shape.half_axes.x + shape.grow_mm),
               v = dot(p, shape.axes[1]) / (shape.half_axes.y + shape.grow_mm),
               w = dot(p, shape.axes[2]) / (shape.half_axes.z + shape.grow_mm);
  return u * u + v * v + w * w < 1;
}

bool in_an_organ(const std::vector<Ellipsoid>& organs, const Point& canonical) {
  return std::ranges::any_of(organs, [&](const Ellipsoid& shape) {
    return (shape.over & lungs) != 0 && inside(shape, canonical);
  });
}

/// A vertebral body, seen from above: the lung's outline does not know it.
bool in_the_spine(const Body& body, const Point& canonical) {
  const Point centre = body.spine(canonical.z);
  const double size = std::clamp(1.0 - canonical.z / 600, 0.8, 1.25),
               u = (canonical.x - centre.x) / (17 * size),
               v = (canonical.y - centre.y) / (14 * size);
  return u * u * u * u + v * v < 1;
}

}  // namespace

LungSpace::LungSpace(const Body& body, const std::vector<Ellipsoid>& organs, bool left)
    : sample_ml_(sample_mm * sample_mm * sample_mm / 1000) {
  constexpr int across = 40, deep = 56, high = 84;  // 160 x 224 x 336 mm
  const Label wanted = left ? Label::lung_left : Label::lung_right;
  for (int k = 0; k < high; ++k) {
    const double z = -200 + k * sample_mm;
    const Section section = body.section(z / body.latent().scale_z);
    for (int sample = 0; sample < across * deep; ++sample) {
      const int column = sample % across, row = sample / across;
      const double x = (column + 0.5) * sample_mm * (left ? 1 : -1), y = -112 + row * sample_mm;
      const Point p = body.to_canonical({x, y, z});
      const Tissue tissue = body.tissue(section, static_cast<float>(p.x), static_cast<float>(p.y),
                                        static_cast<float>(p.z) - section.z, 0);
      if (tissue.label == wanted && !in_an_organ(organs, p) && !in_the_spine(body, p))
        spots_.push_back({p, Body::pleural_depth(section, p.x, p.y)});
    }
  }
  bound();
}

LungSpace::LungSpace(std::vector<Spot> spots, double sample_ml)
    : sample_ml_(sample_ml), spots_(std::move(spots)) {
  bound();
}

void LungSpace::bound() {
  free_.assign(spots_.size(), 1);
  if (spots_.empty()) return;
  const auto [low, high_spot] =
      std::ranges::minmax_element(spots_, {}, [](const Spot& s) { return s.canonical.z; });
  low_z_ = low->canonical.z;
  high_z_ = high_spot->canonical.z;
}

double LungSpace::free_ml() const {
  return static_cast<double>(std::ranges::count(free_, 1)) * sample_ml_;
}

std::optional<double> LungSpace::level_for(const Potential& potential, double volume_ml) const {
  constexpr double reserve = 1.25;
  if (volume_ml <= 0 || free_ml() < reserve * volume_ml) return std::nullopt;
  std::vector<double> values;
  values.reserve(spots_.size());
  for (std::size_t i = 0; i < spots_.size(); ++i)
    if (free_[i] != 0) values.push_back(potential(spots_[i]));
  const auto count = static_cast<std::ptrdiff_t>(std::lround(volume_ml / sample_ml_));
  const auto nth = values.begin() + std::max<std::ptrdiff_t>(count - 1, 0);
  std::ranges::nth_element(values, nth, std::greater<>());
  return *nth;
}

void LungSpace::take(const Potential& potential, double level) {
  for (std::size_t i = 0; i < spots_.size(); ++i)
    if (free_[i] != 0 && potential(spots_[i]) >= level) free_[i] = 0;
}

}  // namespace tomoscribe::model::phantom

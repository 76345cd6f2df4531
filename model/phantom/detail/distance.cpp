#include "model/phantom/detail/distance.h"

#include <cstddef>

namespace tomoscribe::model::phantom {

namespace {

struct Spline {
  std::array<std::size_t, 4> node;
  std::array<double, 4> weight, slope;
};

Spline spline(double at, int nodes) {
  auto cell = static_cast<std::int64_t>(at);
  if (static_cast<double>(cell) > at) --cell;
  const double t = at - static_cast<double>(cell), u = 1 - t;
  Spline s{};
  for (std::size_t k = 0; k < 4; ++k)
    s.node[k] =
        static_cast<std::size_t>(((cell + static_cast<std::int64_t>(k)) % nodes + nodes) % nodes);
  s.weight = {u * u * u / 6, (3 * t * t * t - 6 * t * t + 4) / 6,
              (3 * u * u * u - 6 * u * u + 4) / 6, t * t * t / 6};
  s.slope = {-u * u / 2, (3 * t * t - 4 * t) / 2, (4 * u - 3 * u * u) / 2, t * t / 2};
  return s;
}

}  // namespace

Waves::Waves(std::uint64_t seed, std::uint64_t stream, double node_mm)
    : node_mm_(node_mm), node_(static_cast<std::size_t>(nodes) * nodes * nodes) {
  Counter random(seed, stream);
  for (float& value : node_) value = static_cast<float>(2 * random.normal());
}

Wave Waves::at(const Point& p) const {
  const Spline x = spline(p.x / node_mm_, nodes), y = spline(p.y / node_mm_, nodes),
               z = spline(p.z / node_mm_, nodes);
  Wave wave{0, {}};
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t j = 0; j < 4; ++j) {
      const float* line = &node_[(z.node[k] * nodes + y.node[j]) * nodes];
      double sum = 0, slope = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        const auto value = static_cast<double>(line[x.node[i]]);
        sum += value * x.weight[i];
        slope += value * x.slope[i];
      }
      wave.value += sum * y.weight[j] * z.weight[k];
      wave.gradient.x += slope * y.weight[j] * z.weight[k];
      wave.gradient.y += sum * y.slope[j] * z.weight[k];
      wave.gradient.z += sum * y.weight[j] * z.slope[k];
    }
  wave.gradient = wave.gradient * (1 / node_mm_);
  return wave;
}

double Waves::to_zero(const Point& p) const {
  const Wave wave = at(p);
  const double steepness = std::max(length(wave.gradient), 0.05 / node_mm_);
  return wave.value / steepness;
}

}  // namespace tomoscribe::model::phantom

#include "pipeline/measure/abdomen/organ_core.h"

#include <algorithm>
#include <cmath>

#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double method_hu = 2, most_sd_hu = 45;

}  // namespace

double CoreDensity::uncertainty() const {
  return std::max(method_hu, std::hypot(between_parts, method_hu));
}

std::string CoreDensity::why_uneven() const {
  if (sd <= most_sd_hu) return {};
  return "uneven or noisy: standard deviation " + number_text(sd, 0) + " HU";
}

void keep_like_top(const Scene& scene, Mask& core, const Upper& upper) {
  const std::size_t plane = scene.work.grid.offset(0, 0, 1);
  const auto highest = std::find(core.rbegin(), core.rend(), 1);
  const auto top = static_cast<std::size_t>(core.rend() - highest - 1) / plane;
  const auto below = [&](double mm) {
    return plane * (top - std::min(top, static_cast<std::size_t>(mm / working_mm)));
  };
  std::vector<std::int16_t> values;
  values.reserve(core.size() / 64);
  for (std::size_t i = below(upper.top_mm); i < core.size(); ++i)
    if (core[i] != 0) values.push_back(scene.smooth[i]);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  for (std::size_t i = 0; i < core.size(); ++i)
    if (i < below(upper.used_mm) || std::abs(scene.smooth[i] - *middle) > upper.like_hu)
      core[i] = 0;
}

Mask core_to_measure(const Scene& scene, Mask core) {
  constexpr double least_ml = 5;
  if (core.empty()) return core;
  core = without_excluded(scene, scene.work.grid, std::move(core));
  const auto left = static_cast<double>(std::ranges::count(core, 1));
  if (left * scene.work.grid.voxel_ml() < least_ml) core.clear();
  return core;
}

CoreDensity density_of(const Scene& scene, const Mask& core) {
  std::vector<std::int16_t> values;
  values.reserve(core.size() / 16);
  for (std::size_t i = 0; i < core.size(); ++i)
    if (core[i] != 0) values.push_back(scene.work.hu[i]);
  const auto mean = [&](std::size_t from, std::size_t to) {
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += values[i];
    return sum / static_cast<double>(to - from);
  };
  const std::size_t n = values.size();  // slices from below: thirds are layers
  CoreDensity density{.mean = mean(0, n),
                      .ml = static_cast<double>(n) * scene.work.grid.voxel_ml()};
  for (const std::int16_t value : values)
    density.sd += std::pow(value - density.mean, 2) / static_cast<double>(n);
  density.sd = std::sqrt(density.sd);
  const auto [least, most] =
      std::minmax({mean(0, n / 3), mean(n / 3, 2 * n / 3), mean(2 * n / 3, n)});
  density.between_parts = (most - least) / 2;
  return density;
}

std::string why_no_tissue_density(const Scene& scene) {
  const auto& kvp = scene.volume.header.kvp;
  if (!scene.spine.found()) return "no spine to find it beside";
  if (kvp && std::abs(*kvp - 120) > 1)
    return "the scan was made at " + number_text(*kvp, 0) + " kV, not 120 kV";
  if (scene.contrast.phase == ContrastPhase::unknown)
    return "whether contrast agent was given is not known";
  if (scene.contrast.phase != ContrastPhase::unenhanced)
    return "the blood measures " + number_text(*scene.contrast.blood_hu, 0) +
           " HU: contrast agent in the tissue";
  return scene.gates.allowed(gates::Use::tissue).reason;
}

int slices_below(const Scene& scene, Label lung) {
  const auto at = std::ranges::find(scene.labels, lung);
  if (at == scene.labels.end()) return scene.work.grid.size[2];
  return static_cast<int>(static_cast<std::size_t>(at - scene.labels.begin()) /
                          scene.work.grid.offset(0, 0, 1));
}

}  // namespace tomoscribe::pipeline::measure

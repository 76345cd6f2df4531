// Noise and kernel. A kernel that the header names decides; without it the pixels do.
// Source: QUANTIFICATION B, "noise/kernel" (14-35 HU in chest and abdomen, 5 HU in the head).
#include "pipeline/gates/texture.h"

#include <algorithm>
#include <cmath>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/series/select_series.h"

namespace tomoscribe::pipeline::gates {
namespace {

constexpr double apart_mm = 3;
constexpr double too_noisy_hu = 60;
constexpr double too_noisy_fine_hu = 100;  // for nodules: their search smooths a fine grain away
constexpr double sharp_fineness = 0.65;    // smooth kernels of real scans: 0.42 to 0.56; lung: 0.71
constexpr double most_pixel_mm = 1.1;      // coarser pixels hide what a kernel does
constexpr int softest_hu = -30, densest_hu = 130;  // of the mean along the run
constexpr int widest_hu = 250;                     // single values of a noisy image
constexpr std::size_t least_pairs = 2000, most_pairs = 400000;

/// Root mean square of the differences from an even tissue, robust: from the median of the absolute
/// values.
double spread(std::vector<float>& differences) {
  const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
  std::nth_element(differences.begin(), middle, differences.end());
  return 1.4826 * *middle;
}

struct Differences {
  std::vector<float> near, far;
};

/// A run of pixels within soft tissue: all labelled body, their mean in the range, none extreme.
bool flat_run(const measure::Scene& scene, std::size_t from, int length) {
  int sum = 0;
  for (int i = 0; i < length; ++i) {
    const std::size_t at = from + static_cast<std::size_t>(i);
    const int hu = scene.volume.hu[at];
    if (scene.native.labels[at] != measure::body || std::abs(hu) > widest_hu) return false;
    sum += hu;
  }
  const int mean = sum / length;
  return mean >= softest_hu && mean <= densest_hu;
}

/// The flat runs of one row: each gives one pair of neighbours and one of pixels `lag` apart.
void add_row(const measure::Scene& scene, std::size_t row_from, int lag, Differences& found) {
  const int run = 2 * lag + 1;
  for (int column = 0; column + run <= scene.volume.grid.size[0]; column += run) {
    const std::size_t from = row_from + static_cast<std::size_t>(column);
    if (!flat_run(scene, from, run)) continue;
    const std::size_t middle = from + static_cast<std::size_t>(lag);
    const int here = scene.volume.hu[middle];
    const int next = scene.volume.hu[middle + 1];
    const int far = scene.volume.hu[middle + static_cast<std::size_t>(lag)];
    found.near.push_back(static_cast<float>(std::abs(next - here)));
    found.far.push_back(static_cast<float>(std::abs(far - here)));
  }
}

}  // namespace

std::optional<Texture> texture_of(const measure::Scene& scene) {
  if (scene.native.labels.empty()) return std::nullopt;
  const Grid& grid = scene.volume.grid;
  const int lag = std::max(2, static_cast<int>(std::lround(apart_mm / grid.spacing_mm()[0])));
  Differences found;
  const std::size_t rows =
      static_cast<std::size_t>(grid.size[1]) * static_cast<std::size_t>(grid.size[2]);
  const std::size_t step = 1 + grid.voxels() / 4'000'000;  // rows left out of large volumes
  for (std::size_t row = 0; row < rows && found.near.size() <= most_pairs; row += step)
    add_row(scene, row * static_cast<std::size_t>(grid.size[0]), lag, found);
  if (found.near.size() < least_pairs) return std::nullopt;
  const double near = spread(found.near), far = spread(found.far);
  if (far <= 0) return std::nullopt;
  return Texture{.noise_hu = far / std::sqrt(2.0), .fineness = near / far};
}

std::optional<bool> looks_sharp(const measure::Scene& scene) {
  const auto texture = texture_of(scene);
  if (!texture || scene.volume.grid.spacing_mm()[0] > most_pixel_mm) return std::nullopt;
  return texture->fineness > sharp_fineness;
}

Result noise_and_kernel(const measure::Scene& scene) {
  const dicom::InstanceHeader& header = scene.volume.header;
  std::vector<Result> faults;
  const auto texture = texture_of(scene);
  const std::string noise =
      texture ? "noise of " + measure::number_text(texture->noise_hu, 0) + " HU" : "";
  const auto sharp = kernel_is_sharp(header.manufacturer, header.convolution_kernel);
  if (texture && texture->noise_hu > too_noisy_hu) {
    const bool fine = sharp.value_or(texture->fineness > sharp_fineness);
    const std::string why = noise + " in soft tissue";
    faults.push_back(fine && texture->noise_hu <= too_noisy_fine_hu
                         ? restricted({Use::low_attenuation, Use::calcium}, why)
                         : restricted({Use::low_attenuation, Use::nodules, Use::calcium}, why));
  }
  if (header.lossy)
    faults.push_back(restricted({Use::low_attenuation}, "the images were compressed with loss"));
  if (sharp && *sharp)
    faults.push_back(
        restricted({Use::low_attenuation, Use::calcium},
                   "edge-enhancing kernel " + header.convolution_kernel +
                       ": noise would count as low attenuation, edges of vessels as calcium"));
  if (!sharp && texture && texture->fineness > sharp_fineness &&
      scene.volume.grid.spacing_mm()[0] <= most_pixel_mm)
    faults.push_back(
        restricted({Use::low_attenuation, Use::calcium},
                   noise + ", as fine as an edge-enhancing kernel makes it: it would count as low "
                           "attenuation, edges of vessels as calcium"));
  return together(std::move(faults));
}

}  // namespace tomoscribe::pipeline::gates

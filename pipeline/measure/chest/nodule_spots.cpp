#include "pipeline/measure/chest/nodule_spots.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/measure/crop.h"
#include "pipeline/measure/symmetric.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t lung_like_hu = -850, most_hu = 100;
constexpr double first_sigma_mm = 1.0;
constexpr int levels = 7;
constexpr int least_difference_hu = 60;
constexpr double least_roundness = 0.22;
constexpr double ball_per_sigma = 3.46;  // diameter of the ball that answers most: 2 sqrt(3) sigma

double sigma_of(int level) {
  return first_sigma_mm * std::pow(std::numbers::sqrt2, level);
}

using Level = std::vector<std::int16_t>;

/// Neighbours of a voxel, itself included.
std::array<std::ptrdiff_t, 27> neighbourhood(const Grid& grid) {
  const std::ptrdiff_t columns = grid.size[0], plane = columns * grid.size[1];
  std::array<std::ptrdiff_t, 27> steps{};
  std::size_t i = 0;
  for (std::ptrdiff_t z = -1; z <= 1; ++z)
    for (std::ptrdiff_t y = -1; y <= 1; ++y)
      for (std::ptrdiff_t x = -1; x <= 1; ++x) steps[i++] = z * plane + y * columns + x;
  return steps;
}

/// Smallest over largest curvature of a bright spot; 0 when one of them is not negative.
double roundness_of(const Level& level, const Grid& grid, std::size_t at) {
  const std::ptrdiff_t columns = grid.size[0], plane = columns * grid.size[1];
  const std::array<std::ptrdiff_t, 3> step{1, columns, plane};
  const auto value = [&](std::ptrdiff_t offset) {
    return static_cast<double>(level[static_cast<std::size_t>(std::ptrdiff_t(at) + offset)]);
  };
  std::array<std::array<double, 3>, 3> h{};
  for (std::size_t i = 0; i < 3; ++i) {
    h[i][i] = value(step[i]) + value(-step[i]) - 2 * value(0);
    for (std::size_t j = i + 1; j < 3; ++j)
      h[i][j] = h[j][i] = (value(step[i] + step[j]) - value(step[i] - step[j]) -
                           value(step[j] - step[i]) + value(-step[i] - step[j])) /
                          4;
  }
  std::array<double, 3> curvature = eigenvalues(h);
  std::ranges::sort(curvature);  // most negative first
  return curvature[2] >= 0 ? 0 : curvature[2] / curvature[0];
}

class ScaleSpace {
 public:
  ScaleSpace(const Scene& scene, const Mask& space, const Crop& crop) : crop_(crop) {
    GridImage lungs{crop.grid, std::vector<std::int16_t>(crop.grid.voxels())};
    inside_.resize(lungs.hu.size());
    for_each_in(crop, scene.work.grid, [&](std::size_t at, std::size_t in) {
      inside_[in] = space[at];
      lungs.hu[in] = space[at] == 0 ? lung_like_hu
                                    : std::clamp(scene.work.hu[at], std::int16_t{-1024}, most_hu);
    });
    for (std::size_t i = 0; i < levels_.size(); ++i)
      levels_[i] = smoothed(lungs, sigma_of(static_cast<int>(i)));
  }

  std::vector<Spot> spots() const {
    std::vector<Spot> found;
    for (std::size_t scale = 0; scale + 1 < levels_.size(); ++scale)
      for_each_voxel(crop_.grid, [&](std::size_t at, int column, int row, int slice) {
        if (inside_[at] == 0 || difference(scale, at) < least_difference_hu) return;
        if (on_border(column, row, slice)) return;
        if (const auto spot = spot_at(scale, at, column, row, slice)) found.push_back(*spot);
      });
    std::ranges::stable_sort(found, std::greater{}, &Spot::strength_hu);
    return found;
  }

 private:
  int difference(std::size_t scale, std::size_t at) const {
    return levels_[scale][at] - levels_[scale + 1][at];
  }
  bool on_border(int column, int row, int slice) const {
    const auto& size = crop_.grid.size;
    return column == 0 || row == 0 || slice == 0 || column + 1 == size[0] || row + 1 == size[1] ||
           slice + 1 == size[2];
  }
  /// Of the 26 neighbours at its scale and the 27 of the scales beside it, none is stronger.
  bool is_maximum(std::size_t scale, std::size_t at) const {
    const int here = difference(scale, at);
    const std::size_t first = scale == 0 ? 0 : scale - 1;
    const std::size_t last = std::min(scale + 1, levels_.size() - 2);
    for (std::size_t other = first; other <= last; ++other)
      for (const std::ptrdiff_t step : steps_)
        if (difference(other, static_cast<std::size_t>(std::ptrdiff_t(at) + step)) > here)
          return false;
    return true;
  }
  std::optional<Spot> spot_at(std::size_t scale, std::size_t at, int column, int row,
                              int slice) const {
    if (!is_maximum(scale, at)) return std::nullopt;
    const double roundness = roundness_of(levels_[scale], crop_.grid, at);
    if (roundness < least_roundness) return std::nullopt;
    const double sigma = std::sqrt(sigma_of(int(scale)) * sigma_of(int(scale) + 1));
    return Spot{.centre_mm = crop_.grid.point_mm(column, row, slice),
                .diameter_mm = ball_per_sigma * sigma,
                .strength_hu = static_cast<double>(difference(scale, at)),
                .roundness = roundness,
                .lung = inside_[at]};
  }

  Crop crop_;
  Mask inside_;
  std::array<Level, levels> levels_;
  std::array<std::ptrdiff_t, 27> steps_ = neighbourhood(crop_.grid);
};

}  // namespace

std::vector<Spot> round_spots(const Scene& scene, const Mask& space) {
  const auto crop = crop_around(space, scene.work.grid, 6, [](std::uint8_t in) { return in != 0; });
  if (!crop || std::ranges::min(crop->grid.size) < 8) return {};
  return ScaleSpace(scene, space, *crop).spots();
}

}  // namespace tomoscribe::pipeline::measure

#include "pipeline/prior/lungs.h"

#include <algorithm>
#include <cmath>

#include "pipeline/measure/crop.h"

namespace tomoscribe::pipeline::prior {
namespace {

constexpr double margin_mm = 12;

bool is_lung(std::uint8_t label) {
  return label == measure::right_lung || label == measure::left_lung;
}

/// Calls `visit(at)` for the voxels of a ball; not at all where it does not lie whole in the image.
template <class Visit>
void visit_ball(const LungImage& lungs, const Vec3& point_mm, double radius_mm,
                const Visit& visit) {
  const Grid& grid = lungs.image.grid;
  const Vec3 middle = grid.index_at(point_mm);
  const std::array<double, 3> spacing = grid.spacing_mm();
  std::array<int, 3> low{}, high{};
  for (std::size_t i = 0; i < 3; ++i) {
    low[i] = static_cast<int>(std::ceil(middle[i] - radius_mm / spacing[i]));
    high[i] = static_cast<int>(std::floor(middle[i] + radius_mm / spacing[i]));
    if (low[i] < 0 || high[i] >= grid.size[i]) return;
  }
  for (int slice = low[2]; slice <= high[2]; ++slice)
    for (int row = low[1]; row <= high[1]; ++row)
      for (int column = low[0]; column <= high[0]; ++column) {
        const Vec3 place = grid.point_mm(column, row, slice);
        if (std::hypot(place[0] - point_mm[0], place[1] - point_mm[1], place[2] - point_mm[2]) <=
            radius_mm)
          visit(grid.offset(column, row, slice));
      }
}

}  // namespace

std::optional<LungImage> lung_image(const measure::Scene& scene) {
  const Grid& grid = scene.work.grid;
  const auto crop = measure::crop_around(scene.labels, grid, margin_mm, is_lung);
  if (!crop) return std::nullopt;
  LungImage lungs{.image = {.grid = crop->grid, .hu = {}}, .lung = {}, .scanned_z_mm = {}};
  lungs.image.hu.resize(crop->grid.voxels());
  lungs.lung.resize(crop->grid.voxels());
  measure::for_each_in(*crop, grid, [&](std::size_t at, std::size_t inside) {
    lungs.image.hu[inside] = scene.work.hu[at];
    lungs.lung[inside] = is_lung(scene.labels[at]) ? std::uint8_t{1} : std::uint8_t{0};
  });
  measure::fill_holes_by_slice(lungs.lung, crop->grid);
  if (!scene.recess.empty())
    measure::for_each_in(*crop, grid, [&](std::size_t at, std::size_t inside) {
      if (scene.recess[at] != 0 && lungs.lung[inside] != 0) lungs.lung[inside] = 2;
    });
  const double one = grid.point_mm(0, 0, 0)[2], other = grid.point_mm(0, 0, grid.size[2] - 1)[2];
  lungs.scanned_z_mm = {std::min(one, other), std::max(one, other)};
  return lungs;
}

double searched_share(const LungImage& lungs, const Vec3& point_mm, double radius_mm) {
  double lung = 0, all = 0;
  visit_ball(lungs, point_mm, radius_mm, [&](std::size_t at) {
    lung += lungs.lung[at] == 1 ? 1 : 0;
    ++all;
  });
  return all > 0 ? lung / all : 0;
}

std::optional<double> mean_hu(const LungImage& lungs, const Vec3& point_mm, double radius_mm) {
  double sum = 0;
  int voxels = 0;
  visit_ball(lungs, point_mm, radius_mm, [&](std::size_t at) {
    sum += lungs.image.hu[at];
    ++voxels;
  });
  if (voxels == 0) return std::nullopt;
  return sum / voxels;
}

}  // namespace tomoscribe::pipeline::prior

#include "pipeline/measure/abdomen/liver_likeness.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::measure {
namespace {

// Wider than any liver: fat lowers it below 0 HU, iron and amiodarone raise it above 75 HU.
constexpr double least_hu = -15, most_hu = 120;
// Water, transudate, exudate. A liver as fatty as that shows vessels brighter than itself.
constexpr double fluid_hu = 30, blood_reach_hu = 8, least_blood_like = 0.01;
constexpr double most_disagreement_hu = 15, least_region_ml = 2;
constexpr double least_forward_mm = 10, least_aside_mm = 30;

double median(std::vector<std::int16_t>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

Vec3 middle_of(const Scene& scene, const Mask& core) {
  Vec3 sum{};
  double count = 0;
  for_each_voxel(scene.work.grid, [&](std::size_t at, int column, int row, int slice) {
    if (core[at] == 0) return;
    sum[0] += column, sum[1] += row, sum[2] += slice;
    ++count;
  });
  for (double& value : sum) value /= count;
  return sum;
}

/// Smoothed HU of the core: all, and right and left, front and back, lower and upper of its middle.
struct Values {
  std::vector<std::int16_t> all;
  std::array<std::vector<std::int16_t>, 8> eighths;
};

Values values_of(const Scene& scene, const Mask& core, const Vec3& middle) {
  Values values;
  values.all.reserve(core.size() / 32);
  for_each_voxel(scene.work.grid, [&](std::size_t at, int column, int row, int slice) {
    if (core[at] == 0) return;
    std::size_t eighth = column > middle[0] ? 1 : 0;
    if (row > middle[1]) eighth += 2;
    if (slice > middle[2]) eighth += 4;
    values.eighths[eighth].push_back(scene.smooth[at]);
    values.all.push_back(scene.smooth[at]);
  });
  return values;
}

/// Share of the tissue, on the core's slices, that is as dense as blood.
double blood_share(const Scene& scene, const Mask& core, const Mask& tissue, double blood_hu) {
  const std::size_t plane = scene.work.grid.offset(0, 0, 1);
  double inside = 0, alike = 0;
  for (std::size_t from = 0; from < core.size(); from += plane) {
    const auto at = core.begin() + static_cast<std::ptrdiff_t>(from);
    if (std::find(at, at + static_cast<std::ptrdiff_t>(plane), 1) ==
        at + static_cast<std::ptrdiff_t>(plane))
      continue;
    for (std::size_t i = from; i < from + plane; ++i) {
      if (tissue[i] == 0) continue;
      ++inside;
      if (std::abs(scene.smooth[i] - blood_hu) <= blood_reach_hu) ++alike;
    }
  }
  return inside > 0 ? alike / inside : 0;
}

}  // namespace

LiverLikeness liver_likeness(const Scene& scene, const Mask& core, const Mask& tissue) {
  const Vec3 middle = middle_of(scene, core);
  const int slice =
      std::clamp(static_cast<int>(std::lround(middle[2])), scene.spine.first, scene.spine.last);
  const SpineSlice& spine = scene.spine.at[index_of(slice)];
  LiverLikeness liver{.forward_mm = (spine.body_row - middle[1]) * working_mm,
                      .aside_mm = (spine.canal_column - middle[0]) * working_mm};
  Values values = values_of(scene, core, middle);
  liver.median_hu = median(values.all);
  std::vector<double> medians;
  medians.reserve(values.eighths.size());
  for (auto& part : values.eighths)
    if (static_cast<double>(part.size()) * scene.work.grid.voxel_ml() >= least_region_ml)
      medians.push_back(median(part));
  liver.regions = medians.size();
  if (!medians.empty()) {
    const auto [least, most] = std::ranges::minmax(medians);
    liver.disagreement_hu = most - least;
  }
  liver.blood_like =
      blood_share(scene, core, tissue, scene.contrast.blood_hu.value_or(liver.median_hu));
  return liver;
}

std::string LiverLikeness::why_not() const {
  if (median_hu < least_hu || median_hu > most_hu)
    return "what was found on the right measures " + number_text(median_hu, 0) +
           " HU: no liver without contrast agent does";
  if (forward_mm < least_forward_mm || aside_mm < least_aside_mm)
    return "what was found on the right lies behind or near the spine, as pleural fluid and muscle "
           "do";
  if (disagreement_hu > most_disagreement_hu)
    return "its parts differ by " + number_text(disagreement_hu, 0) + " HU";
  if (median_hu < fluid_hu && blood_like < least_blood_like)
    return "what was found on the right is as dense as fluid (" + number_text(median_hu, 0) +
           " HU) and shows no vessels: ascites or pleural fluid";
  return {};
}

}  // namespace tomoscribe::pipeline::measure

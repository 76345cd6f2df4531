// Aerated lung volume (QUANTIFICATION A): voxels of the native grid inside the lung labels below
// half the density between lung and soft tissue. Consolidated or effused lung is not air and is not
// counted.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Measurement;

constexpr double cut_section_cm2 = 5;

struct SideVolume {
  double ml = 0, low_ml = 0, high_ml = 0;  ///< at the border's HU, and 25 HU below and above
  bool cut_at_end = false, cut_at_side = false;
};

SideVolume volume_of(const Scene& scene, Label label) {
  const auto [columns, rows, slices] = scene.native.size;
  const Grid& grid = scene.volume.grid;
  const double voxel_ml = grid.voxel_ml();
  const std::array<double, 3> spacing = grid.spacing_mm();
  SideVolume result;
  const int deep_hu = scene.lung_border_hu - 25;
  std::size_t all = 0, deep = 0, ends = 0, sides = 0, at = 0;
  for (int slice = 0; slice < slices; ++slice) {
    std::size_t in_slice = 0;
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < columns; ++column, ++at) {
        if (scene.native.labels[at] != label) continue;
        ++in_slice;
        if (scene.volume.hu[at] < deep_hu) ++deep;
        if (column <= 1 || row <= 1 || column >= columns - 2 || row >= rows - 2) ++sides;
      }
    all += in_slice;
    if (slice == 0 || slice == slices - 1) ends = std::max(ends, in_slice);
  }
  result.ml = static_cast<double>(all) * voxel_ml;
  result.low_ml = static_cast<double>(deep) * voxel_ml;
  result.high_ml = 2 * result.ml - result.low_ml;
  result.cut_at_end = static_cast<double>(ends) * spacing[0] * spacing[1] / 100 > cut_section_cm2;
  result.cut_at_side = static_cast<double>(sides) * spacing[1] * spacing[2] / 100 > cut_section_cm2;
  return result;
}

Measurement template_of(std::string id) {
  return {.id = std::move(id),
          .name = "aerated volume",
          .concept_name = codes::volume,
          .value = std::nullopt,
          .unit = codes::millilitre,
          .decimals = 0,
          .uncertainty = std::nullopt,
          .method =
              "inside the parenchyma-band lung mask all below half the density between lung and "
              "soft tissue (Hu 2001, doi 10.1109/42.929615), counted on the native grid, without "
              "trachea and main bronchi; consolidated or effused lung is not counted",
          .conditions = {},
          .not_assessed = {},
          .lower_bound = false};
}

Measurement measured(const Scene& scene, std::string id, const SideVolume& side) {
  Measurement result = template_of(std::move(id));
  if (const auto may = scene.gates.allowed(gates::Use::volume); !may) {
    result.not_assessed = may.reason;
    return result;
  }
  result.value = std::round(side.ml);
  // Threshold moved by 25 HU, and 3 % of the volume as the method's own error.
  result.uncertainty = std::round(std::hypot((side.high_ml - side.low_ml) / 2, 0.03 * side.ml));
  result.conditions.push_back("slices " + number_text(scene.volume.grid.spacing_mm()[2], 2) +
                              " mm apart");
  result.conditions.push_back("border at " + std::to_string(scene.lung_border_hu) + " HU");
  if (side.cut_at_end)
    result.conditions.emplace_back("the lung reaches the first or last slice: at least this much");
  if (side.cut_at_side)
    result.conditions.emplace_back("the lung is cut at the side of the image: at least this much");
  if (!side.cut_at_end && !side.cut_at_side)
    result.conditions.emplace_back("the whole lung is covered");
  result.conditions.emplace_back("inspiration is not known");
  for (const std::string& note : scene.lung_notes) result.conditions.push_back(note);
  result.lower_bound = side.cut_at_end || side.cut_at_side;
  return result;
}

void add(Findings& findings, const char* to, Measurement measurement) {
  finding(findings, to).measurements.push_back(std::move(measurement));
}

}  // namespace

void lung_volume(Scene& scene, Findings& findings) {
  SideVolume total;
  bool both = true;
  const auto one = [&](const char* to, const char* id, Label label) {
    const reporting::Finding& lung = finding(findings, to);
    if (lung.presence != reporting::Presence::present) {
      Measurement none = template_of(id);
      none.not_assessed = lung.not_assessed;
      both = false;
      return add(findings, to, std::move(none));
    }
    const SideVolume side = volume_of(scene, label);
    total.ml += side.ml, total.low_ml += side.low_ml, total.high_ml += side.high_ml;
    total.cut_at_end = total.cut_at_end || side.cut_at_end;
    total.cut_at_side = total.cut_at_side || side.cut_at_side;
    add(findings, to, measured(scene, id, side));
  };
  one("lungs.right", "lung.volume.right", right_lung);
  one("lungs.left", "lung.volume.left", left_lung);
  if (total.ml > 0) {
    Measurement sum = measured(scene, "lung.volume.total", total);
    if (!both && sum.value) {
      sum.lower_bound = true;
      sum.conditions.emplace_back("only one lung was found");
    }
    return add(findings, "lungs", std::move(sum));
  }
  Measurement none = template_of("lung.volume.total");
  none.not_assessed = finding(findings, "lungs").not_assessed;
  add(findings, "lungs", std::move(none));
}

}  // namespace tomoscribe::pipeline::measure

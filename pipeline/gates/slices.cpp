// Thickness and spacing of slices, and slices that are missing.
// Source: QUANTIFICATION B, "slice spacing/thickness"; STANDARDS 2.2 (4, 7).
#include <algorithm>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"
#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

using measure::number_text;
constexpr double most_for_texture_mm = 2.5, overview_mm = 5, most_for_volume_mm = 10;
constexpr double rounding_mm = 0.01;
constexpr double gap_share = 1.1;  // slices further apart than their thickness by this

}  // namespace

Result slice_thickness(const measure::Scene& scene) {
  const double thickness = measure::slice_thickness_mm(scene.volume);
  const double spacing = std::max(scene.volume.grid.spacing_mm()[2], scene.volume.widest_step_mm);
  const double coarse = std::max(thickness, spacing);
  const std::string thick = "slice thickness " + number_text(thickness, 2) + " mm";
  std::vector<Result> faults;
  if (coarse > most_for_volume_mm + rounding_mm)
    faults.push_back(restricted({Use::volume, Use::low_attenuation, Use::nodules, Use::calcium},
                                thick + ", spacing " + number_text(spacing, 2) + " mm > 10 mm"));
  else if (coarse > overview_mm + rounding_mm)
    faults.push_back(
        restricted({Use::low_attenuation, Use::nodules, Use::calcium},
                   thick + ", spacing " + number_text(spacing, 2) + " mm > 5 mm: an overview"));
  else if (thickness > most_for_texture_mm + rounding_mm)
    faults.push_back(restricted({Use::low_attenuation}, thick + " > 2.5 mm"));
  if (spacing > gap_share * thickness)
    faults.push_back(
        restricted({Use::nodules, Use::calcium}, "slices " + number_text(spacing, 2) +
                                                     " mm apart and " + number_text(thickness, 2) +
                                                     " mm thick: not all tissue was scanned"));
  return together(std::move(faults));
}

Result missing_slices(const measure::Scene& scene) {
  const Volume& volume = scene.volume;
  if (volume.missing.empty()) return passed();
  std::string reason;
  for (const std::string& hole : volume.missing) reason += (reason.empty() ? "" : "; ") + hole;
  Result result = restricted({Use::volume, Use::nodules, Use::calcium}, std::move(reason));
  for (int slice = 0; slice < volume.grid.size[2]; ++slice)
    if (volume.kind(slice) == SliceKind::invented) result.slices.push_back(slice);
  return result;
}

}  // namespace tomoscribe::pipeline::gates

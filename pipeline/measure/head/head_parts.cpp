#include "pipeline/measure/head/head_parts.h"

#include <cmath>

#include "pipeline/measure/head/scan_ends.h"

namespace tomoscribe::pipeline::measure {

using reporting::Laterality;

std::string no_scale(const Scene& scene) {
  constexpr double least_hu = 22, most_hu = 46, most_noise_hu = 9;
  if (const auto may = scene.gates.allowed(gates::Use::density); !may) return may.reason;
  if (!scene.cranium) return scene.no_cranium;
  const Cranium& cranium = *scene.cranium;
  if (cranium.brain_hu < least_hu || cranium.brain_hu > most_hu)
    return "the brain measures " + number_text(cranium.brain_hu, 0) +
           " HU (22 to 46 expected): the scale does not allow densities to be compared";
  if (cranium.noise_hu > most_noise_hu)
    return "the images are too noisy (" + number_text(cranium.noise_hu, 0) + " HU at 1.5 mm)";
  return {};
}

void set_value(reporting::Measurement& measurement, double value, double uncertainty,
               double tolerance) {
  const double scale = std::pow(10.0, measurement.decimals);
  const auto rounded = [&](double number) { return std::round(number * scale) / scale; };
  if (uncertainty > tolerance) {
    measurement.not_assessed = "unreliable: the result moves by " +
                               number_text(uncertainty, measurement.decimals) + " " +
                               measurement.unit.value + " when threshold, grid or noise do";
    return;
  }
  measurement.value = rounded(value);
  measurement.uncertainty = std::max(1 / scale, rounded(uncertainty));
}

void bound_below_at_scan_end(const Cranium& whole, const Cranium& part, const Mask& mask,
                             reporting::Measurement& volume) {
  if (!whole.vertex_missing && !whole.foramen_missing) return;
  bool reaches = false;
  for_each_voxel(part.image.grid, [&](std::size_t at, int column, int row, int slice) {
    if (mask[at] != 0 && !reaches && at_scan_end(whole.scan, part.point(column, row, slice)))
      reaches = true;
  });
  if (!reaches || !volume.value) return;
  volume.lower_bound = true;
  volume.conditions.emplace_back("cut by the first or last slice of the scan: at least this much");
}

std::string part_of_head_words(const Cranium& cranium) {
  if (!cranium.vertex_missing && !cranium.foramen_missing) return {};
  return "; only a part of the head is in the scan";
}

std::optional<reporting::Evidence> box_section(const Scene& scene, const Cranium& cranium,
                                               const Mask& box_mask, std::string id,
                                               std::string caption) {
  const Grid& box = cranium.image.grid;
  const Grid& work = scene.work.grid;
  const auto& first = cranium.first;
  Mask whole(work.voxels());
  for_each_voxel(box, [&](std::size_t at, int column, int row, int slice) {
    if (box_mask[at] != 0)
      whole[work.offset(column + first[0], row + first[1], slice + first[2])] = 1;
  });
  return mask_section(scene, whole, std::move(id), std::move(caption));
}

Laterality side_of(double to_the_left_mm, double midline_mm) {
  if (std::abs(to_the_left_mm) < midline_mm) return Laterality::none;
  return to_the_left_mm > 0 ? Laterality::left : Laterality::right;
}

std::string side_words(Laterality side) {
  return side == Laterality::none ? "" : std::string(reporting::to_text(side)) + " ";
}

}  // namespace tomoscribe::pipeline::measure

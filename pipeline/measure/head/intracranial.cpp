// The space inside the skull: what every other step of the head rests on (QUANTIFICATION A,
// "ICV/brain mask"; masks of this kind: Muschelli 2015, doi 10.1016/j.neuroimage.2015.03.074).
#include <algorithm>
#include <cmath>

#include "pipeline/measure/head/head_parts.h"
#include "pipeline/measure/head/scan_ends.h"
#include "pipeline/measure/head/skull.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Measurement;

/// The part of the working grid from some centimetres below the head up, as wide as the body.
std::pair<GridImage, std::array<int, 3>> head_box(const Scene& scene) {
  constexpr double below_mm = 40, most_mm = 280;
  const Grid& work = scene.work.grid;
  const auto head = std::ranges::find(scene.regions, BodyRegion::head);
  const auto last =
      std::find(scene.regions.rbegin(), scene.regions.rend(), BodyRegion::head).base();
  const int lowest = static_cast<int>(head - scene.regions.begin());
  const int highest = static_cast<int>(last - scene.regions.begin());
  const auto slices = [](double mm) { return static_cast<int>(mm / working_mm); };
  const int high = std::min(work.size[2], highest + slices(below_mm));
  const int low = std::max({0, lowest - slices(below_mm), high - slices(most_mm)});
  std::array<int, 3> first{work.size[0], work.size[1], low}, end{0, 0, high};
  for (int slice = low; slice < high; ++slice)
    for (int row = 0; row < work.size[1]; ++row)
      for (int column = 0; column < work.size[0]; ++column) {
        if (scene.body[work.offset(column, row, slice)] == 0) continue;
        first[0] = std::min(first[0], column), end[0] = std::max(end[0], column + 1);
        first[1] = std::min(first[1], row), end[1] = std::max(end[1], row + 1);
      }
  GridImage box;
  for (std::size_t i = 0; i < 2; ++i) {  // air around it, for distances
    first[i] = std::max(0, first[i] - 6);
    end[i] = std::min(work.size[i], end[i] + 6);
  }
  for (std::size_t i = 0; i < 3; ++i) box.grid.size[i] = std::max(0, end[i] - first[i]);
  box.grid.step_mm = work.step_mm;
  box.grid.origin_mm = work.point_mm(first[0], first[1], first[2]);
  box.hu.reserve(box.grid.voxels());
  for (int slice = first[2]; slice < end[2]; ++slice)
    for (int row = first[1]; row < end[1]; ++row) {
      const auto from =
          scene.work.hu.begin() + static_cast<std::ptrdiff_t>(work.offset(first[0], row, slice));
      box.hu.insert(box.hu.end(), from, from + box.grid.size[0]);
    }
  return {std::move(box), first};
}

/// Voxels inside, and those beside them of which more than half is not bone.
double volume_ml(const Cranium& cranium) {
  constexpr std::int16_t half_bone_hu = 500;
  const float beside = -1.1F * static_cast<float>(working_mm);
  std::size_t count = 0;
  for (std::size_t i = 0; i < cranium.depth.size(); ++i)
    if (cranium.inside[i] != 0 || (cranium.depth[i] > beside && cranium.image.hu[i] > 200 &&
                                   cranium.image.hu[i] < half_bone_hu))
      ++count;
  return static_cast<double>(count) * cranium.image.grid.voxel_ml();
}

/// Half of it is the error of a border drawn half a voxel off.
double border_ml(const Cranium& cranium) {
  const auto border = std::ranges::count_if(cranium.depth, [](float d) { return d == 0; });
  return static_cast<double>(border) * cranium.image.grid.voxel_ml();
}

Measurement volume_of(const Cranium& cranium) {
  Measurement result{
      .id = "head.intracranial.volume",
      .name = "intracranial volume",
      .concept_name = codes::volume,
      .unit = codes::millilitre,
      .decimals = 0,
      .method =
          "bone above 200 HU closed by 6 mm, the space enclosed in each slice followed from the "
          "largest section and opened by 3 mm, down to where the spinal canal begins; counted at "
          "1.5 mm (masks of this kind: Muschelli 2015, doi 10.1016/j.neuroimage.2015.03.074); "
          "uncertainty: a quarter of the border voxels, and 2 %"};
  const double ml = volume_ml(cranium);
  result.lower_bound = cranium.vertex_missing || cranium.foramen_missing;
  if (cranium.vertex_missing)
    result.conditions.emplace_back("the vertex is not in the scan: at least this much");
  if (cranium.foramen_missing)
    result.conditions.emplace_back("the foramen magnum is not in the scan: at least this much");
  if (!result.lower_bound)
    result.conditions.emplace_back("covered from the foramen magnum to the vertex");
  set_value(result, ml, std::hypot(0.25 * border_ml(cranium), 0.02 * ml), 0.15 * ml);
  return result;
}

}  // namespace

void intracranial(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::head) || scene.skull_without_brain) return;
  auto [box, first] = head_box(scene);
  auto found = find_cranium(std::move(box));
  if (const auto* none = std::get_if<NoCranium>(&found)) {
    scene.no_cranium = none->reason;
    findings.push_back(not_assessed_finding("head.intracranial", "Intracranial space",
                                            codes::presence, codes::brain, none->reason));
    return;
  }
  scene.cranium = std::move(std::get<Cranium>(found));
  scene.cranium->first = first;
  look_at_scan_ends(scene.volume, *scene.cranium);
  const Cranium& cranium = *scene.cranium;
  reporting::Finding space =
      measured_finding("head.intracranial", "Intracranial space", codes::presence, codes::brain);
  space.measurements.push_back(volume_of(cranium));
  if (auto evidence = box_section(scene, cranium, cranium.inside, "head.intracranial.section",
                                  "largest section inside the skull"))
    space.evidence.push_back(std::move(*evidence));
  verify_by_measurements(space);
  findings.push_back(std::move(space));
}

}  // namespace tomoscribe::pipeline::measure

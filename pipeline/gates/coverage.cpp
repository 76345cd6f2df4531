// What the scan cuts: lungs at its ends, the top or the base of a head. Numbers of what is cut are
// lower bounds, which their measurements say; here it is said of the scan.
#include <array>
#include <cmath>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

using measure::BodyRegion;
constexpr double cut_lung_cm2 = 5, cut_head_cm2 = 40;

double lung_cm2(const measure::Scene& scene, std::size_t slice) {
  const auto& sections = scene.sections.of[slice];
  const std::array<double, 3> spacing = scene.volume.grid.spacing_mm();
  const auto voxels = sections[measure::right_lung].voxels + sections[measure::left_lung].voxels;
  return static_cast<double>(voxels) * spacing[0] * spacing[1] / 100;
}

/// Of the slice of the volume that lies highest: the working grid's is cut by a tilted scan.
double top_of_body_cm2(const measure::Scene& scene) {
  const Grid& grid = scene.volume.grid;
  const auto& of = scene.sections.of;
  std::uint64_t voxels = 0;
  const auto& top = grid.step_mm[2][2] < 0 ? of.front() : of.back();
  for (std::size_t label = measure::body; label < top.size(); ++label) voxels += top[label].voxels;
  const std::array<double, 3> spacing = grid.spacing_mm();
  return static_cast<double>(voxels) * spacing[0] * spacing[1] / 100;
}

/// Which end of the intracranial space the scan leaves out; empty when both are in it.
std::string cut_cranium(const measure::Scene& scene) {
  if (!scene.cranium) return {};
  const auto& [vertex, foramen] =
      std::pair{scene.cranium->vertex_missing, scene.cranium->foramen_missing};
  if (!vertex && !foramen) return {};
  std::string end = "the foramen magnum is";
  if (vertex) end = foramen ? "the vertex and the foramen magnum are" : "the vertex is";
  return end + " not in the scan: volumes inside the skull are lower bounds";
}

}  // namespace

Result coverage(const measure::Scene& scene) {
  std::string reason;
  const auto add = [&](const std::string& clause) {
    reason += (reason.empty() ? "" : "; ") + clause;
  };
  if (!scene.sections.of.empty() && (lung_cm2(scene, 0) > cut_lung_cm2 ||
                                     lung_cm2(scene, scene.sections.of.size() - 1) > cut_lung_cm2))
    add("the lungs reach the first or last slice: what is measured of them is a lower bound");
  if (!scene.sections.of.empty() && !scene.regions.empty() &&
      scene.regions.back() == BodyRegion::head && top_of_body_cm2(scene) > cut_head_cm2)
    add("the top of the head is not in the scan");
  if (const std::string cut = cut_cranium(scene); !cut.empty()) add(cut);
  return passed(std::move(reason));
}

Result field_of_view(const measure::Scene& scene) {
  constexpr double most_cut = 0.10;  // of the slices
  if (scene.border_share <= most_cut) return passed();
  return restricted({Use::fat}, "the body is cut at the side of the image on " +
                                    std::to_string(std::lround(100 * scene.border_share)) +
                                    " % of the slices");
}

}  // namespace tomoscribe::pipeline::gates

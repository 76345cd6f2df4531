#pragma once
// The space inside a skull, slice by slice.

#include <optional>
#include <string>
#include <variant>

#include "pipeline/measure/head/cranium.h"

namespace tomoscribe::pipeline::measure {

/// The skull is open, or there is none: a sentence for people.
struct NoCranium {
  std::string reason;
};

/// Finds the intracranial space in a box of the working grid: bone above 200 HU closed by 6 mm,
/// the holes of each slice followed up and down from the largest, a step of 4.5 mm sideways at most
/// between slices, opened by 3 mm. Fills all of Cranium but the plane.
std::variant<Cranium, NoCranium> find_cranium(GridImage box);

/// The plane about which the bone is its own mirror image; fills `plane` or `no_plane`.
/// `bone_depth` is depth_mm of the bone.
void find_symmetry(Cranium& cranium, const std::vector<float>& bone_depth);

/// Bone of the skull in a box: above 200 HU, pieces of 2.5 mL or more.
Mask skull_bone(const GridImage& box);

}  // namespace tomoscribe::pipeline::measure

// On which grid each number was measured: a reader must know whether the scan's own slices were
// counted or cubes of 1.5 mm made from them.
#include <algorithm>
#include <array>
#include <string_view>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

struct Where {
  std::string_view id;  ///< how the measurement's id begins
  const char* words;
};

constexpr const char* counted =
    "counted in the voxels of the slices; the mask is of the working grid";

/// All that is not measured on the working grid.
constexpr std::array on_the_slices{
    Where{"body.volume", counted},
    Where{"lung.", counted},
    Where{"airway.volume", counted},
    Where{"pneumothorax.", counted},
    Where{"nodule.",
          "measured on the slices, read at steps of 0.5 mm or a twentieth of the nodule"},
    Where{"stone.", "measured on the slices, read between their voxels"},
    Where{"spine.trabecular.", "measured in the voxels of the slices"},
    Where{"spine.height.", "measured on the slices, read between their voxels"},
    Where{"composition.", "measured in the pixels of the slices"},
    Where{"coronary.calcium.",
          "measured in the pixels of the slices, thin ones averaged to 2.5 to 3 mm"}};

std::string words_for(std::string_view id) {
  const auto* const where =
      std::ranges::find_if(on_the_slices, [&](const Where& one) { return id.starts_with(one.id); });
  if (where != on_the_slices.end()) return where->words;
  return "measured on the working grid of " + number_text(working_mm, 1) + " mm";
}

}  // namespace

void name_grids(Scene& /*scene*/, Findings& findings) {
  for (reporting::Finding& finding : findings)
    for (reporting::Measurement& one : finding.measurements)
      if (one.value) one.conditions.push_back(words_for(one.id));
}

}  // namespace tomoscribe::pipeline::measure

// Contrast agent, tube voltage, energy: limits in HU were published for unenhanced scans at 120 kV.
#include <algorithm>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"
#include "pipeline/gates/sides.h"
#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

constexpr double least_kvp = 115, most_kvp = 125;
constexpr std::int16_t enhanced_hu = 100;  // of the smoothed image
constexpr double least_seen_ml = 100, enhanced_share = 0.35;

/// What the header calls an image of one energy; "keV" is no tube voltage.
bool is_mono_energetic(const dicom::InstanceHeader& header) {
  std::string type;
  for (const std::string& word : header.image_type) type += word + " ";
  return says(type, {"VMI", "MONO"}) ||
         says(type + header.series_description + " " + header.protocol_name,
              {"VMI", "MONOENERG*", "MONO ENERG*", "MONO\u00c9NERG*", "MONO \u00c9NERG*", "MONOE",
               "MONO E", "MONOPLUS", "MONO PLUS", "KEV"});
}

/// PS3.3 C.11.1.1.2, "HU_MOD": Hounsfield units of an image that was modified.
bool has_modified_units(const dicom::InstanceHeader& header) {
  return std::ranges::any_of(header.planes, [](const dicom::PlaneHeader& plane) {
    return plane.rescale_type == "HU_MOD";
  });
}

struct Counts {
  double all = 0, dense = 0;
};

/// Soft parts between the lungs of one working slice.
void add_mediastinum(const measure::Scene& scene, int slice, Counts& counts) {
  const Grid& grid = scene.work.grid;
  const std::vector<Columns> lungs = lung_columns(scene, slice);
  for (int row = 0; row < grid.size[1]; ++row) {
    const Columns& here = lungs[static_cast<std::size_t>(row)];
    for (int column = here.low + 1; column < here.high; ++column) {
      const std::size_t at = grid.offset(column, row, slice);
      if (scene.labels[at] != measure::body || scene.smooth[at] < 0) continue;
      ++counts.all;
      if (scene.smooth[at] > enhanced_hu) ++counts.dense;
    }
  }
}

/// Share of the soft parts between the lungs that is denser than blood can be without contrast
/// agent; 0 where too little is seen of them. The spine lies there too, with a small share.
double dense_share(const measure::Scene& scene) {
  const LungSpan span = lung_span(scene);
  Counts counts;
  for (int slice = std::max(0, span.low); slice <= span.high; ++slice)
    add_mediastinum(scene, slice, counts);
  const double seen_ml = counts.all * scene.work.grid.voxel_ml();
  return seen_ml < least_seen_ml ? 0 : counts.dense / counts.all;
}

}  // namespace

Result energy(const measure::Scene& scene) {
  const dicom::InstanceHeader& header = scene.volume.header;
  std::vector<Result> faults;
  const auto add = [&](std::initializer_list<Use> uses, std::string reason) {
    faults.push_back(restricted(uses, std::move(reason)));
  };
  if (is_mono_energetic(header))
    add({Use::tissue, Use::bone, Use::calcium}, "a virtual image of one energy");
  else if (has_modified_units(header))
    add({Use::tissue, Use::bone, Use::calcium},
        "modified Hounsfield units by the header (HU_MOD): an image of one energy, or with a "
        "material taken off");
  if (header.kvp && (*header.kvp < least_kvp || *header.kvp > most_kvp))
    add({Use::tissue, Use::bone, Use::calcium},
        "tube voltage " + measure::number_text(*header.kvp, 0) + " kV, not 120");
  if (!header.contrast_agent.empty())
    add({Use::tissue, Use::calcium}, "contrast agent given");
  else if (dense_share(scene) > enhanced_share)
    add({Use::tissue, Use::calcium},
        "heart and vessels look enhanced though the header names no contrast agent");
  if (!header.kvp) faults.push_back(passed("the tube voltage is not stated: taken for 120 kV"));
  return together(std::move(faults));
}

}  // namespace tomoscribe::pipeline::gates

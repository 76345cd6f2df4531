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

bool is_mono_energetic(const dicom::InstanceHeader& header) {
  return std::ranges::any_of(header.image_type, [](const std::string& word) {
    return says(word, {"VMI", "MONOENERG", "MONO_E", "MONO+"});
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
  std::string reason;
  const auto add = [&](const std::string& clause) {
    reason += (reason.empty() ? "" : "; ") + clause;
  };
  if (is_mono_energetic(header)) add("a virtual image of one energy");
  if (header.kvp && (*header.kvp < least_kvp || *header.kvp > most_kvp))
    add("tube voltage " + measure::number_text(*header.kvp, 0) + " kV, not 120");
  if (!header.contrast_agent.empty())
    add("contrast agent given");
  else if (dense_share(scene) > enhanced_share)
    add("heart and vessels look enhanced though the header names no contrast agent");
  if (!reason.empty()) return restricted({Use::tissue, Use::calcium}, std::move(reason));
  return header.kvp ? passed() : passed("the tube voltage is not stated: taken for 120 kV");
}

}  // namespace tomoscribe::pipeline::gates

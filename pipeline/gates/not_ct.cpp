// Localizers, dose pages, screen copies, other modalities: no volume of CT. Series selection leaves
// them out one by one; this says it of a volume, whoever made it.
#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"
#include "pipeline/series/instance_gates.h"
#include "pipeline/series/select_series.h"

namespace tomoscribe::pipeline::gates {

Result not_ct(const measure::Scene& scene) {
  const Volume& volume = scene.volume;
  if (std::string why = why_not_ct(volume.header); !why.empty()) return stopped(std::move(why));
  std::size_t images = 0;
  for (int slice = 0; slice < volume.grid.size[2]; ++slice)
    if (volume.kind(slice) == SliceKind::image) ++images;
  if (images < least_slices)
    return stopped("only " + std::to_string(images) + " slices: a volume needs " +
                   std::to_string(least_slices));
  return passed();
}

}  // namespace tomoscribe::pipeline::gates

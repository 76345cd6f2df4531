#pragma once

#include <string>
#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

inline constexpr double core_depth_mm = 2.5;

/// Seeds of the right and left lung (working grid, Label values): pieces of the core that lie
/// against ribs and have lung density. Where both lungs touch in front, deeper cores part them.
/// \param depth of the parenchyma band, mm.
Mask lung_cores(const Scene& scene, const std::vector<float>& depth,
                std::vector<std::string>& notes);

/// What of `gas` (working grid) lies within reach of bone: where the recesses of the lung run that
/// are thinner than its core (costophrenic angles); not near the midline, where the trachea runs.
Mask along_ribs(const Scene& scene, const Mask& gas);

/// Column (working grid) of the patient's midline: the spine, else the middle of the body.
double midline_column(const Scene& scene);

}  // namespace tomoscribe::pipeline::measure

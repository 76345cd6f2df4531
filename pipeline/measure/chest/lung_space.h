#pragma once
// The space of the lungs: aerated lung, the vessels in it, and what fills a dent of it.

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// Each lung closed by a ball of `ball_mm`, so that nodules on the pleura and vessels lie inside;
/// central airways and thin recesses stay out. Working grid; right_lung, left_lung or 0.
Mask lung_space(const Scene& scene, double ball_mm);

/// Upper, middle or lower third of a lung by its own height, which are not its lobes: "upper third
/// of its height".
/// \param z  working slice; lungs are measured over `labels`.
std::string third_of(const Scene& scene, Label lung, double z);

}  // namespace tomoscribe::pipeline::measure

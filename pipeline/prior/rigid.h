#pragma once
// How the lungs of one study lie in another: turned and moved, not deformed.

#include <array>

#include "pipeline/prior/lungs.h"

namespace tomoscribe::pipeline::prior {

/// Takes points of the current study to the earlier one; LPS mm.
struct Rigid {
  std::array<Vec3, 3> rows{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  Vec3 offset_mm{};
  Vec3 operator()(const Vec3& point_mm) const;
  /// Points of the earlier study to the current one.
  Vec3 back(const Vec3& point_mm) const;
};

/// Least mean square of the difference in HU (-1000 to 0) over the lungs and 6 mm around them, on
/// cubes of 4.5 mm, first smoothed. Starts where middles or ends of the lungs meet, or where the
/// table stands equal, whichever fits best. Deterministic. ITK Euler3DTransform,
/// MeanSquaresImageToImageMetricv4, RegularStepGradientDescentOptimizerv4.
Rigid align(const LungImage& current, const LungImage& earlier);

/// Root mean square distance of the current lungs' surface from the earlier lungs' surface, in mm,
/// where both were scanned; nullopt where they share less than 100 cm2 of surface.
std::optional<double> residual_mm(const LungImage& current, const LungImage& earlier,
                                  const Rigid& rigid);

}  // namespace tomoscribe::pipeline::prior

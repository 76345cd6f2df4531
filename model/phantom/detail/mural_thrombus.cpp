#include <algorithm>
#include <array>

#include "model/phantom/detail/thorax_findings.h"

namespace tomoscribe::model::phantom {

Thrombus mural_thrombus(Anatomy& anatomy, const Body& body, std::uint8_t aneurysm,
                        std::uint8_t thrombus, double thickness_mm, double turn, Phase phase) {
  constexpr double least_stream_mm = 6;  ///< radius that blood keeps
  constexpr std::array<float, 4> clot_hu{36, 38, 40, 40};
  const double normal = descending_aorta_mm(body) / 2;
  double widest = normal;
  for (const Tube& tube : anatomy.vessels)
    if (tube.owner == aneurysm) widest = std::max(widest, tube.radius_mm);
  Thrombus made;
  if (widest <= normal + 0.5) return made;
  for (Tube& tube : anatomy.vessels) {
    if (tube.owner != aneurysm) continue;
    const double share = (tube.radius_mm - normal) / (widest - normal);
    const double thick = std::min(thickness_mm * share, 2 * (tube.radius_mm - least_stream_mm));
    const Point away{-thick / 2 * cosine(turn), -thick / 2 * sine(turn), 0};
    Tube stream = tube;
    stream.radius_mm = tube.radius_mm - thick / 2;
    stream.from = stream.from + away;
    stream.to = stream.to + away;
    stream.over = set_of(Label::descending_aorta);
    made.stream.push_back(stream);
    if (thick > made.thickness_mm) {
      made.thickness_mm = thick;
      made.stream_diameter_mm = 2 * stream.radius_mm;
    }
    tube.hu = clot_hu.at(static_cast<std::size_t>(phase));
    tube.owner = thrombus;
  }
  return made;
}

}  // namespace tomoscribe::model::phantom

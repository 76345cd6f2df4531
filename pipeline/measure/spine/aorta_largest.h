#pragma once
// The largest diameter of the aorta between two working slices, by two methods.

#include <optional>
#include <string>

#include "pipeline/measure/scene.h"
#include "pipeline/measure/spine/aorta_section.h"
#include "pipeline/measure/spine/aorta_tube.h"

namespace tomoscribe::pipeline::measure {

struct Largest {
  AortaSection section;
  double uncertainty_mm = 0;
  std::size_t sections = 0;
  int first = 0, last = -1;  ///< working slices of the sections
  std::string method;
  double against = 0;     ///< share of the wall with soft tissue or blood against it
  bool ring = false;      ///< soft tissue lines enhanced blood: thrombus or a thick wall
  bool at_least = false;  ///< the value is a lower bound
  std::string doubt;      ///< why the wall is not certain; empty: nothing speaks against it
};

/// By the chain of ellipses. Nullopt: the wall is seen well enough on fewer than five sections.
std::optional<Largest> largest_of_chain(const Scene& scene, const TubeField& field, int from,
                                        int to);

/// In the chest: by rays from the track's middle to where soft tissue ends and by the chain. The
/// rays are the more exact; the chain finds the outer wall where thrombus lines the blood or the
/// track follows something else. Where they differ, where there is such a ring, or where a third of
/// the wall has its own density against it, the result carries its doubt.
std::optional<Largest> largest_in_chest(const Scene& scene, int from, int to);

}  // namespace tomoscribe::pipeline::measure

#pragma once
// Where the heart lies: between the lungs, in front of the spine, from the carina to a little below
// the dome of the right diaphragm.

#include <string>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

struct HeartSpace {
  int from = 0, dome = 0, to = -1;  ///< working slices, all included; the dome lies between
  bool cut = false;                 ///< the scan ends above `from`
  Mask mask;                        ///< working grid; lungs and airway are left out
  std::string missing;              ///< why there is none; empty when there is one
  bool found() const { return missing.empty(); }
};

/// The lowest working slice of the trachea above its bifurcation; -1 where no airway was followed.
int carina_slice(const Scene& scene);

/// The aorta's track as it is where it was followed, between that the nearest slice's within 12 mm;
/// nullptr further away.
const AortaSlice* nearest_aorta(const Scene& scene, int slice);

/// In each slice the convex hull of both lungs, without lung, airway, what lies beside a lung's
/// inner border, spine, and descending aorta. Holds the heart with its fat, great vessels and
/// mediastinum: nothing separates these.
HeartSpace heart_space(const Scene& scene);

}  // namespace tomoscribe::pipeline::measure

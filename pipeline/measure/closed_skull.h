#pragma once
// Whether slices that look like a head by their size hold one.

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// Over 15 mm or more between two working slices (both included) bone lies round something of the
/// density of brain: met in three of four directions from its middle, 35 to 110 mm away (newborns
/// to large adults; an open vault and sutures count as open directions), and 70 % of what it
/// surrounds between -10 and 80 HU. Limbs, jaws and the trunk of a child have no such ring.
bool shows_closed_skull(const Scene& scene, int first, int last);

}  // namespace tomoscribe::pipeline::measure

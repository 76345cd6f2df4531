#pragma once
// What can be wrong in an abdomen. Findings that change the anatomy (aneurysm, fracture) are
// settled before it is built; the others are regions or beads painted into it.

#include <functional>
#include <vector>

#include "model/phantom/detail/acquisition.h"
#include "model/phantom/detail/trunk.h"

namespace tomoscribe::model::phantom {

/// A finding's channel of the lattice: signed distance at a canonical point.
using TrunkRegion = std::function<double(const Point&)>;

struct TrunkFindings {
  double liver_hu = 56;
  std::vector<TrunkRegion> regions;  ///< channels after the trunk's own
  std::vector<Coat> before_organs;   ///< coats with the channels and materials of findings
  std::vector<Coat> after_organs;
};

/// Changes to the anatomy that the settings ask for.
/// \throws std::invalid_argument for a vertebral level that the abdomen does not show.
TrunkChanges changes_of(const Settings& settings);

/// Names and words go to `plan`, materials and beads to `painting`.
TrunkFindings place_findings(const Settings& settings, const Trunk& trunk, Plan& plan,
                             Painting& painting);

}  // namespace tomoscribe::model::phantom

#pragma once
// What can be wrong in a head. A finding is the set of points where a measure of millimetres (how
// far out a point lies in that finding's shape) is below a limit; the limit follows from the volume
// or width that was asked for.

#include <functional>
#include <string>
#include <vector>

#include "model/phantom/detail/acquisition.h"
#include "model/phantom/detail/head.h"

namespace tomoscribe::model::phantom {

struct HeadLesion {
  Kind kind = Kind::haemorrhage;
  bool left = false;
  Point centre;          ///< canonical
  double limit_mm = 0;   ///< below 0: not there in this scan
  double oedema_mm = 0;  ///< width of the rim
  float hu = 65;
  std::uint8_t owner = 0;
};

/// The findings of one head, placed and sized.
struct HeadFindings {
  HeadShift shift;
  double ventricles = 1;  ///< size of the ventricles; the latent one or enlarged
  std::vector<HeadLesion> lesions;
  std::vector<Bead> beads;          ///< physiological and other calcification; material: see add_to
  std::vector<Material> materials;  ///< of the beads
};

/// Lesions of the settings in a head; names and words of each go to `plan`.
HeadFindings place_findings(const Settings& settings, const Head& head, Plan& plan);

/// Signed distance of a lesion at a canonical point (where the brain lies without shift).
double lesion_distance(const Head& head, const HeadLesion& lesion, const Point& p);

}  // namespace tomoscribe::model::phantom

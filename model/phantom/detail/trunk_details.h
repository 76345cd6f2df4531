#pragma once

#include <vector>

#include "model/phantom/detail/trunk.h"

namespace tomoscribe::model::phantom {

/// A ureter's course from the renal pelvis (share 0) to the bladder (1); canonical.
Point ureter(double share, bool left);

/// Adds beads (given by canonical points) and their materials to a painting.
class TrunkDetails {
 public:
  TrunkDetails(const Trunk& trunk, Painting& painting) : trunk_(trunk), painting_(painting) {}
  /// A new material; its index.
  int material(float hu, float texture_hu, TrunkPart part, std::uint8_t owner);
  void chain(const std::vector<Point>& course, double radius_mm, int material);
  void ball(const Point& scanner, double radius_mm, int material);

  void add_ribs();
  void add_vessels(std::uint64_t seed, Phase phase);
  void add_calcifications(std::uint64_t seed);  ///< phleboliths, aortic plaques

 private:
  const Trunk& trunk_;
  Painting& painting_;
};

}  // namespace tomoscribe::model::phantom

#pragma once
// Findings that fill a part of the lung or of the pleural space.

#include <optional>

#include "model/phantom/detail/lung_space.h"
#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

/// A level set of a potential, painted over one side.
struct Region {
  bool left = false;
  Potential potential;
  double level = 0;
  LabelSet over = lungs;
  Label label = Label::solid_lung;
  bool keeps_label = false;  ///< aerated lung stays lung
  bool adds = false;         ///< hu is added to what is there
  float hu = 0, texture_hu = 0;
  double soft_mm = 0;  ///< width of the edge beyond a pixel
  double rim_mm = 0;   ///< collapsed lung beside fluid, or the pleura beside gas: nobody's voxels
  float rim_hu = 0;
  bool rim_is_solid = false;
  std::uint8_t owner = 0;
};

Region consolidation(const LungSpace& space, bool left, std::uint64_t seed, std::uint64_t stream);
Region ground_glass(const LungSpace& space, bool left, std::uint64_t seed, std::uint64_t stream);
/// `down`: unit vector, canonical, in which fluid sinks; gas rises against it.
Region effusion(bool left, const Point& down);
/// A lens of fluid against the chest wall, at the side or in front: where free fluid does not lie.
Region loculated_effusion(const LungSpace& space, bool left, std::uint64_t seed,
                          std::uint64_t stream);
Region pneumothorax(bool left, const Point& down);
/// Thickened pleura over the lung's apex.
Region apical_cap(bool left, double thickness_mm);
Region dependent_atelectasis(bool left, double depth_mm, const Point& down);

/// Which way is down for a patient who lies so.
Point down_of(Lying lying);

/// Air-filled bronchi through a consolidation; `to_scanner` carries canonical points.
std::vector<Tube> air_bronchograms(const std::function<Point(const Point&)>& to_scanner,
                                   const LungSpace& space, const Region& region, std::uint64_t seed,
                                   std::uint64_t stream);

}  // namespace tomoscribe::model::phantom

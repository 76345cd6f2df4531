#pragma once
// The lungs' space as sample points: where findings may lie, and how far a potential must reach to
// hold a volume.

#include <functional>
#include <optional>
#include <vector>

#include "model/phantom/detail/canvas.h"

namespace tomoscribe::model::phantom {

/// A point of a hemithorax, as the canvas sees it while painting.
struct Spot {
  Point canonical;
  double depth_mm = 0;  ///< below the pleura of the chest wall
};

/// A function of the place; what lies above a level is painted. Slope about 1 per mm, so that edges
/// are one pixel wide.
using Potential = std::function<double(const Spot&)>;

class LungSpace {
 public:
  LungSpace(const Body& body, const std::vector<Ellipsoid>& organs, bool left);

  /// From spots that stand for so many mL each.
  LungSpace(std::vector<Spot> spots, double sample_ml);

  /// Level above which the potential holds that many mL of what is still free. Nothing where the
  /// free space is not 1.25 times as large.
  std::optional<double> level_for(const Potential& potential, double volume_ml) const;
  /// What lies above the level is free no more.
  void take(const Potential& potential, double level);
  double free_ml() const;
  double volume_ml() const { return static_cast<double>(spots_.size()) * sample_ml_; }
  const std::vector<Spot>& spots() const { return spots_; }
  bool is_free(std::size_t spot) const { return free_[spot] != 0; }
  double low_z() const { return low_z_; }    ///< canonical
  double high_z() const { return high_z_; }  ///< canonical

 private:
  void bound();

  double sample_ml_;
  std::vector<Spot> spots_;
  std::vector<std::uint8_t> free_;
  double low_z_ = 0, high_z_ = 0;
};

}  // namespace tomoscribe::model::phantom

#pragma once
// Everything that is painted over the large regions, in painting order.

#include <vector>

#include "model/phantom/detail/canvas.h"

namespace tomoscribe::model::phantom {

struct Nodule {
  Point centre;  ///< scanner frame
  double radius_mm = 0;
  bool left = false;
};

/// A small region of destroyed parenchyma (centrilobular emphysema).
struct Bulla {
  Point centre;
  double radius_mm = 0;
};

struct Anatomy {
  std::vector<Ellipsoid> organs;  ///< first: heart and abdominal organs
  std::vector<Tube> vessels;      ///< pulmonary trees, then great vessels and oesophagus
  std::vector<Tube> airways;      ///< walls, then lumens
  std::vector<Tube> bones;        ///< ribs, sternum, clavicles, processes: cortex, then marrow
  std::vector<double> vertebral_levels;  ///< canonical z of the lower endplates, rising
  std::vector<Bulla> bullae;
};

std::vector<Ellipsoid> organs(const Body& body);
std::vector<Tube> great_vessels(const Body& body);
std::vector<Tube> pulmonary_vessels(const Body& body, std::uint64_t seed);
std::vector<Tube> airways(const Body& body, std::uint64_t seed);
std::vector<double> vertebral_levels();
std::vector<Tube> skeleton(const Body& body, const std::vector<double>& levels);
std::vector<Bulla> bullae(const Body& body, std::uint64_t seed);
Anatomy anatomy(const Body& body, std::uint64_t seed);

/// A place inside one lung where a ball of that size touches neither border nor a vessel of any
/// width. z limits in the scanner's frame. radius_mm 0 when there is none.
Nodule place_nodule(const Body& body, const Anatomy& anatomy, std::uint64_t seed, double radius_mm,
                    double low_z, double high_z);

}  // namespace tomoscribe::model::phantom

#pragma once
// Everything that is painted over the large regions, in painting order.

#include <functional>
#include <optional>
#include <vector>

#include "model/phantom/detail/canvas.h"
#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

/// A place for a ball.
struct Place {
  Point centre;          ///< scanner frame
  double radius_mm = 0;  ///< 0: none was found
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
  Spine spine;
  std::vector<Bulla> bullae;
};

/// A widened stretch of the descending aorta.
struct Aneurysm {
  double diameter_mm = 0;              ///< 0: none
  double middle_z = 0, length_mm = 0;  ///< canonical
  std::uint8_t owner = 0;
};

/// Outer diameter of the descending aorta, mm.
double descending_aorta_mm(const Body& body);

std::vector<Ellipsoid> organs(const Body& body);
std::vector<Tube> great_vessels(const Body& body, const Aneurysm& aneurysm);
std::vector<Tube> pulmonary_vessels(const Body& body, std::uint64_t seed);
std::vector<Tube> airways(const Body& body, std::uint64_t seed);
std::vector<double> vertebral_levels();
std::vector<Tube> skeleton(const Body& body, const std::vector<double>& levels);
std::vector<Bulla> bullae(const Body& body, std::uint64_t seed);
Anatomy anatomy(const Body& body, std::uint64_t seed, const Aneurysm& aneurysm);
/// Gives blood and organs the densities of a contrast phase.
void enhance(Anatomy& anatomy, Phase phase);

/// What a place must be like.
struct Wish {
  enum class Where { inside, at_pleura, anywhere };  ///< anywhere: may touch borders and vessels

  double radius_mm = 0;
  std::uint64_t stream = 40;
  std::optional<bool> left;  ///< nothing: either
  Where where = Where::inside;
  /// Whether something else is there: canonical point, the same in the scanner's frame.
  std::function<bool(bool left, const Point& canonical, const Point& centre)> taken;
};

/// A place inside one lung where a ball of that size touches neither border nor a vessel of any
/// width, or as wished. z limits in the scanner's frame. radius_mm 0 when there is none.
Place place_ball(const Body& body, const Anatomy& anatomy, std::uint64_t seed, const Wish& wish,
                 double low_z, double high_z);

}  // namespace tomoscribe::model::phantom

#pragma once
// The body's large shapes as implicit functions in a canonical frame: x to the patient's left, y
// posterior, z superior, millimetres of a median adult, origin at the carina's level. Scale and
// warp carry them into the scanner's frame.

#include <array>
#include <cstdint>
#include <vector>

#include "model/phantom/detail/steady.h"

namespace tomoscribe::model::phantom {

enum class Label : std::uint8_t {
  air,
  table,
  skin,
  fat,
  muscle,
  bone,
  cartilage,
  mediastinum,
  heart,
  great_vessel,
  oesophagus,
  lung_right,
  lung_left,
  trachea,
  bronchus,
  airway_wall,
  vessel_right,
  vessel_left,
  diaphragm,
  abdomen,
  liver,
  spleen,
  stomach,
  bowel_gas,
  kidney,
  nodule,
  descending_aorta,
  solid_lung,  ///< consolidated or collapsed: no air in it
  pleural_fluid,
  pleural_gas,
  calcium,
  count
};

/// A set of labels, for "paint only over these".
using LabelSet = std::uint64_t;
constexpr LabelSet set_of(Label label) {
  return std::uint64_t{1} << static_cast<unsigned>(label);
}
template <class... Labels>
constexpr LabelSet set_of(Label first, Labels... more) {
  return set_of(first) | set_of(more...);
}
constexpr LabelSet every_label = ~LabelSet{0};
constexpr LabelSet lungs = set_of(Label::lung_right, Label::lung_left);

/// Smooth random displacement: cubic B-spline on a lattice (QUANTIFICATION D, "smooth random
/// warp").
class Warp {
 public:
  Warp(std::uint64_t seed, double sd_mm);
  Point at(const Point& p) const;

 private:
  static constexpr int cells = 14;
  static constexpr double spacing_mm = 55, start_mm = -330;
  std::vector<std::array<double, 3>> coefficient_;
};

/// What makes this person.
struct Latent {
  double scale_x, scale_y, scale_z;
  double fat_mm, muscle;
  double dome_right, dome_left;  ///< canonical z of the diaphragm's peaks
  double heart, spine_bend, emphysema;
  explicit Latent(std::uint64_t seed);
};

/// Half axes and centre of the nested outlines at one canonical z.
struct Section {
  float z;
  float body_x, body_y, body_centre;
  float cage_x, cage_y, cage_centre;
  float apex;         ///< 0..1: size of the lung apices' section; 1 below them, 0 above
  float mediastinum;  ///< half width at the great vessels
};

struct Tissue {
  Label label;
  float hu;
};

class Body {
 public:
  /// Canonical z of the lungs' tops: no higher than the neck of the first rib, beside T1.
  static constexpr double apex_z = 70;

  explicit Body(std::uint64_t seed);
  const Latent& latent() const { return latent_; }
  Section section(double z) const;
  /// Tissue of the large regions at a canonical point; `warp_z` shifts only the diaphragm;
  /// `texture` has SD 1.
  Tissue tissue(const Section& section, float x, float y, float warp_z, float texture) const;
  /// Lung, not considering what is painted later; positive margin_mm keeps away from the borders.
  bool in_lung(bool left, const Point& canonical, double margin_mm) const;
  /// How deep below the pleura of the chest wall, mm along a ray; the mediastinum is not looked at.
  static double pleural_depth(const Section& section, double x, double y);
  /// Distance outside the skin, mm; negative inside.
  static double outside_skin(const Section& section, double x, double y);
  /// Distance of the pleura from the hemithorax's axis in a direction of the axial plane.
  double pleura_radius(bool left, double direction_x, double direction_y, double z) const;
  /// Axis from which ribs and pleura are described.
  static Point hemithorax_axis(bool left, double z) { return {left ? 50.0 : -50.0, 5.0, z}; }
  Point spine(double z) const;  ///< centre of the vertebral bodies

  Point to_scanner(const Point& canonical) const;
  Point to_canonical(const Point& scanner) const;
  const Warp& warp() const { return warp_; }

 private:
  float diaphragm(float x, float y) const;
  Tissue inside_cage(const Section& section, float x, float y, float warp_z, float texture) const;
  Tissue chest_wall(const Section& section, float x, float y, float from_pleura, float from_skin,
                    float texture) const;

  Latent latent_;
  Warp warp_;
};

}  // namespace tomoscribe::model::phantom

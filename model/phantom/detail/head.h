#pragma once
// A head in a canonical frame: x to the patient's left, y posterior, z superior, millimetres of a
// median adult, origin in the middle of the cranial cavity at the height of the interventricular
// foramina. Rotation, warp and scale carry it into the scanner's frame.

#include <array>
#include <cstdint>
#include <vector>

#include "model/phantom/detail/body.h"
#include "model/phantom/detail/distance.h"
#include "model/phantom/detail/lattice.h"

namespace tomoscribe::model::phantom {

/// What the head is made of: labels of its layers.
enum class HeadPart : std::uint8_t {
  air,
  head_rest,
  foam,
  skin,
  fat,
  muscle,
  bone,
  marrow,
  sinus_air,
  orbit_fat,
  eye,
  lens,
  optic,  ///< optic nerve and eye muscles
  csf,
  grey,
  white,
  deep_grey,
  cerebellum,
  brainstem,
  dura,
  venous_sinus,
  artery,
  frontal_horn_right,
  frontal_horn_left,
  ventricle_right,  ///< the rest of the lateral ventricle
  ventricle_left,
  third,
  fourth,
  calcification,
  finding,  ///< of any kind: whose it is stands beside it
  oedema,
  count
};

/// What makes this person, and how the head lies.
struct HeadLatent {
  Point scale;
  double skull, scalp_mm, gap_mm, ventricles, asymmetry, sinuses, sulcus_mm;
  double yaw, roll, pitch;  ///< radians: about z, y and x
  explicit HeadLatent(std::uint64_t seed);
};

/// Channels of the head's lattice.
enum class HeadChannel : int {
  skin,
  muscle,
  bone,
  marrow,
  air,
  mastoid,
  mastoid_cells,
  orbit,
  globe,
  optic,
  ear,
  inner,
  cerebrum,
  folds,
  folds_reach,
  small_folds,
  small_folds_reach,
  midline,
  falx,
  tent,
  tent_reach,
  lateral_fissure,
  lateral_fissure_reach,
  insula,
  insula_reach,
  outer_csf,
  rim,
  cistern,
  cerebellum,
  folia,
  stem,
  deep_grey,
  horn_right,
  horn_left,
  ventricle_right,
  ventricle_left,
  third,
  fourth,
  venous_sinus,
  head_rest,
  head_rest_end,
  first_finding
};
constexpr int head_channels = static_cast<int>(HeadChannel::first_finding);

/// Displacement of what lies in the middle of the cranium, to the left where positive.
struct HeadShift {
  double mm = 0;
  Point centre{0, -4, 6};
};

std::vector<Material> head_materials();
/// The healthy head's coats, from the outside inward.
std::vector<Coat> head_coats(const HeadLatent& latent);

/// The healthy head's geometry. Distances are in the canonical frame.
class Head {
 public:
  explicit Head(std::uint64_t seed);
  const HeadLatent& latent() const { return latent_; }
  Point to_canonical(const Point& scanner) const;
  Point to_scanner(const Point& canonical) const;
  /// Unit vector of the scanner's frame across the symmetry plane, to the left.
  Point left() const { return axes_[0]; }

  double outer_table(const Point& p) const;
  /// Inside the inner table and the skull base.
  double cavity(const Point& p) const { return bounds(p).cavity; }
  double skin(const Point& p) const;
  /// Where the brain at `p` would lie without shift and enlarged ventricles.
  Point unshifted(const Point& p, const HeadShift& shift) const;
  static constexpr Point septum{0, -18, 10};
  /// How far a canonical point of the middle is moved across the symmetry plane, to the left.
  double moved_mm(const HeadShift& shift, const Point& at) const;
  /// All channels but those of findings; `out` has head_channels values.
  void distances(const Point& p, const HeadShift& shift, double ventricles, float* out) const;
  /// Lateral, third and fourth ventricles together.
  double ventricle(const Point& p, double ventricles) const;
  double cerebrum(const Point& p) const;
  double vault(const Point& p) const { return bounds(p).vault; }  ///< the cavity without its base
  static double posterior_fossa(const Point& p);
  double wander(const Point& p) const { return wobble_.at(p).value; }  ///< smooth, about -1 to 1
  /// Signed distances of the head rest's shell and of where it ends; scanner's frame.
  static std::array<double, 2> head_rest(const Point& scanner);

 private:
  /// The cranial cavity's borders: all of it, the vault's part, the base's part.
  struct Bounds {
    double cavity, vault, base;
  };
  Bounds bounds(const Point& p) const;
  void outside(const Point& p, float* out) const;
  static void face(const Point& p, float* out);
  void brain(const Point& p, double ventricles, float* out) const;
  Point symmetric_warp(const Point& p) const;

  HeadLatent latent_;
  Warp warp_;
  Waves thickness_, folds_, small_folds_, wobble_, cells_;
  std::array<Point, 3> axes_;  ///< canonical directions in the scanner's frame
};

}  // namespace tomoscribe::model::phantom

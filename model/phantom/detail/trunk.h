#pragma once
// Abdomen and pelvis in a canonical frame: x to the patient's left, y posterior, z superior,
// millimetres of a median adult, origin in the middle of the body at the third lumbar vertebra.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model/phantom/detail/body.h"
#include "model/phantom/detail/distance.h"
#include "model/phantom/detail/lattice.h"

namespace tomoscribe::model::phantom {

/// Labels of the abdomen's layers.
enum class TrunkPart : std::uint8_t {
  air,
  table,
  skin,
  subcutaneous_fat,
  visceral_fat,
  muscle,
  psoas,
  bone,
  trabecular,
  disc,
  canal,
  lung_right,
  lung_left,
  heart,
  liver,
  gallbladder,
  spleen,
  pancreas,
  kidney_right,
  kidney_left,
  renal_sinus,
  urine,
  adrenal,
  stomach,
  bowel_wall,
  bowel_fluid,
  bowel_gas,
  stool,
  aorta,
  thrombus,
  vein,
  artery,  ///< iliac and smaller arteries
  bladder,
  pelvic_organ,
  calcification,
  finding,
  free_gas,
  intermuscular_fat,  ///< and that of the spinal canal
  count
};

enum class TrunkChannel : int {
  skin,
  envelope,  ///< outer border of the abdominal wall's muscles
  wall,      ///< muscle of the wall
  flank,     ///< where the wall has three layers
  paraspinal,
  psoas,
  hip_muscle,
  pelvic_floor,
  vertebra,
  disc,
  arch,
  canal,
  pelvis_bone,
  ilium,
  ilium_end,
  femur,
  lung_right,
  lung_left,
  diaphragm,
  heart,
  liver,
  liver_vein,
  gallbladder,
  spleen,
  pancreas,
  kidney_right,
  kidney_left,
  sinus,
  adrenal,
  stomach,
  stomach_gas,
  colon,
  colon_gas,
  small_bowel,
  small_bowel_gas,
  bubbles,
  aorta,
  lumen,
  cava,
  iliac_artery,
  iliac_vein,
  portal,
  bladder,
  pelvic_organ,
  table,
  table_end,
  first_finding
};
constexpr int trunk_channels = static_cast<int>(TrunkChannel::first_finding);

struct Vertebra {
  const char* name;
  double z, height_mm;  ///< middle and height of its body
};
/// From the tenth thoracic to the fifth lumbar vertebra.
constexpr std::array<Vertebra, 8> trunk_vertebrae{{{"T10", 167, 23},
                                                   {"T11", 137, 24},
                                                   {"T12", 105, 25},
                                                   {"L1", 71, 26},
                                                   {"L2", 36, 27},
                                                   {"L3", 0, 27.5},
                                                   {"L4", -37, 27.5},
                                                   {"L5", -73, 27}}};
constexpr double promontory_z = -92;   ///< upper end of the sacrum
constexpr double bifurcation_z = -46;  ///< of the aorta

struct TrunkLatent {
  Point scale;
  double subcutaneous_mm, visceral, muscle, dome, bend, aorta_mm;
  explicit TrunkLatent(std::uint64_t seed);
};

/// What changes the anatomy itself.
struct TrunkChanges {
  double aneurysm_mm = 0;  ///< outer diameter, canonical; 0: none
  double aneurysm_z = -5;
  int fractured = -1;      ///< index into trunk_vertebrae
  double height_loss = 0;  ///< share of the anterior height
};

/// A bowel loop's piece. Gas lies above `level_y`, the patient being supine.
struct Loop {
  Point from, to;
  double from_radius = 0, to_radius = 0, level_y = 0;
};

class Trunk {
 public:
  Trunk(std::uint64_t seed, const TrunkChanges& changes);
  const TrunkLatent& latent() const { return latent_; }
  const TrunkChanges& changes() const { return changes_; }
  Point to_canonical(const Point& scanner) const;
  Point to_scanner(const Point& canonical) const;

  static double spine_y(double z);  ///< of the vertebral bodies' middle
  double spine_x(double z) const;
  double envelope(const Point& p) const;
  double cavity(const Point& p) const;      ///< inside the wall's muscles
  double peritoneum(const Point& p) const;  ///< the cavity without what lies beside the pelvis
  double skin(const Point& p) const;
  double dome_z(double x, double y) const;
  double liver(const Point& p) const;
  double kidney(bool left, const Point& p) const;
  static Point kidney_centre(bool left);
  /// Middle of the aorta, and its outer radius there.
  Station aorta(double z) const;
  /// Upper and lower end of a vertebra's body at a point.
  std::array<double, 2> endplates(std::size_t vertebra, double y) const;
  void distances(const Point& p, float* out) const;
  double wander(const Point& p) const { return wobble_.at(p).value; }

 private:
  void wall(const Point& p, float* out) const;
  void spine(const Point& p, float* out) const;
  static void arches(const Point& local, std::size_t vertebra, double& bone);
  static void ilium(const Point& nearer, float* out);
  void hip_muscles(const Point& nearer, float* out) const;
  static void pelvis(const Point& nearer, float* out);
  void chest(const Point& p, float* out) const;
  void upper_organs(const Point& p, float* out) const;
  void kidneys(const Point& p, float* out) const;
  void vessels(const Point& p, float* out) const;
  void lower_organs(const Point& p, float* out) const;
  void bowel(const Point& p, float* out) const;
  void make_loops(std::uint64_t seed);

  TrunkLatent latent_;
  TrunkChanges changes_;
  Warp warp_;
  Waves wobble_, cells_;
  std::vector<Loop> colon_, small_bowel_;
};

std::vector<Material> trunk_materials(Phase phase, double trabecular_hu);
/// Table, skin, fat; then all that lies in the fat.
std::vector<Coat> trunk_fat_coats();
std::vector<Coat> trunk_organ_coats();

}  // namespace tomoscribe::model::phantom

// What is painted where: the head's materials and the order of their coats.
#include "model/phantom/detail/head.h"

namespace tomoscribe::model::phantom {

std::vector<Material> head_materials() {
  std::vector<Material> m(static_cast<std::size_t>(HeadPart::count));
  const auto set = [&](HeadPart part, float hu, float texture_hu) {
    m[static_cast<std::size_t>(part)] = {hu, texture_hu, static_cast<std::uint8_t>(part), 0};
  };
  set(HeadPart::air, -1000, 0);
  set(HeadPart::head_rest, -180, 4);
  set(HeadPart::foam, -940, 3);
  set(HeadPart::skin, 15, 6);
  set(HeadPart::fat, -92, 10);
  set(HeadPart::muscle, 52, 8);
  set(HeadPart::bone, 1150, 60);
  set(HeadPart::marrow, 520, 120);
  set(HeadPart::sinus_air, -990, 2);
  set(HeadPart::orbit_fat, -88, 6);
  set(HeadPart::eye, 12, 1.5F);
  set(HeadPart::lens, 85, 2);
  set(HeadPart::optic, 42, 3);
  set(HeadPart::csf, 7, 1.5F);
  set(HeadPart::grey, 39, 1.6F);
  set(HeadPart::white, 28, 1.2F);
  set(HeadPart::deep_grey, 37, 1.2F);
  set(HeadPart::cerebellum, 37, 1.8F);
  set(HeadPart::brainstem, 31, 1.4F);
  set(HeadPart::dura, 48, 2);
  set(HeadPart::venous_sinus, 54, 2);
  for (const HeadPart part :
       {HeadPart::frontal_horn_right, HeadPart::frontal_horn_left, HeadPart::ventricle_right,
        HeadPart::ventricle_left, HeadPart::third, HeadPart::fourth})
    set(part, 5, 1);
  set(HeadPart::artery, 42, 2);
  set(HeadPart::calcification, 190, 20);
  set(HeadPart::oedema, 22, 1.4F);
  return m;
}

namespace {

Coat coat(HeadPart part, HeadChannel channel, float offset = 0) {
  return {static_cast<int>(part), static_cast<int>(channel), offset, -1, -1, 0};
}
Coat band(HeadPart part, HeadChannel channel, double half_mm, HeadChannel within,
          double within_offset = 0) {
  return {
      static_cast<int>(part),      static_cast<int>(channel), 0,
      static_cast<float>(half_mm), static_cast<int>(within),  static_cast<float>(within_offset)};
}
Coat limited(Coat made, HeadChannel within, double within_offset) {
  made.within = static_cast<int>(within);
  made.within_offset = static_cast<float>(within_offset);
  return made;
}

/// Cortex: grey along the surface and both banks of every sulcus, white between.
void add_cerebrum(std::vector<Coat>& coats, double sulcus_mm) {
  constexpr float cortex = 3.1F;
  coats.push_back(coat(HeadPart::grey, HeadChannel::cerebrum));
  coats.push_back(coat(HeadPart::white, HeadChannel::cerebrum, cortex));
  struct Sulci {
    HeadChannel channel, reach;
    double half_mm, beyond_mm;
  };
  const std::array sulci{
      Sulci{HeadChannel::folds, HeadChannel::folds_reach, sulcus_mm, cortex},
      Sulci{HeadChannel::small_folds, HeadChannel::small_folds_reach, sulcus_mm * 0.7, cortex},
      Sulci{HeadChannel::lateral_fissure, HeadChannel::lateral_fissure_reach, sulcus_mm * 1.3,
            cortex},
      Sulci{HeadChannel::insula, HeadChannel::insula_reach, sulcus_mm * 1.2, cortex},
      Sulci{HeadChannel::midline, HeadChannel::falx, 0.9 + sulcus_mm * 0.6, cortex}};
  for (const Sulci& s : sulci)
    coats.push_back(limited(band(HeadPart::grey, s.channel, s.half_mm + static_cast<double>(cortex),
                                 s.reach, -s.beyond_mm),
                            s.reach, -s.beyond_mm));
  for (const Sulci& s : sulci) coats.push_back(band(HeadPart::csf, s.channel, s.half_mm, s.reach));
  // Sulci open towards the surface.
  coats.push_back(band(HeadPart::csf, HeadChannel::folds, sulcus_mm * 1.8, HeadChannel::rim, -5));
  coats.push_back(coat(HeadPart::csf, HeadChannel::outer_csf));
}

/// Deep grey, hindbrain, coverings, ventricles.
void add_middle(std::vector<Coat>& coats) {
  coats.push_back(coat(HeadPart::deep_grey, HeadChannel::deep_grey));
  coats.push_back(coat(HeadPart::csf, HeadChannel::cistern));
  coats.push_back(coat(HeadPart::cerebellum, HeadChannel::cerebellum));
  coats.push_back(
      limited(band(HeadPart::white, HeadChannel::folia, 0.8, HeadChannel::cerebellum, 6),
              HeadChannel::cerebellum, 6));
  coats.push_back(coat(HeadPart::brainstem, HeadChannel::stem));
  coats.push_back(band(HeadPart::dura, HeadChannel::midline, 0.8, HeadChannel::falx));
  coats.push_back(band(HeadPart::dura, HeadChannel::tent, 0.7, HeadChannel::tent_reach));
  coats.push_back(coat(HeadPart::venous_sinus, HeadChannel::venous_sinus));
  for (const auto& [part, channel] :
       {std::pair{HeadPart::frontal_horn_right, HeadChannel::horn_right},
        std::pair{HeadPart::frontal_horn_left, HeadChannel::horn_left},
        std::pair{HeadPart::ventricle_right, HeadChannel::ventricle_right},
        std::pair{HeadPart::ventricle_left, HeadChannel::ventricle_left},
        std::pair{HeadPart::third, HeadChannel::third},
        std::pair{HeadPart::fourth, HeadChannel::fourth}})
    coats.push_back(limited(coat(part, channel), HeadChannel::inner, 1.5));
}

}  // namespace

std::vector<Coat> head_coats(const HeadLatent& latent) {
  std::vector<Coat> coats{
      limited(coat(HeadPart::foam, HeadChannel::head_rest), HeadChannel::head_rest_end, 0),
      band(HeadPart::head_rest, HeadChannel::head_rest, 1.3, HeadChannel::head_rest_end),
      coat(HeadPart::skin, HeadChannel::skin),
      coat(HeadPart::skin, HeadChannel::ear),
      coat(HeadPart::fat, HeadChannel::skin, 1.9F),
      limited(coat(HeadPart::muscle, HeadChannel::muscle), HeadChannel::skin, 3.5),
      coat(HeadPart::orbit_fat, HeadChannel::orbit)};
  add_cerebrum(coats, latent.sulcus_mm);
  add_middle(coats);
  const std::array after{
      coat(HeadPart::bone, HeadChannel::bone),
      limited(coat(HeadPart::marrow, HeadChannel::marrow), HeadChannel::bone, 0.8),
      coat(HeadPart::sinus_air, HeadChannel::air),
      limited(coat(HeadPart::sinus_air, HeadChannel::mastoid_cells, 0.15F), HeadChannel::mastoid,
              0),
      coat(HeadPart::optic, HeadChannel::optic),
      coat(HeadPart::optic, HeadChannel::globe),
      coat(HeadPart::eye, HeadChannel::globe, 1.1F)};
  coats.insert(coats.end(), after.begin(), after.end());
  return coats;
}

}  // namespace tomoscribe::model::phantom

// What is painted where: the abdomen's materials and the order of their coats.
#include "model/phantom/detail/trunk.h"

namespace tomoscribe::model::phantom {

namespace {

/// HU without contrast, in the arterial, the portal venous and the delayed phase.
struct Enhancement {
  TrunkPart part;
  std::array<float, 4> hu;
  float texture_hu;
};

constexpr std::array<Enhancement, 38> enhancements{
    {{TrunkPart::air, {-1000, -1000, -1000, -1000}, 0},
     {TrunkPart::table, {-170, -170, -170, -170}, 4},
     {TrunkPart::skin, {8, 12, 20, 20}, 6},
     {TrunkPart::subcutaneous_fat, {-106, -106, -105, -105}, 6},
     {TrunkPart::visceral_fat, {-102, -102, -100, -100}, 8},
     {TrunkPart::muscle, {54, 60, 66, 64}, 7},
     {TrunkPart::psoas, {57, 62, 68, 66}, 5},
     {TrunkPart::bone, {760, 760, 760, 760}, 60},
     {TrunkPart::trabecular, {150, 155, 165, 160}, 22},
     {TrunkPart::disc, {80, 80, 84, 84}, 5},
     {TrunkPart::canal, {24, 24, 26, 26}, 3},
     {TrunkPart::lung_right, {-850, -848, -846, -848}, 22},
     {TrunkPart::lung_left, {-850, -848, -846, -848}, 22},
     {TrunkPart::heart, {42, 260, 150, 110}, 4},
     {TrunkPart::liver, {56, 68, 108, 92}, 4},
     {TrunkPart::gallbladder, {9, 9, 9, 10}, 2},
     {TrunkPart::spleen, {48, 125, 118, 96}, 4},
     {TrunkPart::pancreas, {40, 105, 88, 70}, 9},
     {TrunkPart::kidney_right, {33, 150, 185, 160}, 4},
     {TrunkPart::kidney_left, {33, 150, 185, 160}, 4},
     {TrunkPart::renal_sinus, {-70, -70, -68, -60}, 14},
     {TrunkPart::urine, {6, 6, 10, 380}, 2},
     {TrunkPart::adrenal, {22, 50, 62, 45}, 3},
     {TrunkPart::stomach, {40, 70, 80, 72}, 6},
     {TrunkPart::bowel_wall, {38, 80, 90, 75}, 6},
     {TrunkPart::bowel_fluid, {16, 16, 18, 18}, 9},
     {TrunkPart::bowel_gas, {-985, -985, -985, -985}, 3},
     {TrunkPart::stool, {28, 28, 30, 30}, 26},
     {TrunkPart::aorta, {42, 320, 150, 112}, 3},
     {TrunkPart::thrombus, {36, 38, 40, 40}, 4},
     {TrunkPart::vein, {40, 70, 145, 110}, 3},
     {TrunkPart::artery, {42, 310, 148, 110}, 3},
     {TrunkPart::bladder, {5, 5, 6, 90}, 2},
     {TrunkPart::pelvic_organ, {42, 60, 82, 80}, 5},
     {TrunkPart::calcification, {420, 420, 420, 420}, 30},
     {TrunkPart::finding, {30, 30, 30, 30}, 3},
     {TrunkPart::free_gas, {-985, -985, -985, -985}, 3},
     {TrunkPart::intermuscular_fat, {-102, -102, -100, -100}, 8}}};

Coat coat(TrunkPart part, TrunkChannel channel, float offset = 0) {
  return {static_cast<int>(part), static_cast<int>(channel), offset, -1, -1, 0};
}
Coat limited(Coat made, TrunkChannel within, double offset = 0) {
  made.within = static_cast<int>(within);
  made.within_offset = static_cast<float>(offset);
  return made;
}
Coat band(TrunkPart part, TrunkChannel channel, double half_mm, TrunkChannel within,
          double within_offset = 0) {
  Coat made = coat(part, channel);
  made.band = static_cast<float>(half_mm);
  return limited(made, within, within_offset);
}

void add_wall(std::vector<Coat>& coats) {
  const auto fascia = [](float depth_mm) {
    Coat made =
        band(TrunkPart::intermuscular_fat, TrunkChannel::envelope, 0.55, TrunkChannel::flank);
    made.offset = depth_mm;
    return made;
  };
  const std::array list{limited(coat(TrunkPart::muscle, TrunkChannel::wall), TrunkChannel::skin, 3),
                        fascia(4.2F),
                        fascia(8.6F),
                        coat(TrunkPart::muscle, TrunkChannel::hip_muscle),
                        coat(TrunkPart::muscle, TrunkChannel::paraspinal),
                        coat(TrunkPart::psoas, TrunkChannel::psoas),
                        coat(TrunkPart::muscle, TrunkChannel::pelvic_floor)};
  coats.insert(coats.end(), list.begin(), list.end());
}

void add_organs(std::vector<Coat>& coats) {
  for (const auto& [part, channel] : {std::pair{TrunkPart::lung_right, TrunkChannel::lung_right},
                                      std::pair{TrunkPart::lung_left, TrunkChannel::lung_left},
                                      std::pair{TrunkPart::heart, TrunkChannel::heart},
                                      std::pair{TrunkPart::muscle, TrunkChannel::diaphragm},
                                      std::pair{TrunkPart::liver, TrunkChannel::liver}})
    coats.push_back(coat(part, channel));
  coats.push_back(limited(coat(TrunkPart::vein, TrunkChannel::liver_vein), TrunkChannel::liver, 1));
  for (const auto& [part, channel] :
       {std::pair{TrunkPart::gallbladder, TrunkChannel::gallbladder},
        std::pair{TrunkPart::spleen, TrunkChannel::spleen},
        std::pair{TrunkPart::adrenal, TrunkChannel::adrenal},
        std::pair{TrunkPart::kidney_right, TrunkChannel::kidney_right},
        std::pair{TrunkPart::kidney_left, TrunkChannel::kidney_left},
        std::pair{TrunkPart::renal_sinus, TrunkChannel::sinus},
        std::pair{TrunkPart::bowel_wall, TrunkChannel::small_bowel}})
    coats.push_back(coat(part, channel));
  coats.push_back(coat(TrunkPart::bowel_fluid, TrunkChannel::small_bowel, 2.4F));
  coats.push_back(coat(TrunkPart::bowel_gas, TrunkChannel::small_bowel_gas));
  coats.push_back(coat(TrunkPart::bowel_wall, TrunkChannel::colon));
  coats.push_back(coat(TrunkPart::stool, TrunkChannel::colon, 2.2F));
  coats.push_back(
      limited(coat(TrunkPart::bowel_gas, TrunkChannel::bubbles), TrunkChannel::colon, 3.4));
  coats.push_back(coat(TrunkPart::bowel_gas, TrunkChannel::colon_gas));
  coats.push_back(coat(TrunkPart::stomach, TrunkChannel::stomach));
  coats.push_back(coat(TrunkPart::bowel_fluid, TrunkChannel::stomach, 4.5F));
  coats.push_back(coat(TrunkPart::bowel_gas, TrunkChannel::stomach_gas));
  for (const auto& [part, channel] :
       {std::pair{TrunkPart::pancreas, TrunkChannel::pancreas},
        std::pair{TrunkPart::vein, TrunkChannel::portal},
        std::pair{TrunkPart::vein, TrunkChannel::cava},
        std::pair{TrunkPart::vein, TrunkChannel::iliac_vein},
        std::pair{TrunkPart::artery, TrunkChannel::iliac_artery},
        std::pair{TrunkPart::bladder, TrunkChannel::bladder},
        std::pair{TrunkPart::pelvic_organ, TrunkChannel::pelvic_organ},
        std::pair{TrunkPart::thrombus, TrunkChannel::aorta},
        std::pair{TrunkPart::aorta, TrunkChannel::lumen}})
    coats.push_back(coat(part, channel));
}

void add_bones(std::vector<Coat>& coats) {
  coats.push_back(coat(TrunkPart::disc, TrunkChannel::disc));
  coats.push_back(coat(TrunkPart::bone, TrunkChannel::arch));
  coats.push_back(coat(TrunkPart::trabecular, TrunkChannel::arch, 2));
  coats.push_back(coat(TrunkPart::bone, TrunkChannel::vertebra));
  coats.push_back(coat(TrunkPart::trabecular, TrunkChannel::vertebra, 1.4F));
  coats.push_back(coat(TrunkPart::intermuscular_fat, TrunkChannel::canal));
  coats.push_back(coat(TrunkPart::canal, TrunkChannel::canal, 1.2F));
  coats.push_back(coat(TrunkPart::bone, TrunkChannel::pelvis_bone));
  coats.push_back(coat(TrunkPart::trabecular, TrunkChannel::pelvis_bone, 2.2F));
  coats.push_back(band(TrunkPart::bone, TrunkChannel::ilium, 5, TrunkChannel::ilium_end));
  coats.push_back(
      band(TrunkPart::trabecular, TrunkChannel::ilium, 2.9, TrunkChannel::ilium_end, 2.2));
  coats.push_back(coat(TrunkPart::bone, TrunkChannel::femur));
  coats.push_back(coat(TrunkPart::trabecular, TrunkChannel::femur, 2.6F));
}

}  // namespace

std::vector<Material> trunk_materials(Phase phase, double trabecular_hu) {
  std::vector<Material> materials(static_cast<std::size_t>(TrunkPart::count));
  for (const Enhancement& e : enhancements)
    materials[static_cast<std::size_t>(e.part)] = {
        e.hu[static_cast<std::size_t>(phase)], e.texture_hu, static_cast<std::uint8_t>(e.part), 0};
  materials[static_cast<std::size_t>(TrunkPart::trabecular)].hu +=
      static_cast<float>(trabecular_hu - 150);
  return materials;
}

std::vector<Coat> trunk_fat_coats() {
  return {band(TrunkPart::table, TrunkChannel::table, 1.4, TrunkChannel::table_end),
          coat(TrunkPart::skin, TrunkChannel::skin),
          coat(TrunkPart::subcutaneous_fat, TrunkChannel::skin, 1.9F),
          limited(coat(TrunkPart::visceral_fat, TrunkChannel::envelope), TrunkChannel::skin, 2)};
}

std::vector<Coat> trunk_organ_coats() {
  std::vector<Coat> coats;
  add_wall(coats);
  add_organs(coats);
  add_bones(coats);
  return coats;
}

}  // namespace tomoscribe::model::phantom

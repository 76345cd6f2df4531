#include <algorithm>

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

namespace {

// clang-format off
constexpr std::array table{
    // body, kind, word, observation, site, unit, usual, least, most, sided, distractor
    KindRow{BodyPart::thorax, Kind::nodule, "nodule", "nodule", "lung", "mm", 10, 2, 30, true, false},
    KindRow{BodyPart::thorax, Kind::mass, "mass", "mass", "lung", "mm", 45, 30, 90, true, false},
    KindRow{BodyPart::thorax, Kind::consolidation, "consolidation", "consolidation", "lung", "mL", 120, 5, 600, true, false},
    KindRow{BodyPart::thorax, Kind::ground_glass, "ground-glass", "ground-glass opacity", "lung", "mL", 150, 5, 800, true, false},
    KindRow{BodyPart::thorax, Kind::effusion, "effusion", "effusion", "pleura", "mL", 300, 20, 1200, true, false},
    KindRow{BodyPart::thorax, Kind::pneumothorax, "pneumothorax", "pneumothorax", "pleura", "mL", 200, 15, 900, true, false},
    KindRow{BodyPart::thorax, Kind::emphysema, "emphysema", "emphysema", "lung", "%", 15, 2, 40, false, false},
    KindRow{BodyPart::thorax, Kind::coronary_calcium, "coronary-calcium", "coronary calcification", "heart", "mm3", 200, 5, 2000, false, false},
    KindRow{BodyPart::thorax, Kind::aortic_calcium, "aortic-calcium", "vascular calcification", "thoracic aorta", "mm3", 400, 5, 5000, false, false},
    KindRow{BodyPart::thorax, Kind::aneurysm, "aneurysm", "aneurysm", "descending aorta", "mm", 45, 32, 75, false, false},
    KindRow{BodyPart::thorax, Kind::compression, "compression", "vertebral compression", "thoracic spine", "%", 35, 10, 70, false, false},
    KindRow{BodyPart::thorax, Kind::loculated_effusion, "loculated-effusion", "effusion", "pleura", "mL", 120, 10, 500, true, false},
    KindRow{BodyPart::thorax, Kind::mural_thrombus, "mural-thrombus", "thrombus", "descending aorta", "mm", 12, 3, 40, false, false},
    KindRow{BodyPart::thorax, Kind::granuloma, "granuloma", "", "lung", "mm", 5, 2, 12, true, true},
    KindRow{BodyPart::thorax, Kind::leads, "leads", "", "chest wall", "", 0, 0, 0, false, true},
    KindRow{BodyPart::thorax, Kind::blanket, "blanket", "", "chest wall", "", 0, 0, 0, false, true},
    KindRow{BodyPart::thorax, Kind::dependent_atelectasis, "dependent-atelectasis", "", "lung", "mm", 8, 3, 20, false, true},
    KindRow{BodyPart::thorax, Kind::pacemaker, "pacemaker", "", "chest wall", "", 0, 0, 0, true, true},
    KindRow{BodyPart::thorax, Kind::central_line, "central-line", "", "mediastinum", "", 0, 0, 0, false, true},
    KindRow{BodyPart::thorax, Kind::calcified_node, "calcified-node", "", "mediastinum", "mm", 8, 3, 15, false, true},
    KindRow{BodyPart::thorax, Kind::apical_cap, "apical-cap", "", "pleura", "mm", 5, 3, 12, true, true},
    KindRow{BodyPart::head, Kind::haemorrhage, "haemorrhage", "haemorrhage", "brain", "mL", 20, 0.5, 120, true, false},
    KindRow{BodyPart::head, Kind::epidural, "epidural", "haemorrhage", "epidural space", "mL", 30, 3, 150, true, false},
    KindRow{BodyPart::head, Kind::subdural, "subdural", "haemorrhage", "subdural space", "mL", 40, 3, 180, true, false},
    KindRow{BodyPart::head, Kind::subarachnoid, "subarachnoid", "haemorrhage", "subarachnoid space", "mL", 15, 2, 60, false, false},
    KindRow{BodyPart::head, Kind::infarct, "infarct", "infarct", "brain", "mL", 40, 1, 250, true, false},
    KindRow{BodyPart::head, Kind::mass, "mass", "mass", "brain", "mm", 30, 8, 70, true, false},
    KindRow{BodyPart::head, Kind::midline_shift, "midline-shift", "midline shift", "brain", "mm", 6, 1, 15, true, false},
    KindRow{BodyPart::head, Kind::hydrocephalus, "hydrocephalus", "hydrocephalus", "ventricles", "mL", 90, 40, 250, false, false},
    KindRow{BodyPart::head, Kind::physiological_calcification, "calcification", "", "brain", "mm", 5, 1, 12, false, true},
    KindRow{BodyPart::head, Kind::metal, "metal", "", "brain", "mm", 6, 2, 10, true, true},
    KindRow{BodyPart::abdomen, Kind::aneurysm, "aneurysm", "aneurysm", "abdominal aorta", "mm", 45, 28, 80, false, false},
    KindRow{BodyPart::abdomen, Kind::aortic_calcium, "aortic-calcium", "vascular calcification", "abdominal aorta", "mm3", 600, 5, 8000, false, false},
    KindRow{BodyPart::abdomen, Kind::stone, "stone", "stone", "kidney", "mm", 6, 1, 30, true, false},
    KindRow{BodyPart::abdomen, Kind::cyst, "cyst", "cyst", "kidney", "mm", 30, 5, 100, true, false},
    KindRow{BodyPart::abdomen, Kind::lesion, "lesion", "lesion", "liver", "mm", 25, 5, 100, false, false},
    KindRow{BodyPart::abdomen, Kind::liver_cyst, "liver-cyst", "cyst", "liver", "mm", 20, 4, 100, false, false},
    KindRow{BodyPart::abdomen, Kind::steatosis, "steatosis", "steatosis", "liver", "HU", 25, -20, 48, false, false},
    KindRow{BodyPart::abdomen, Kind::free_air, "free-air", "free air", "peritoneal cavity", "mL", 50, 1, 600, false, false},
    KindRow{BodyPart::abdomen, Kind::ascites, "ascites", "ascites", "peritoneal cavity", "mL", 400, 20, 3000, false, false},
    KindRow{BodyPart::abdomen, Kind::hydronephrosis, "hydronephrosis", "hydronephrosis", "kidney", "mm", 15, 6, 35, true, false},
    KindRow{BodyPart::abdomen, Kind::compression, "compression", "vertebral compression", "lumbar spine", "%", 35, 10, 70, false, false},
    KindRow{BodyPart::abdomen, Kind::phlebolith, "phlebolith", "", "pelvic cavity", "mm", 4, 2, 8, true, true},
    KindRow{BodyPart::abdomen, Kind::metal, "metal", "", "hip", "mm", 40, 10, 60, true, true},
};
// clang-format on

}  // namespace

std::span<const KindRow> kinds() {
  return table;
}

const KindRow* row_of(BodyPart body, Kind kind) {
  const auto found = std::ranges::find_if(
      table, [&](const KindRow& row) { return row.body == body && row.kind == kind; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace tomoscribe::model::phantom

// SNOMED CT and DCM codes are those that DICOM PS3.16 lists; what it does not list has a
// code of our own, scheme 99TOMO, with the plain meaning.
#include "reporting/detail/draft_vocabulary.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace tomoscribe::reporting::detail {
namespace {

constexpr CodeRow sct(const char* value, const char* meaning) {
  return {value, "SCT", meaning};
}
constexpr CodeRow dcm(const char* value, const char* meaning) {
  return {value, "DCM", meaning};
}
constexpr CodeRow ours(const char* value, const char* meaning) {
  return {value, "99TOMO", meaning};
}

constexpr CodeRow mass_code = sct("4147007", "Mass"), nodule_code = sct("27925004", "Nodule"),
                  cyst_code = sct("367643001", "Cyst"), lesion_code = sct("52988006", "Lesion"),
                  haematoma_code = sct("35566002", "Hematoma"),
                  calcified_code = sct("18115005", "Pathologic calcification"),
                  atrophy_code = sct("13331008", "Atrophy"),
                  abscess_code = sct("44132006", "Abscess"),
                  nodes_code = sct("30746006", "Lymphadenopathy"),
                  aneurysm_code = sct("67362008", "Aortic aneurysm"),
                  dissection_code = sct("308546005", "Dissection of aorta"),
                  vessel_calcium_code = sct("237897009", "Vascular calcification"),
                  thrombus_code = sct("396339007", "Thrombus"),
                  thick_wall_code = ours("thick-wall", "Wall thickening"),
                  wide_duct_code = ours("wide-duct", "Dilatation of duct"),
                  enlarged_code = ours("enlargement", "Enlargement"),
                  stone_code = ours("stone", "Calculus"),
                  stranding_code = ours("fat-stranding", "Fat stranding"),
                  fluid_code = ours("collection", "Fluid collection"),
                  fracture_code = ours("fracture", "Fracture"),
                  degenerative_code = ours("degenerative", "Degenerative change"),
                  compression_code = ours("compression", "Compression of vertebral body"),
                  hernia_code = ours("hernia", "Hernia"),
                  opacified_code = ours("opacification", "Opacification");

// ---- head
constexpr std::array brain_observations{
    ObservationRow{"haemorrhage", sct("1386000", "Intracranial hemorrhage"), true},
    ObservationRow{"infarct", ours("infarct", "Infarct"), true},
    ObservationRow{"mass", mass_code},
    ObservationRow{"lesion", lesion_code},
    ObservationRow{"oedema", sct("79654002", "Edema")},
    ObservationRow{"mass effect", ours("mass-effect", "Mass effect"), true},
    ObservationRow{"midline shift", ours("midline-shift", "Midline shift"), true},
    ObservationRow{"hydrocephalus", ours("hydrocephalus", "Hydrocephalus"), true},
    ObservationRow{"atrophy", atrophy_code},
    ObservationRow{"white matter hypodensity", ours("white-matter", "White matter hypodensity")},
    ObservationRow{"calcification", calcified_code}};
constexpr std::array brain_sites{
    SiteRow{"brain", sct("12738006", "Brain"), Sides::any},
    SiteRow{"frontal lobe", sct("83251001", "Frontal lobe"), Sides::paired},
    SiteRow{"parietal lobe", sct("16630005", "Parietal lobe"), Sides::paired},
    SiteRow{"temporal lobe", sct("78277001", "Temporal lobe"), Sides::paired},
    SiteRow{"occipital lobe", sct("31065004", "Occipital lobe"), Sides::paired},
    SiteRow{"basal ganglia", ours("basal-ganglia", "Basal ganglia"), Sides::paired},
    SiteRow{"thalamus", sct("42695009", "Thalamus"), Sides::paired},
    SiteRow{"brainstem", ours("brainstem", "Brain stem")},
    SiteRow{"cerebellum", sct("113305005", "Cerebellum"), Sides::any},
    SiteRow{"ventricles", sct("35764002", "Brain ventricle"), Sides::any},
    SiteRow{"subarachnoid space", sct("35951006", "Subarachnoid space"), Sides::any},
    SiteRow{"subdural space", ours("subdural-space", "Subdural space"), Sides::paired},
    SiteRow{"epidural space", ours("epidural-space", "Epidural space"), Sides::paired}};
constexpr std::array skull_observations{
    ObservationRow{"fracture", fracture_code}, ObservationRow{"bone lesion", lesion_code},
    ObservationRow{"haematoma", haematoma_code}, ObservationRow{"opacification", opacified_code}};
constexpr std::array skull_sites{
    SiteRow{"skull", sct("89546000", "Skull"), Sides::any},
    SiteRow{"facial bones", sct("91397008", "Facial bones"), Sides::any},
    SiteRow{"orbit", sct("363654007", "Orbit"), Sides::paired},
    SiteRow{"paranasal sinuses", sct("2095001", "Paranasal sinus"), Sides::any},
    SiteRow{"mastoid", sct("59066005", "Mastoid"), Sides::paired},
    SiteRow{"scalp", sct("41695006", "Scalp"), Sides::any}};

// ---- chest
constexpr std::array lung_observations{
    ObservationRow{"nodule", nodule_code},
    ObservationRow{"mass", mass_code},
    ObservationRow{"consolidation", ours("consolidation", "Consolidation")},
    ObservationRow{"ground-glass opacity", dcm("112120", "Ground glass opacity")},
    ObservationRow{"atelectasis", ours("atelectasis", "Atelectasis")},
    ObservationRow{"emphysema", ours("emphysema", "Emphysema")},
    ObservationRow{"bronchiectasis", ours("bronchiectasis", "Bronchiectasis")},
    ObservationRow{"interstitial pattern", dcm("112004", "Abnormal interstitial pattern")},
    ObservationRow{"honeycombing", dcm("112106", "Honeycomb pattern")},
    ObservationRow{"tree-in-bud pattern", dcm("112127", "Tree-in-bud sign")},
    ObservationRow{"cavity", ours("cavity", "Cavity")},
    ObservationRow{"cyst", cyst_code},
    ObservationRow{"scar", ours("scar", "Scar")},
    ObservationRow{"oedema", sct("19242006", "Pulmonary edema")},
    ObservationRow{"embolism", sct("59282003", "Pulmonary embolism"), true}};
constexpr std::array lung_sites{
    SiteRow{"lung", sct("39607008", "Lung"), Sides::paired},
    SiteRow{"upper lobe", sct("45653009", "Upper lobe of lung"), Sides::paired},
    SiteRow{"middle lobe", sct("72481006", "Middle lobe of right lung"), Sides::right_only},
    SiteRow{"lower lobe", sct("90572001", "Lower lobe of lung"), Sides::paired},
    SiteRow{"pulmonary hilum", sct("46750007", "Hilum of lung"), Sides::paired}};
constexpr std::array pleura_observations{
    ObservationRow{"effusion", sct("60046008", "Pleural effusion")},
    ObservationRow{"pneumothorax", sct("36118008", "Pneumothorax"), true},
    ObservationRow{"pleural thickening", ours("thick-pleura", "Pleural thickening")},
    ObservationRow{"pleural calcification", calcified_code}};
constexpr std::array pleura_sites{SiteRow{"pleura", sct("3120008", "Pleura"), Sides::paired}};
constexpr std::array airway_observations{
    ObservationRow{"airway narrowing", ours("airway-narrow", "Narrowing of airway")},
    ObservationRow{"mucus plug", ours("mucus-plug", "Mucus plug")},
    ObservationRow{"airway wall thickening", thick_wall_code}};
constexpr std::array airway_sites{SiteRow{"trachea", sct("44567001", "Trachea")},
                                  SiteRow{"bronchi", sct("955009", "Bronchus"), Sides::paired}};
constexpr std::array heart_observations{
    ObservationRow{"enlargement", enlarged_code},
    ObservationRow{"pericardial effusion", sct("373945007", "Pericardial effusion")},
    ObservationRow{"coronary calcification", ours("coronary-calc", "Coronary calcification")},
    ObservationRow{"valve calcification", sct("373136005", "Heart valve calcification")}};
constexpr std::array heart_sites{SiteRow{"heart", sct("80891009", "Heart")}};
constexpr std::array chest_vessel_observations{
    ObservationRow{"aneurysm", aneurysm_code}, ObservationRow{"dissection", dissection_code, true},
    ObservationRow{"vascular calcification", vessel_calcium_code}};
constexpr std::array chest_vessel_sites{
    SiteRow{"thoracic aorta", sct("113262008", "Thoracic aorta")},
    SiteRow{"ascending aorta", sct("54247002", "Ascending aorta")},
    SiteRow{"aortic arch", sct("57034009", "Aortic arch")},
    SiteRow{"descending aorta", sct("32672002", "Descending aorta")}};
constexpr std::array mediastinum_observations{
    ObservationRow{"lymphadenopathy", nodes_code}, ObservationRow{"mass", mass_code},
    ObservationRow{"pneumomediastinum", sct("16838000", "Pneumomediastinum"), true},
    ObservationRow{"hiatal hernia", ours("hiatal-hernia", "Hiatal hernia")},
    ObservationRow{"oesophageal wall thickening", thick_wall_code}};
constexpr std::array mediastinum_sites{SiteRow{"mediastinum", sct("72410000", "Mediastinum")},
                                       SiteRow{"oesophagus", sct("32849002", "Esophagus")}};
constexpr std::array thyroid_observations{
    ObservationRow{"thyroid nodule", sct("237495005", "Thyroid nodule")},
    ObservationRow{"enlargement", enlarged_code}};
constexpr std::array thyroid_sites{SiteRow{"thyroid", sct("69748006", "Thyroid"), Sides::any}};
constexpr std::array chest_wall_observations{
    ObservationRow{"fracture", fracture_code},
    ObservationRow{"bone lesion", lesion_code},
    ObservationRow{"vertebral compression", compression_code},
    ObservationRow{"degenerative change", degenerative_code},
    ObservationRow{"mass", mass_code},
    ObservationRow{"lymphadenopathy", nodes_code},
    ObservationRow{"subcutaneous emphysema", ours("subcutaneous-gas", "Subcutaneous emphysema")}};
constexpr std::array chest_wall_sites{
    SiteRow{"chest wall", sct("78904004", "Chest wall"), Sides::any},
    SiteRow{"ribs", sct("113197003", "Rib"), Sides::paired},
    SiteRow{"sternum", sct("56873002", "Sternum")},
    SiteRow{"thoracic spine", sct("122495006", "Thoracic spine")},
    SiteRow{"axilla", sct("129791004", "Axilla"), Sides::paired}};

// ---- abdomen and pelvis
constexpr std::array liver_observations{
    ObservationRow{"lesion", lesion_code},
    ObservationRow{"cyst", cyst_code},
    ObservationRow{"mass", mass_code},
    ObservationRow{"steatosis", ours("steatosis", "Hepatic steatosis")},
    ObservationRow{"cirrhosis", sct("19943007", "Cirrhosis of liver")},
    ObservationRow{"enlargement", enlarged_code},
    ObservationRow{"abscess", abscess_code},
    ObservationRow{"calcification", calcified_code}};
constexpr std::array liver_sites{SiteRow{"liver", sct("10200004", "Liver"), Sides::any},
                                 SiteRow{"spleen", sct("78961009", "Spleen")}};
constexpr std::array biliary_observations{
    ObservationRow{"gallstones", ours("gallstones", "Gallstones")},
    ObservationRow{"wall thickening", thick_wall_code},
    ObservationRow{"duct dilatation", wide_duct_code}};
constexpr std::array biliary_sites{SiteRow{"gallbladder", sct("28231008", "Gallbladder")},
                                   SiteRow{"bile ducts", sct("28273000", "Bile duct")}};
constexpr std::array pancreas_observations{
    ObservationRow{"mass", mass_code}, ObservationRow{"cyst", cyst_code},
    ObservationRow{"duct dilatation", wide_duct_code},
    ObservationRow{"fat stranding", stranding_code}, ObservationRow{"atrophy", atrophy_code}};
constexpr std::array pancreas_sites{SiteRow{"pancreas", sct("15776009", "Pancreas")}};
constexpr std::array urinary_observations{
    ObservationRow{"stone", stone_code},
    ObservationRow{"hydronephrosis", ours("hydronephrosis", "Hydronephrosis")},
    ObservationRow{"cyst", cyst_code},
    ObservationRow{"mass", mass_code},
    ObservationRow{"atrophy", atrophy_code},
    ObservationRow{"fat stranding", stranding_code}};
constexpr std::array urinary_sites{SiteRow{"kidney", sct("64033007", "Kidney"), Sides::paired},
                                   SiteRow{"ureter", sct("87953007", "Ureter"), Sides::paired}};
constexpr std::array adrenal_observations{ObservationRow{"nodule", nodule_code},
                                          ObservationRow{"mass", mass_code}};
constexpr std::array adrenal_sites{
    SiteRow{"adrenal gland", sct("23451007", "Adrenal gland"), Sides::paired}};
constexpr std::array bowel_observations{
    ObservationRow{"obstruction", ours("obstruction", "Bowel obstruction"), true},
    ObservationRow{"wall thickening", thick_wall_code},
    ObservationRow{"appendicitis", ours("appendicitis", "Appendicitis"), true},
    ObservationRow{"diverticula", sct("31113003", "Diverticulum")},
    ObservationRow{"diverticulitis", ours("diverticulitis", "Diverticulitis")},
    ObservationRow{"mass", mass_code},
    ObservationRow{"fat stranding", stranding_code}};
constexpr std::array bowel_sites{SiteRow{"stomach", sct("69695003", "Stomach")},
                                 SiteRow{"duodenum", sct("38848004", "Duodenum")},
                                 SiteRow{"small bowel", sct("30315005", "Small intestine")},
                                 SiteRow{"appendix", sct("66754008", "Appendix")},
                                 SiteRow{"colon", sct("71854001", "Colon"), Sides::any},
                                 SiteRow{"sigmoid colon", sct("60184004", "Sigmoid colon")},
                                 SiteRow{"rectum", sct("34402009", "Rectum")}};
constexpr std::array peritoneum_observations{
    ObservationRow{"free air", ours("free-air", "Free intraperitoneal air"), true},
    ObservationRow{"ascites", ours("ascites", "Ascites")},
    ObservationRow{"fluid collection", fluid_code},
    ObservationRow{"abscess", abscess_code},
    ObservationRow{"haematoma", haematoma_code},
    ObservationRow{"lymphadenopathy", nodes_code},
    ObservationRow{"mass", mass_code}};
constexpr std::array peritoneum_sites{
    SiteRow{"peritoneal cavity", sct("83670000", "Peritoneal cavity"), Sides::any},
    SiteRow{"retroperitoneum", sct("82849001", "Retroperitoneum"), Sides::any},
    SiteRow{"omentum", sct("27398004", "Omentum")},
    SiteRow{"pelvic cavity", sct("816989007", "Pelvic cavity"), Sides::any}};
constexpr std::array abdominal_vessel_observations{
    ObservationRow{"aneurysm", ours("aneurysm", "Aneurysm")},
    ObservationRow{"dissection", ours("dissection", "Dissection"), true},
    ObservationRow{"vascular calcification", vessel_calcium_code},
    ObservationRow{"thrombus", thrombus_code}};
constexpr std::array abdominal_vessel_sites{
    SiteRow{"abdominal aorta", sct("7832008", "Abdominal aorta")},
    SiteRow{"iliac artery", sct("10293006", "Iliac artery"), Sides::paired},
    SiteRow{"inferior vena cava", sct("64131007", "Inferior vena cava")},
    SiteRow{"portal vein", sct("32764006", "Portal vein")}};
constexpr std::array pelvis_observations{
    ObservationRow{"mass", mass_code}, ObservationRow{"cyst", cyst_code},
    ObservationRow{"enlargement", enlarged_code},
    ObservationRow{"wall thickening", thick_wall_code}, ObservationRow{"stone", stone_code}};
constexpr std::array pelvis_sites{SiteRow{"urinary bladder", sct("89837001", "Urinary bladder")},
                                  SiteRow{"uterus", sct("35039007", "Uterus")},
                                  SiteRow{"ovary", sct("15497006", "Ovary"), Sides::paired},
                                  SiteRow{"prostate", sct("41216001", "Prostate")}};
constexpr std::array abdominal_wall_observations{
    ObservationRow{"fracture", fracture_code},
    ObservationRow{"bone lesion", lesion_code},
    ObservationRow{"vertebral compression", compression_code},
    ObservationRow{"degenerative change", degenerative_code},
    ObservationRow{"hernia", hernia_code},
    ObservationRow{"haematoma", haematoma_code},
    ObservationRow{"mass", mass_code}};
constexpr std::array abdominal_wall_sites{
    SiteRow{"abdominal wall", ours("abdominal-wall", "Abdominal wall"), Sides::any},
    SiteRow{"groin", sct("26893007", "Inguinal region"), Sides::paired},
    SiteRow{"lumbar spine", sct("122496007", "Lumbar spine")},
    SiteRow{"sacrum", sct("54735007", "Sacrum")},
    SiteRow{"hip", sct("24136001", "Hip joint"), Sides::paired}};

constexpr std::array all_groups{
    Group{"brain", BodyPart::head, brain_observations, brain_sites},
    Group{"skull", BodyPart::head, skull_observations, skull_sites},
    Group{"lung", BodyPart::chest, lung_observations, lung_sites},
    Group{"pleura", BodyPart::chest, pleura_observations, pleura_sites},
    Group{"airway", BodyPart::chest, airway_observations, airway_sites},
    Group{"heart", BodyPart::chest, heart_observations, heart_sites},
    Group{"chest_vessel", BodyPart::chest, chest_vessel_observations, chest_vessel_sites},
    Group{"mediastinum", BodyPart::chest, mediastinum_observations, mediastinum_sites},
    Group{"thyroid", BodyPart::chest, thyroid_observations, thyroid_sites},
    Group{"chest_wall", BodyPart::chest, chest_wall_observations, chest_wall_sites},
    Group{"liver_spleen", BodyPart::abdomen, liver_observations, liver_sites},
    Group{"biliary", BodyPart::abdomen, biliary_observations, biliary_sites},
    Group{"pancreas", BodyPart::abdomen, pancreas_observations, pancreas_sites},
    Group{"urinary", BodyPart::abdomen, urinary_observations, urinary_sites},
    Group{"adrenal", BodyPart::abdomen, adrenal_observations, adrenal_sites},
    Group{"bowel", BodyPart::abdomen, bowel_observations, bowel_sites},
    Group{"peritoneum", BodyPart::abdomen, peritoneum_observations, peritoneum_sites},
    Group{"abdominal_vessel", BodyPart::abdomen, abdominal_vessel_observations,
          abdominal_vessel_sites},
    Group{"pelvis", BodyPart::abdomen, pelvis_observations, pelvis_sites},
    Group{"abdominal_wall", BodyPart::abdomen, abdominal_wall_observations, abdominal_wall_sites}};

constexpr std::array all_diagnoses{
    DiagnosisRow{"stroke", sct("230690007", "Cerebrovascular accident or stroke"), BodyPart::head},
    DiagnosisRow{"intracranial bleeding", sct("1386000", "Intracranial hemorrhage"),
                 BodyPart::head},
    DiagnosisRow{"brain tumour", ours("brain-tumour", "Brain tumor"), BodyPart::head},
    DiagnosisRow{"small vessel disease", ours("small-vessel", "Small vessel disease"),
                 BodyPart::head},
    DiagnosisRow{"sinusitis", ours("sinusitis", "Sinusitis"), BodyPart::head},
    DiagnosisRow{"pneumonia", ours("pneumonia", "Pneumonia"), BodyPart::chest},
    DiagnosisRow{"lung cancer", ours("lung-cancer", "Malignant tumor of lung"), BodyPart::chest},
    DiagnosisRow{"lung metastases", ours("lung-mets", "Metastases in lung"), BodyPart::chest},
    DiagnosisRow{"emphysema", ours("emphysema", "Emphysema"), BodyPart::chest},
    DiagnosisRow{"interstitial lung disease", ours("interstitial", "Interstitial lung disease"),
                 BodyPart::chest},
    DiagnosisRow{"heart failure", sct("84114007", "Heart failure"), BodyPart::chest},
    DiagnosisRow{"pulmonary embolism", sct("59282003", "Pulmonary embolism"), BodyPart::chest},
    DiagnosisRow{"coronary artery disease", sct("53741008", "Coronary artery disease"),
                 BodyPart::chest},
    DiagnosisRow{"appendicitis", ours("appendicitis", "Appendicitis"), BodyPart::abdomen},
    DiagnosisRow{"diverticulitis", ours("diverticulitis", "Diverticulitis"), BodyPart::abdomen},
    DiagnosisRow{"cholecystitis", ours("cholecystitis", "Cholecystitis"), BodyPart::abdomen},
    DiagnosisRow{"pancreatitis", ours("pancreatitis", "Pancreatitis"), BodyPart::abdomen},
    DiagnosisRow{"bowel obstruction", ours("obstruction", "Bowel obstruction"), BodyPart::abdomen},
    DiagnosisRow{"perforation", ours("perforation", "Perforation of hollow organ"),
                 BodyPart::abdomen},
    DiagnosisRow{"urinary stone disease", ours("urolithiasis", "Urolithiasis"), BodyPart::abdomen},
    DiagnosisRow{"cirrhosis", sct("19943007", "Cirrhosis of liver"), BodyPart::abdomen},
    DiagnosisRow{"liver metastases", ours("liver-mets", "Metastases in liver"), BodyPart::abdomen},
    DiagnosisRow{"abdominal tumour", ours("abdomen-tumour", "Tumor of abdomen"),
                 BodyPart::abdomen}};

bool shows(const DraftContext& context, BodyPart part) {
  return context.parts.empty() || std::ranges::find(context.parts, part) != context.parts.end();
}

template <class Row>
std::vector<const Row*> of_parts(const DraftContext& context, std::span<const Row> rows) {
  std::vector<const Row*> chosen;
  for (const Row& row : rows)
    if (shows(context, row.part)) chosen.push_back(&row);
  return chosen;
}

}  // namespace

std::span<const Group> groups() {
  return all_groups;
}

std::span<const DiagnosisRow> diagnoses() {
  return all_diagnoses;
}

std::vector<const Group*> groups_of(const DraftContext& context) {
  return of_parts(context, groups());
}

std::vector<const DiagnosisRow*> diagnoses_of(const DraftContext& context) {
  return of_parts(context, diagnoses());
}

std::vector<Laterality> sides_of(Sides sides) {
  using enum Laterality;
  switch (sides) {
    case Sides::none: return {none};
    case Sides::paired: return {left, right, bilateral};
    case Sides::right_only: return {right};
    case Sides::any: return {none, left, right, bilateral};
  }
  throw std::logic_error("unmapped sides");
}

std::string_view side_word(Laterality side) {
  switch (side) {
    case Laterality::none: return "none";
    case Laterality::left: return "left";
    case Laterality::right: return "right";
    case Laterality::bilateral: return "both";
  }
  throw std::logic_error("unmapped side");
}

Code answer_code() {
  return {"order-answer", "99TOMO", "Answer to the question of the order"};
}

}  // namespace tomoscribe::reporting::detail

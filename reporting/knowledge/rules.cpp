#include "reporting/knowledge/rules.h"

#include <algorithm>
#include <stdexcept>

namespace tomoscribe::reporting::knowledge {

// NOLINTNEXTLINE(readability-function-size): a table
const std::vector<Citation>& bibliography() {
  static const std::vector<Citation> all{
      {"kothari-1996",
       "Kothari RU et al. The ABCs of measuring intracerebral hemorrhage volumes. Stroke "
       "1996;27:1304-1305",
       "10.1161/01.STR.27.8.1304"},
      {"hemphill-2001",
       "Hemphill JC et al. The ICH score: a simple, reliable grading scale for intracerebral "
       "hemorrhage. Stroke 2001;32:891-897",
       "10.1161/01.STR.32.4.891"},
      {"bullock-2006",
       "Bullock MR et al. Surgical management of acute subdural hematomas. Neurosurgery "
       "2006;58(3 Suppl):S16-24. PMID 16710968",
       ""},
      {"pickhardt-2013",
       "Pickhardt PJ et al. Opportunistic screening for osteoporosis using abdominal computed "
       "tomography scans obtained for other indications. Ann Intern Med 2013;158:588-595",
       "10.7326/0003-4819-158-8-201304160-00003"},
      {"isselbacher-2022",
       "Isselbacher EM et al. 2022 ACC/AHA guideline for the diagnosis and management of aortic "
       "disease. Circulation 2022;146:e334-e482",
       "10.1161/CIR.0000000000001106"},
      {"boyce-2010",
       "Boyce CJ et al. Hepatic steatosis (fatty liver disease) in asymptomatic adults identified "
       "by unenhanced low-dose CT. AJR 2010;194:623-628",
       "10.2214/AJR.09.2590"},
      {"pickhardt-2012",
       "Pickhardt PJ et al. Specificity of unenhanced CT for non-invasive diagnosis of hepatic "
       "steatosis. Eur Radiol 2012;22:1075-1082",
       "10.1007/s00330-011-2349-2"},
      {"chaikof-2018",
       "Chaikof EL et al. The Society for Vascular Surgery practice guidelines on the care of "
       "patients with an abdominal aortic aneurysm. J Vasc Surg 2018;67:2-77",
       "10.1016/j.jvs.2017.10.044"},
      {"hamer-2006",
       "Hamer OW et al. Fatty liver: imaging patterns and pitfalls. RadioGraphics "
       "2006;26:1637-1653",
       "10.1148/rg.266065004"},
      {"coll-2002",
       "Coll DM et al. Relationship of spontaneous passage of ureteral calculi to stone size and "
       "location as revealed by unenhanced helical CT. AJR 2002;178:101-103",
       "10.2214/ajr.178.1.1780101"},
      {"prado-2008",
       "Prado CM et al. Prevalence and clinical implications of sarcopenic obesity in patients "
       "with solid tumours of the respiratory and gastrointestinal tracts. Lancet Oncol "
       "2008;9:629-635",
       "10.1016/S1470-2045(08)70153-0"},
      {"callister-2015",
       "Callister MEJ et al. British Thoracic Society guidelines for the investigation and "
       "management of pulmonary nodules. Thorax 2015;70(Suppl 2):ii1-ii54",
       "10.1136/thoraxjnl-2015-207168"},
      {"christensen-2024",
       "Christensen J et al. ACR Lung-RADS v2022: assessment categories and management "
       "recommendations. J Am Coll Radiol 2024;21:473-488",
       "10.1016/j.jacr.2023.09.009"},
      {"hecht-2017",
       "Hecht HS et al. 2016 SCCT/STR guidelines for coronary artery calcium scoring of "
       "noncontrast "
       "noncardiac chest CT scans. J Cardiovasc Comput Tomogr 2017;11:74-84",
       "10.1016/j.jcct.2016.11.003"},
      {"genant-1993",
       "Genant HK et al. Vertebral fracture assessment using a semiquantitative technique. J Bone "
       "Miner Res 1993;8:1137-1148",
       "10.1002/jbmr.5650080915"},
  };
  return all;
}

// NOLINTNEXTLINE(readability-function-size): a table
const std::vector<Rule>& rules() {
  static const std::vector<Rule> all{
      {"ich.volume-30",
       "2001",
       "a radiologist confirms spontaneous intracerebral haemorrhage; the other items of the score "
       "(consciousness, age, ventricles, site) are not known to the program",
       {Limit::Kind::at_least, 30, "mL"},
       "a volume of 30 mL or more is one item of the ICH score",
       "hemphill-2001"},
      {"sdh.thickness-10",
       "2006",
       "a radiologist confirms an acute subdural haematoma",
       {Limit::Kind::above, 10, "mm"},
       "an acute subdural haematoma thicker than 10 mm is a surgical criterion of this guideline",
       "bullock-2006"},
      {"sdh.shift-5",
       "2006",
       "a radiologist confirms an acute subdural haematoma",
       {Limit::Kind::above, 5, "mm"},
       "a midline shift of more than 5 mm with an acute subdural haematoma is a surgical criterion "
       "of this guideline",
       "bullock-2006"},
      {"bone.l1-160",
       "2013",
       "the vertebra is L1, without fracture, and no contrast agent raised its density",
       {Limit::Kind::at_most, 160, "[hnsf'U]"},
       "160 HU or less at L1 is the limit that misses few cases of osteoporosis in this study; "
       "densitometry (DXA) can tell",
       "pickhardt-2013"},
      {"bone.l1-110",
       "2013",
       "the vertebra is L1, without fracture, and no contrast agent changed its density",
       {Limit::Kind::at_most, 110, "[hnsf'U]"},
       "110 HU or less at L1 is the limit that is specific for osteoporosis in this study; "
       "densitometry (DXA) can confirm",
       "pickhardt-2013"},
      {"liver.40",
       "2010",
       "the scan is unenhanced and iron or other causes do not change the density",
       {Limit::Kind::at_most, 40, "[hnsf'U]"},
       "40 HU or less is what this study calls moderate to severe steatosis",
       "boyce-2010"},
      {"liver.48",
       "2012",
       "the scan is unenhanced and iron or other causes do not change the density",
       {Limit::Kind::below, 48, "[hnsf'U]"},
       "below 48 HU was specific (100 %) but not sensitive (54 %) for 30 % fat or more in this "
       "study",
       "pickhardt-2012"},
      {"liver.spleen-10",
       "2006",
       "the scan is unenhanced and neither organ is changed by iron or other causes",
       {Limit::Kind::at_most, -10, "[hnsf'U]"},
       "a liver at least 10 HU less dense than the spleen is what this review calls fatty",
       "hamer-2006"},
      {"stone.5",
       "2002",
       "a radiologist confirms a stone, and it lies in the ureter",
       {Limit::Kind::at_least, 5, "mm"},
       "of ureteric stones of 5 to 7 mm in the axial plane 60 % passed by themselves in this study",
       "coll-2002"},
      {"stone.7",
       "2002",
       "a radiologist confirms a stone, and it lies in the ureter",
       {Limit::Kind::above, 7, "mm"},
       "of ureteric stones of 7 to 9 mm in the axial plane 48 % passed by themselves in this study",
       "coll-2002"},
      {"stone.9",
       "2002",
       "a radiologist confirms a stone, and it lies in the ureter",
       {Limit::Kind::above, 9, "mm"},
       "of ureteric stones larger than 9 mm in the axial plane 25 % passed by themselves in this "
       "study",
       "coll-2002"},
      {"muscle.index-male",
       "2008",
       "the patient is a man, and a radiologist confirms that the area is skeletal muscle",
       {Limit::Kind::at_most, 52.4, "cm2/m2"},
       "an index of 52.4 cm2/m2 or less is what this study of obese patients with cancer calls "
       "sarcopenia in men",
       "prado-2008"},
      {"muscle.index-female",
       "2008",
       "the patient is a woman, and a radiologist confirms that the area is skeletal muscle",
       {Limit::Kind::at_most, 38.5, "cm2/m2"},
       "an index of 38.5 cm2/m2 or less is what this study of obese patients with cancer calls "
       "sarcopenia in women",
       "prado-2008"},
      {"aorta.thoracic-40",
       "2022",
       "a radiologist confirms the diameter square to the vessel",
       {Limit::Kind::at_least, 40, "mm"},
       "a descending thoracic aorta of 40 mm or more is wide; the limits of this guideline for "
       "closer follow-up and repair lie between 50 and 55 mm",
       "isselbacher-2022"},
      {"aorta.abdominal-30",
       "2018",
       "a radiologist confirms an aneurysm of 30 to 39 mm",
       {Limit::Kind::at_least, 30, "mm"},
       "this guideline suggests imaging again after 3 years",
       "chaikof-2018"},
      {"aorta.abdominal-40",
       "2018",
       "a radiologist confirms an aneurysm of 40 to 49 mm",
       {Limit::Kind::at_least, 40, "mm"},
       "this guideline suggests imaging again after 12 months",
       "chaikof-2018"},
      {"aorta.abdominal-50",
       "2018",
       "a radiologist confirms an aneurysm of 50 to 54 mm",
       {Limit::Kind::at_least, 50, "mm"},
       "this guideline suggests imaging again after 6 months, for women referral to a vascular "
       "surgeon",
       "chaikof-2018"},
      {"aorta.abdominal-55",
       "2018",
       "a radiologist confirms an aneurysm of 55 mm or more",
       {Limit::Kind::at_least, 55, "mm"},
       "this guideline suggests referral to a vascular surgeon",
       "chaikof-2018"},
      {"nodule.volume-change-25",
       "2015",
       "a radiologist confirms that it is the same solid nodule in both studies",
       {Limit::Kind::at_least, 25, "%"},
       "this guideline calls an increase of the volume by 25 % or more growth",
       "callister-2015"},
      {"nodule.doubling-400",
       "2015",
       "a radiologist confirms that it is the same solid nodule in both studies",
       {Limit::Kind::at_most, 400, "d"},
       "this guideline advises further work-up of a nodule whose volume doubles within 400 days",
       "callister-2015"},
      {"nodule.diameter-change-1.5",
       "2022",
       "the examination is lung cancer screening and a radiologist confirms that it is the same "
       "nodule in a study of the last 12 months",
       {Limit::Kind::above, 1.5, "mm"},
       "Lung-RADS calls an increase of the mean diameter by more than 1.5 mm within 12 months "
       "growth",
       "christensen-2024"},
      {"coronary.calcium-1",
       "2017",
       "a radiologist confirms that the calcium lies in the coronary arteries",
       {Limit::Kind::at_least, 1, "1"},
       "a score of 1 to 99 is the class mild of this guideline",
       "hecht-2017"},
      {"coronary.calcium-100",
       "2017",
       "a radiologist confirms that the calcium lies in the coronary arteries",
       {Limit::Kind::at_least, 100, "1"},
       "a score of 100 to 299 is the class moderate of this guideline",
       "hecht-2017"},
      {"coronary.calcium-300",
       "2017",
       "a radiologist confirms that the calcium lies in the coronary arteries",
       {Limit::Kind::at_least, 300, "1"},
       "a score of 300 or more is the class severe of this guideline",
       "hecht-2017"},
      {"vertebra.loss-25",
       "1993",
       "a radiologist confirms a fracture",
       {Limit::Kind::above, 25, "%"},
       "a loss of height of 25 to 40 % is grade 2 (moderate), of more grade 3 (severe) of this "
       "scale "
       "for radiographs",
       "genant-1993"},
      {"vertebra.loss-40",
       "1993",
       "a radiologist confirms a fracture",
       {Limit::Kind::above, 40, "%"},
       "a loss of height of more than 40 % is grade 3 (severe) of this scale for radiographs",
       "genant-1993"},
  };
  return all;
}

const Rule& rule(std::string_view id) {
  const auto found = std::ranges::find(rules(), id, &Rule::id);
  if (found == rules().end()) throw std::logic_error("no rule of that id");
  return *found;
}

const Citation& citation(std::string_view id) {
  const auto found = std::ranges::find(bibliography(), id, &Citation::id);
  if (found == bibliography().end()) throw std::logic_error("no citation of that id");
  return *found;
}

bool reached(const Rule& rule, const Measurement& measurement) {
  if (!measurement.value || measurement.unit.value != rule.limit.unit) return false;
  switch (rule.limit.kind) {
    case Limit::Kind::at_least: return *measurement.value >= rule.limit.value;
    case Limit::Kind::above: return *measurement.value > rule.limit.value;
    case Limit::Kind::at_most:
      return *measurement.value <= rule.limit.value && !measurement.lower_bound;
    case Limit::Kind::below:
      return *measurement.value < rule.limit.value && !measurement.lower_bound;
  }
  return false;
}

void recommend(Finding& finding, const Rule& rule) {
  const Citation& source = citation(rule.citation);
  std::string text = "If " + std::string(rule.applies_if) + ": " + std::string(rule.reading) +
                     " (edition of " + std::string(rule.edition) + ")";
  if (finding.recommendation.find(text) != std::string::npos) return;
  finding.recommendation += (finding.recommendation.empty() ? "" : "; ") + text;
  if (std::ranges::find(finding.citations, source.id, &Citation::id) == finding.citations.end())
    finding.citations.push_back(source);
}

}  // namespace tomoscribe::reporting::knowledge

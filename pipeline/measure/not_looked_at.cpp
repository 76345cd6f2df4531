// Silence must not read as "normal": what no step looks at is listed, by region.
#include <algorithm>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Code;

struct Unseen {
  BodyRegion region;  ///< none: the neck
  const char* id;
  Code finding, site;
  const char* what;  ///< the finding's title
};

// NOLINTNEXTLINE(readability-function-size): a table
const std::vector<Unseen>& unseen() {
  static const Code lesion{"52988006", "SCT", "Lesion"};
  static const std::vector<Unseen> all{
      {BodyRegion::head,
       "head.haemorrhage.small",
       {"1386000", "SCT", "Intracranial hemorrhage"},
       {"12738006", "SCT", "Brain"},
       "subarachnoid blood, thin subdural blood, blood in the posterior fossa"},
      {BodyRegion::head,
       "head.brain",
       lesion,
       {"12738006", "SCT", "Brain"},
       "brain: early ischaemia, mass, hydrocephalus"},
      {BodyRegion::head, "head.other", lesion, codes::head,
       "skull and skull fractures, face and sinuses, orbits, vessels"},
      {BodyRegion::none,
       "neck.other",
       lesion,
       {"45048000", "SCT", "Neck"},
       "neck: pharynx, larynx, salivary glands, lymph nodes, vessels and cervical spine"},
      {BodyRegion::chest, "chest.parenchyma", lesion, codes::lung,
       "airways, interstitial patterns, cavities and other lung disease"},
      {BodyRegion::chest,
       "chest.embolism",
       {"59282003", "SCT", "Pulmonary embolism"},
       codes::chest,
       "pulmonary embolism"},
      {BodyRegion::chest, "chest.mediastinum", lesion, codes::chest,
       "heart apart from its width and calcium, stenoses of coronary arteries, ascending aorta and "
       "arch, pulmonary vessels, lymph nodes, oesophagus"},
      {BodyRegion::chest, "chest.wall", lesion, codes::chest,
       "fractures and lesions of bone, soft tissues of the chest wall"},
      {BodyRegion::chest,
       "chest.thyroid",
       {"237495005", "SCT", "Thyroid nodule"},
       {"69748006", "SCT", "Thyroid"},
       "thyroid"},
      {BodyRegion::abdomen, "abdomen.liver", lesion, codes::liver,
       "lesions of the liver, biliary system"},
      {BodyRegion::abdomen,
       "abdomen.pancreas",
       lesion,
       {"15776009", "SCT", "Pancreas"},
       "pancreas"},
      {BodyRegion::abdomen, "abdomen.kidneys", lesion, codes::kidney,
       "kidneys and ureters apart from stones: masses, obstruction, inflammation"},
      {BodyRegion::abdomen,
       "abdomen.adrenals",
       lesion,
       {"23451007", "SCT", "Adrenal"},
       "adrenal glands"},
      {BodyRegion::abdomen,
       "abdomen.aorta",
       lesion,
       {"15825003", "SCT", "Aorta"},
       "dissection and occlusion of the aorta, its branches, veins"},
      {BodyRegion::abdomen, "abdomen.other", lesion, codes::abdomen,
       "spleen (size, lesions), stomach, bowel, free air and fluid, lymph nodes, bone"},
      {BodyRegion::pelvis, "pelvis.other", lesion, codes::abdomen_pelvis,
       "bladder, reproductive organs, bowel, bones and soft tissues of the pelvis"},
  };
  return all;
}

constexpr double least_neck_mm = 40;

/// How much of the scan lies above the chest or below a head and is neither: neck and shoulders.
double neck_mm(const Scene& scene) {
  const auto& regions = scene.regions;
  const auto chest_end =
      std::ranges::find(regions.rbegin(), regions.rend(), BodyRegion::chest).base();
  const auto head_begin = std::ranges::find(chest_end, regions.end(), BodyRegion::head);
  if (chest_end == regions.begin() && head_begin == regions.end()) return 0;
  return working_mm * static_cast<double>(std::count(chest_end, head_begin, BodyRegion::none));
}

/// What nobody looks for in the scan of a head alone, and was not found there.
bool is_elsewhere(const reporting::Finding& finding) {
  return finding.presence == reporting::Presence::not_assessed &&
         (finding.id.starts_with("lungs") || finding.id == "airway" || finding.id == "spine");
}

}  // namespace

void not_looked_at(Scene& scene, Findings& findings) {
  const bool neck = neck_mm(scene) >= least_neck_mm;
  for (const Unseen& entry : unseen())
    if (entry.region == BodyRegion::none ? neck : scene.shows(entry.region))
      findings.push_back(not_assessed_finding(entry.id, entry.what, entry.finding, entry.site,
                                              reporting::no_method));
  const bool trunk = scene.shows(BodyRegion::chest) || scene.shows(BodyRegion::abdomen);
  if (!trunk && scene.shows(BodyRegion::head)) std::erase_if(findings, is_elsewhere);
  const bool lungs =
      std::ranges::find(findings, "lungs", &reporting::Finding::id) != findings.end();
  if (lungs && !scene.shows(BodyRegion::chest))
    findings.push_back(not_assessed_finding(
        "chest.bases", "lung bases: nodules, consolidation, pleural fluid and gas",
        {"52988006", "SCT", "Lesion"}, codes::lung, "too little of the chest is in the scan"));
}

}  // namespace tomoscribe::pipeline::measure

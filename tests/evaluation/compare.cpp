#include "tests/evaluation/compare.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "tests/evaluation/study_plan.h"

namespace tomoscribe::evaluation {
namespace {

using model::phantom::BodyPart;
using model::phantom::Phantom;
using model::phantom::Truth;
using nlohmann::json;
using reporting::Finding;
using reporting::Measurement;

/// Which measurement stands beside which truth.
struct ValueRow {
  BodyPart body;
  const char* measurement;
  const char* truth;     ///< name of a structure or finding
  const char* quantity;  ///< "" its volume in mL, "width" side to side in mm, else a key of
                         ///< Truth::quantities
  const char* what;      ///< in the table
};

// clang-format off
constexpr std::array values{
    ValueRow{BodyPart::thorax, "lung.volume.right", "lung.right", "aerated_ml", "aerated volume, right lung"},
    ValueRow{BodyPart::thorax, "lung.volume.left", "lung.left", "aerated_ml", "aerated volume, left lung"},
    ValueRow{BodyPart::thorax, "lung.laa950.right", "lung.right", "laa950_percent", "low attenuation, right lung"},
    ValueRow{BodyPart::thorax, "lung.laa950.left", "lung.left", "laa950_percent", "low attenuation, left lung"},
    ValueRow{BodyPart::thorax, "aorta.thoracic.diameter", "aorta.descending", "diameter_mm", "descending aorta, diameter"},
    ValueRow{BodyPart::thorax, "coronary.calcium.agatston", "coronary-calcium.1", "agatston", "coronary calcium, Agatston score"},
    ValueRow{BodyPart::thorax, "heart.width.heart", "heart", "width", "heart, greatest width with fat"},
    ValueRow{BodyPart::abdomen, "aorta.abdominal.diameter", "aneurysm.1", "aorta_diameter_mm", "abdominal aorta with aneurysm, diameter"},
    ValueRow{BodyPart::thorax, "spine.trabecular.L1", "vertebra.L1", "trabecular_hu", "L1, trabecular bone"},
    ValueRow{BodyPart::head, "head.intracranial.volume", "intracranial", "", "intracranial volume"},
    ValueRow{BodyPart::head, "head.ventricles.volume", "ventricles", "", "ventricles, volume"},
    ValueRow{BodyPart::head, "head.ventricles.evans", "ventricles", "evans_index", "Evans index"},
    ValueRow{BodyPart::abdomen, "spine.trabecular.L1", "vertebra.L1", "trabecular_hu", "L1, trabecular bone"},
    ValueRow{BodyPart::abdomen, "liver.density", "liver", "median_hu", "liver, density"},
    ValueRow{BodyPart::abdomen, "spleen.density", "spleen", "median_hu", "spleen, density"},
    ValueRow{BodyPart::abdomen, "composition.l3.subcutaneous-fat", "body", "l3_subcutaneous_fat_cm2", "L3, subcutaneous fat"},
    ValueRow{BodyPart::abdomen, "composition.l3.visceral-fat", "body", "l3_visceral_fat_cm2", "L3, visceral fat"},
    ValueRow{BodyPart::abdomen, "composition.l3.muscle", "body", "l3_muscle_cm2", "L3, muscle"},
};

/// Which findings of a detector stand beside which kind of painted finding, and which of their
/// measurements gives its size.
struct LesionRow {
  BodyPart body;
  const char* kind;
  std::vector<const char*> prefixes;  ///< ids of findings that count as found
  const char* size;                   ///< measurement's last word; "" none
  const char* truth;                  ///< "volume" in mL, "diameter" in mm, else a quantity's key
};
// clang-format on

const std::vector<LesionRow>& lesions() {
  static const std::vector<LesionRow> all{
      {BodyPart::thorax, "nodule", {"nodule."}, "diameter", "diameter"},
      {BodyPart::thorax, "effusion", {"effusion."}, "volume", "volume"},
      {BodyPart::thorax, "loculated-effusion", {"effusion."}, "volume", "volume"},
      {BodyPart::thorax, "pneumothorax", {"pneumothorax."}, "volume", "volume"},
      {BodyPart::thorax,
       "consolidation",
       {"consolidation.", "consolidation-or-fluid."},
       "volume",
       "volume"},
      {BodyPart::thorax, "ground-glass", {"ground-glass."}, "volume", "volume"},
      {BodyPart::thorax, "mass", {"mass."}, "diameter", "diameter"},
      {BodyPart::thorax, "compression", {"spine.height."}, "loss", "height_loss_percent"},
      {BodyPart::abdomen, "compression", {"spine.height."}, "loss", "height_loss_percent"},
      {BodyPart::head,
       "haemorrhage",
       {"head.hyperdense.", "head.extra-axial."},
       "volume",
       "volume"},
      {BodyPart::head, "epidural", {"head.extra-axial.", "head.hyperdense."}, "volume", "volume"},
      {BodyPart::head, "subdural", {"head.extra-axial.", "head.hyperdense."}, "volume", "volume"},
      {BodyPart::head, "midline-shift", {"head.midline-shift"}, "distance", "shift_mm"},
      {BodyPart::head, "infarct", {"head.low-density."}, "volume", "volume"},
      {BodyPart::abdomen, "stone", {"stone."}, "diameter", "diameter"},
  };
  return all;
}

const Truth* truth_named(const Phantom& phantom, std::string_view name) {
  const auto found = std::ranges::find(phantom.truth, name, &Truth::name);
  return found == phantom.truth.end() ? nullptr : &*found;
}

const Measurement* measurement_named(const std::vector<Finding>& findings, std::string_view id) {
  for (const Finding& finding : findings)
    for (const Measurement& one : finding.measurements)
      if (one.id == id) return &one;
  return nullptr;
}

void add_measured(json& row, const Measurement& measured) {
  row["measured"] = *measured.value;
  row["lower_bound"] = measured.lower_bound;
  if (measured.uncertainty) row["uncertainty"] = *measured.uncertainty;
}

json value_json(const std::string& what, double truth, const Measurement* measured,
                const std::string& unit) {
  json row{{"what", what}, {"truth", truth}, {"unit", unit}};
  if (measured == nullptr)
    row["reason"] = "not among the findings";
  else if (!measured->value)
    row["reason"] = measured->not_assessed;
  else
    add_measured(row, *measured);
  return row;
}

std::optional<double> expected_of(const Truth& truth, const std::string& quantity) {
  if (quantity.empty()) return truth.volume_ml;
  if (quantity == "width") return truth.size_mm[0];
  const auto found = truth.quantities.find(quantity);
  return found == truth.quantities.end() ? std::nullopt : std::optional(found->second);
}

json values_of(const Phantom& phantom, const std::vector<Finding>& findings) {
  json all = json::array();
  for (const ValueRow& row : values) {
    if (row.body != phantom.settings.body) continue;
    const Truth* truth = truth_named(phantom, row.truth);
    if (truth == nullptr) continue;
    const auto expected = expected_of(*truth, row.quantity);
    if (!expected) continue;
    const Measurement* measured = measurement_named(findings, row.measurement);
    all.push_back(
        value_json(row.what, *expected, measured, measured == nullptr ? "" : measured->unit.value));
  }
  return all;
}

bool is_candidate(const Finding& finding) {
  return finding.presence != reporting::Presence::not_assessed && !finding.evidence.empty();
}

/// Classes of the calcium score (Hecht 2017, doi 10.1016/j.jcct.2016.11.003).
const char* calcium_class(double agatston) {
  return agatston >= 300   ? "severe"
         : agatston >= 100 ? "moderate"
         : agatston >= 1   ? "mild"
                           : "none";
}

/// The class that the report gives; "" where it gives none.
std::string said_calcium_class(const Finding& finding) {
  if (!finding.measurements.front().value ||
      finding.title.find("class between") != std::string::npos)
    return "";
  for (const char* word : {"severe", "moderate", "mild"})
    if (finding.title.find(word) != std::string::npos) return word;
  return is_candidate(finding) ? "" : "none";
}

json categories_of(const Phantom& phantom, const std::vector<Finding>& findings) {
  json all = json::array();
  if (phantom.settings.body != BodyPart::thorax) return all;
  const Truth* truth = truth_named(phantom, "coronary-calcium.1");
  const std::optional<double> painted =
      truth == nullptr ? std::optional(0.0) : expected_of(*truth, "agatston");
  if (!painted) return all;  // under contrast there is no score
  for (const Finding& finding : findings)
    if (!finding.measurements.empty() &&
        finding.measurements.front().id == "coronary.calcium.agatston")
      all.push_back({{"what", "coronary calcium"},
                     {"truth", calcium_class(*painted)},
                     {"said", said_calcium_class(finding)}});
  return all;
}

/// The finding's point lies in the painted box, widened by 10 mm.
bool meets(const Truth& truth, const Finding& finding) {
  if (finding.evidence.empty() || !finding.evidence.front().point_mm) return false;
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs((*finding.evidence.front().point_mm)[i] - truth.centre_mm[i]) >
        truth.size_mm[i] / 2 + 10)
      return false;
  return true;
}

/// The candidate that stands for a painted lesion, of its own kind rather than of a kind that
/// counts too.
const Finding* met_by(const LesionRow& row, const Truth& truth,
                      const std::vector<Finding>& findings) {
  for (const char* prefix : row.prefixes)
    for (const Finding& finding : findings)
      if (finding.id.starts_with(prefix) && is_candidate(finding) && meets(truth, finding))
        return &finding;
  return nullptr;
}

std::string why_not_assessed(const LesionRow& row, const std::vector<Finding>& findings) {
  for (const Finding& finding : findings)
    for (const char* prefix : row.prefixes)
      if (finding.presence == reporting::Presence::not_assessed &&
          (finding.id + ".").starts_with(prefix))
        return finding.not_assessed;
  return "";
}

/// nullopt: nothing of it is in the scan.
std::optional<double> painted_size(const LesionRow& row, const Truth& truth) {
  if (row.truth == std::string_view("volume")) return truth.volume_ml;
  if (row.truth == std::string_view("diameter")) return truth.diameter_mm;
  const auto found = truth.quantities.find(row.truth);
  return found == truth.quantities.end() ? std::nullopt : std::optional(found->second);
}

const Measurement* measured_size(const LesionRow& row, const Finding& finding) {
  for (const Measurement& one : finding.measurements)
    if (one.id.ends_with(std::string(".") + row.size) && one.value) return &one;
  return nullptr;
}

json lesions_of(const Phantom& phantom, const std::vector<Finding>& findings,
                std::set<const Finding*>& matched) {
  json all = json::array();
  for (const Truth& truth : phantom.truth) {
    if (truth.role != Truth::Role::finding) continue;
    const auto row = std::ranges::find_if(lesions(), [&](const LesionRow& one) {
      return one.body == phantom.settings.body && truth.kind == one.kind;
    });
    if (row == lesions().end()) continue;
    const auto size = painted_size(*row, truth);
    if (!size) continue;
    json lesion{{"kind", truth.kind}, {"class", size_class(truth.kind, truth.asked_size)},
                {"side", truth.side}, {"expected", truth.expected},
                {"truth", *size},     {"found", false}};
    if (const std::string reason = why_not_assessed(*row, findings); !reason.empty())
      lesion["reason"] = reason;
    if (const Finding* finding = met_by(*row, truth, findings)) {
      lesion["found"] = true;
      lesion["side_right"] = truth.side.empty() || to_text(finding->laterality).empty() ||
                             truth.side == to_text(finding->laterality);
      if (const Measurement* one = measured_size(*row, *finding);
          one != nullptr && !matched.contains(finding))
        add_measured(lesion, *one);
      matched.insert(finding);
    }
    all.push_back(std::move(lesion));
  }
  return all;
}

}  // namespace

json compared(const Phantom& phantom, const std::vector<Finding>& findings) {
  const auto& settings = phantom.settings;
  std::set<const Finding*> matched;
  json line{{"body", name_of(settings.body)},
            {"seed", settings.seed},
            {"thickness", settings.slice_mm},
            {"noise", settings.noise_hu},
            {"sharp", settings.kernel == model::phantom::Kernel::sharp},
            {"contrast", settings.phase != model::phantom::Phase::none},
            {"values", values_of(phantom, findings)},
            {"categories", categories_of(phantom, findings)},
            {"lesions", lesions_of(phantom, findings, matched)}};
  line["normal"] = std::ranges::none_of(
      phantom.truth, [](const Truth& truth) { return truth.role == Truth::Role::finding; });
  json wrong = json::object();
  for (const LesionRow& row : lesions()) {
    if (row.body != settings.body) continue;
    const std::string kind = row.prefixes.front();
    int count = 0;
    for (const Finding& finding : findings)
      if (is_candidate(finding) && finding.id.starts_with(kind) && !matched.contains(&finding))
        ++count;
    wrong[kind] = count;
  }
  line["false"] = wrong;
  return line;
}

}  // namespace tomoscribe::evaluation

// Coronary calcium (QUANTIFICATION A): an estimate of Agatston's sum without gating, and its class.
// Nothing separates the arteries from the valves, the pericardium and the ascending aorta, so what
// is calcified there is counted too, and said.
#include <algorithm>
#include <cmath>
#include <string_view>

#include "pipeline/gates/texture.h"
#include "pipeline/measure/chest/calcium_score.h"
#include "pipeline/measure/chest/heart_space.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;
using reporting::Measurement;

constexpr const char* id = "coronary.calcium";
constexpr double blood_hu = 40, noise_deviations = 5;  // what the noise of a whole heart reaches
constexpr double moved_hu = 10;                        // for the uncertainty
// Two scans of one person without gating differ by about this share.
constexpr double method_share = 0.2, thick_share = 0.35, thick_mm = 3;

const reporting::Code calcification{"112058", "DCM", "Calcium score"};
const reporting::Code heart{"80891009", "SCT", "Heart"};
const reporting::Code no_unit{"1", "UCUM", "no units"};

/// Classes of the score, the highest first: the rule that says so and its word.
struct Class {
  std::string_view rule;
  const char* word;
};
constexpr std::array<Class, 3> classes{{{"coronary.calcium-300", "severe"},
                                        {"coronary.calcium-100", "moderate"},
                                        {"coronary.calcium-1", "mild"}}};

const Class* class_of(const Measurement& score) {
  const auto found = std::ranges::find_if(classes, [&](const Class& one) {
    return reporting::knowledge::reached(reporting::knowledge::rule(one.rule), score);
  });
  return found == classes.end() ? nullptr : &*found;
}

const char* word_of(const Measurement& score) {
  const Class* one = class_of(score);
  return one == nullptr ? "none" : one->word;
}

/// Why the scan cannot be scored; empty when it can.
std::string reason_against(const Scene& scene) {
  if (const auto may = scene.gates.allowed(gates::Use::calcium); !may) return may.reason;
  if (scene.contrast.phase == ContrastPhase::unknown)
    return "whether contrast agent was given is not known: it is as bright as calcium";
  if (scene.contrast.given() || scene.contrast.phase == ContrastPhase::indeterminate)
    return "the blood's density speaks for contrast agent, which is as bright as calcium";
  return {};
}

/// "The score's uncertainty reaches from mild to moderate."
void say_neighbours(Measurement& score) {
  Measurement low = score, high = score;
  low.value = std::max(0.0, std::round(*score.value - *score.uncertainty));
  high.value = *score.value + *score.uncertainty;
  const std::string from = word_of(low), to = word_of(high);
  if (from != to)
    score.conditions.push_back("the uncertainty of the score reaches from " + from + " to " + to);
}

Measurement measurement_of(const Scene& scene, const HeartSpace& space, const CalciumSum& sum,
                           const CalciumLimits& limits) {
  Measurement score{
      .id = std::string(id) + ".agatston",
      .name = "Agatston score, estimate without gating",
      .concept_name = calcification,
      .value = std::round(sum.agatston),
      .unit = no_unit,
      .decimals = 0,
      .method =
          "130 HU and more, 1 mm2 and more, area by 1 to 4 for a peak of 130, 200, 300, 400 HU, "
          "for "
          "slices of 3 mm (Agatston 1990, doi 10.1016/0735-1097(90)90282-T), in the convex hull of "
          "the lungs in front of the spine; uncertainty: limit moved by 10 HU, and 20 % between "
          "scans "
          "without gating",
      .conditions =
          {"not gated: a gated scan may fall into another class (38 % in Arcadi 2014, doi "
           "10.4329/wjr.v6.i6.381)",
           "calcium of valves, pericardium and ascending aorta is not separated and counts",
           "slices averaged to " + number_text(sum.slab_mm, 2) + " mm"},
      .not_assessed = {},
      .lower_bound = false};
  if (limits.peak_hu > limits.threshold_hu)
    score.conditions.push_back("noise: peaks below " + number_text(limits.peak_hu, 0) +
                               " HU are not counted");
  const bool thick = sum.slab_mm > thick_mm + 0.01;
  if (thick)
    score.conditions.emplace_back(
        "slices thicker than 3 mm: small plaques are averaged away, the class is uncertain");
  double spread = 0;
  for (const double shift : {-moved_hu, moved_hu}) {
    CalciumLimits moved = limits;
    moved.threshold_hu += shift;
    spread = std::max(spread, std::abs(calcium_sum(scene, space, moved).agatston - sum.agatston));
  }
  score.uncertainty = std::max(
      1.0, std::round(std::hypot(spread, (thick ? thick_share : method_share) * sum.agatston)));
  if (*score.value > 0 && scene.gates.allowed(gates::Use::norms)) say_neighbours(score);
  return score;
}

}  // namespace

void coronary_calcium(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::chest)) return;
  const char* title = "Coronary calcium";
  if (const std::string reason = reason_against(scene); !reason.empty()) {
    findings.push_back(not_assessed_finding(id, title, calcification, heart, reason));
    return;
  }
  const HeartSpace space = heart_space(scene);
  if (!space.found() || space.cut) {
    findings.push_back(not_assessed_finding(
        id, title, calcification, heart,
        space.cut ? "the lower part of the heart is not in the scan" : space.missing));
    return;
  }
  CalciumLimits limits;
  const double noise = gates::texture_of(scene).value_or(gates::Texture{}).noise_hu /
                       std::sqrt(slices_in_slab(scene));
  limits.peak_hu = std::max(limits.threshold_hu, blood_hu + noise_deviations * noise);
  const CalciumSum sum = calcium_sum(scene, space, limits);
  const Measurement score = measurement_of(scene, space, sum, limits);
  if (class_of(score) == nullptr) {
    Finding nothing = nothing_detected(
        id, "Coronary calcium", calcification, heart,
        "nothing of 130 HU and 1 mm2 was found in the heart's region by an estimate without "
        "gating; small plaques are not excluded");
    nothing.measurements.push_back(score);
    findings.push_back(std::move(nothing));
    return;
  }
  const bool classed = static_cast<bool>(scene.gates.allowed(gates::Use::norms));
  Finding finding = candidate_finding(id,
                                      std::string("coronary calcium (valves not separated), ") +
                                          (classed ? word_of(score) + std::string(" ") : "") +
                                          "by an estimate without gating",
                                      calcification, heart);
  finding.measurements.push_back(score);
  reporting::knowledge::recommend(finding, reporting::knowledge::rule(class_of(score)->rule));
  if (auto evidence =
          mask_section(scene, sum.mask, std::string(id) + ".section", "section with most calcium",
                       [](std::int16_t hu) { return hu >= 130; }))
    finding.evidence.push_back(std::move(*evidence));
  findings.push_back(std::move(finding));
}

}  // namespace tomoscribe::pipeline::measure

// Coronary calcium (QUANTIFICATION A): an estimate of Agatston's sum without gating, and its class.
// Nothing separates the arteries from the valves, the pericardium and the ascending aorta, so what
// is calcified there is counted too, and said.
#include <algorithm>
#include <cmath>
#include <functional>
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
constexpr double most_left_out = 0.25;  // of the heart's height

const reporting::Code calcification{"112058", "DCM", "Calcium score"};
const reporting::Code heart{"80891009", "SCT", "Heart"};

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

/// What forbids the score on the whole scan. A gate that names slices (metal, holes) forbids it
/// there alone: those are left out.
std::string forbidden(const gates::Gates& gates) {
  for (const gates::Result& result : gates.results) {
    if (result.outcome == gates::Outcome::stop) return result.reason;
    if (result.outcome == gates::Outcome::restrict && result.slices.empty() &&
        std::ranges::find(result.uses, gates::Use::calcium) != result.uses.end())
      return result.reason;
  }
  return {};
}

/// Why the scan cannot be scored; empty when it can.
std::string reason_against(const Scene& scene) {
  if (std::string reason = forbidden(scene.gates); !reason.empty()) return reason;
  if (scene.contrast.phase == ContrastPhase::unknown)
    return "the blood's density was not found, so contrast agent, which is as bright as calcium, "
           "is not excluded";
  if (scene.contrast.given() || scene.contrast.phase == ContrastPhase::indeterminate)
    return "the blood's density speaks for contrast agent, which is as bright as calcium";
  return {};
}

/// The lowest and the highest class that the score's uncertainty allows.
std::array<std::string, 2> classes_of(const Measurement& score) {
  Measurement low = score, high = score;
  low.value = std::max(0.0, std::round(*score.value - *score.uncertainty));
  high.value = *score.value + *score.uncertainty;
  return {word_of(low), word_of(high)};
}

/// "severe", "class between mild and moderate".
std::string class_words(const Measurement& score) {
  const auto [low, high] = classes_of(score);
  return low == high ? low : "class between " + low + " and " + high;
}

/// "image 44: score 78, a band along the border with the lung: motion".
std::string piece_words(const Scene& scene, const CalciumPiece& piece) {
  const int slice = scene.volume.image_slice(piece.first_slice + (slices_in_slab(scene) - 1) / 2);
  const auto image = scene.volume.images[index_of(slice)];
  return "image " + std::to_string(image.value_or(slice + 1)) + ": score " +
         number_text(piece.agatston, 0) + ", " + why_no_plaque(piece);
}

/// What was seen, is as dense as calcium and was not counted, largest first.
std::vector<CalciumPiece> kept_apart(const CalciumSum& sum) {
  std::vector<CalciumPiece> pieces = sum.apart;
  std::ranges::stable_sort(pieces, std::greater{}, &CalciumPiece::agatston);
  return pieces;
}

/// "; kept apart and not counted: 4 pieces, the largest on image 44: ..."; empty where none was.
std::string kept_apart_words(const Scene& scene, const CalciumSum& sum) {
  const std::vector<CalciumPiece> pieces = kept_apart(sum);
  if (pieces.empty()) return {};
  const std::string largest = piece_words(scene, pieces.front());
  if (pieces.size() == 1) return "; kept apart and not counted: " + largest;
  return "; kept apart and not counted: " + std::to_string(pieces.size()) +
         " pieces, the largest on " + largest;
}

/// What the search misses and what it did not count.
std::string limits_words(const Scene& scene, const CalciumSum& sum, const CalciumLimits& limits) {
  const bool noisy = limits.peak_hu > limits.threshold_hu;
  return "small plaques" +
         (noisy ? " and, for the noise, those with a peak below " + number_text(limits.peak_hu, 0) +
                      " HU"
                : "") +
         " are not excluded" + kept_apart_words(scene, sum);
}

/// "; slices with metal or missing images were left out: 12 % of the heart's height"; empty when
/// none was.
std::string left_out_words(const CalciumSum& sum) {
  if (sum.left_out == 0) return "";
  return "slices with metal or missing images are left out: " +
         number_text(100.0 * sum.left_out / sum.slabs, 0) + " % of the heart's height";
}

Measurement measurement_of(const Scene& scene, const HeartSpace& space, const CalciumSum& sum,
                           const CalciumLimits& limits) {
  Measurement score{
      .id = std::string(id) + ".agatston",
      .name = "Agatston score, estimate without gating",
      .concept_name = calcification,
      .value = std::round(sum.agatston),
      .unit = codes::no_unit,
      .decimals = 0,
      .method =
          "130 HU and more, 1 mm2 and more, area by 1 to 4 for a peak of 130, 200, 300, 400 HU, "
          "for slices of 3 mm (Agatston 1990, doi 10.1016/0735-1097(90)90282-T), in the convex "
          "hull of the lungs in front of the spine; uncertainty: limit moved by 10 HU, and 20 % "
          "between scans without gating (35 % in slices above 3 mm)",
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
    spread = std::max(
        spread, std::abs(calcium_sum(scene, space, moved, sum.apart_mask).agatston - sum.agatston));
  }
  score.uncertainty = std::max(
      1.0, std::round(std::hypot(spread, (thick ? thick_share : method_share) * sum.agatston)));
  constexpr std::size_t named = 3;
  const std::vector<CalciumPiece> pieces = kept_apart(sum);
  for (std::size_t i = 0; i < std::min(named, pieces.size()); ++i)
    score.conditions.push_back("not counted, " + piece_words(scene, pieces[i]));
  if (sum.left_out > 0) score.conditions.push_back(left_out_words(sum));
  return score;
}

Finding none_found(const Scene& scene, const CalciumSum& sum, const CalciumLimits& limits,
                   const Measurement& score) {
  std::string searched = "no plaque of " + number_text(limits.peak_hu, 0) +
                         " HU and 1 mm2 was found in the heart's region";
  if (sum.left_out > 0) searched += "; " + left_out_words(sum);
  Finding nothing = nothing_detected(id, "Coronary calcium", calcification, heart,
                                     searched + "; " + limits_words(scene, sum, limits));
  nothing.measurements.push_back(score);
  return nothing;
}

/// What of the score may be no artery's: a fleck of the left atrium's wall, or in the oesophagus.
std::string oesophagus_words(const CalciumSum& sum) {
  if (sum.by_oesophagus < 0.5) return {};
  const bool all = sum.by_oesophagus > 0.99 * sum.agatston;
  return std::string("; ") + (all ? "all of it" : number_text(sum.by_oesophagus, 0) + " of it") +
         " against the oesophagus, perhaps the left atrium's wall";
}

Finding candidate(const Scene& scene, const CalciumSum& sum, const Measurement& score) {
  const bool classed = static_cast<bool>(scene.gates.allowed(gates::Use::norms));
  Finding finding =
      candidate_finding(id,
                        "coronary calcium (valves not separated" + oesophagus_words(sum) + ")" +
                            (classed ? ", " + class_words(score) : "") +
                            (sum.left_out > 0 ? "; " + left_out_words(sum) : ""),
                        calcification, heart);
  finding.measurements.push_back(score);
  // A score whose uncertainty spans classes has none: no rule is applied to it.
  if (const auto [low, high] = classes_of(score); low == high)
    reporting::knowledge::recommend(finding, reporting::knowledge::rule(class_of(score)->rule));
  if (auto evidence =
          mask_section(scene, sum.mask, std::string(id) + ".section", "section with most calcium",
                       [](std::int16_t hu) { return hu >= 130; }))
    finding.evidence.push_back(std::move(*evidence));
  return finding;
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
  if (sum.left_out > most_left_out * sum.slabs) {
    findings.push_back(not_assessed_finding(id, title, calcification, heart, left_out_words(sum)));
    return;
  }
  const Measurement score = measurement_of(scene, space, sum, limits);
  if (class_of(score) == nullptr) {
    findings.push_back(none_found(scene, sum, limits, score));
    return;
  }
  findings.push_back(candidate(scene, sum, score));
  findings.push_back(search_outcome(std::string(id) + ".search", "Coronary calcium", calcification,
                                    heart, true, limits_words(scene, sum, limits)));
}

}  // namespace tomoscribe::pipeline::measure

// Renal and ureteric stones (QUANTIFICATION A): small dense things beside the spine, in soft
// tissue, away from bone. Calcified vessels, phleboliths, nodes and dense bowel contents look the
// same: candidates.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "pipeline/measure/abdomen/stone_blobs.h"
#include "pipeline/measure/abdomen/stone_place.h"
#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;

constexpr std::size_t most_reported = 10;
constexpr double most_thickness_mm = 3, least_size_mm = 2.5;
constexpr int t12 = 19, l3 = 22, l5 = 24;

/// Why nothing can be said of stones; empty when something can.
std::string refusal(const Scene& scene) {
  for (const gates::Use use : {gates::Use::density, gates::Use::nodules})
    if (const auto may = scene.gates.allowed(use); !may) return may.reason;
  if (!scene.volume.header.contrast_agent.empty())
    return "the images name a contrast agent: it may lie in the urine";
  if (!scene.spine.found()) return "no spine to find kidneys and ureters beside";
  if (scene.contrast.phase == ContrastPhase::unknown)
    return "whether contrast agent was given is not known: it may lie in the urine";
  if (scene.contrast.phase != ContrastPhase::unenhanced)
    return "the blood measures " + number_text(*scene.contrast.blood_hu, 0) +
           " HU: contrast agent may lie in the urine";
  const double thickness = slice_thickness_mm(scene.volume);
  if (std::max(thickness, scene.volume.grid.spacing_mm()[2]) > most_thickness_mm + 0.01)
    return "slices of " + number_text(thickness, 1) + " mm: above 3 mm stones are missed";
  return {};
}

/// Whether a stone lies on a slice that a gate leaves out (metal).
bool excluded(const Scene& scene, const StoneBlob& blob) {
  return scene.gates.excludes(blob.slice);
}

/// "at the level of L2"; empty where no level is named.
std::string level_words(const Scene& scene, const StoneBlob& blob) {
  const double slice = scene.work.grid.index_at(blob.centre_mm)[2];
  for (const Vertebra& one : scene.vertebrae.all)
    if (one.number > 0 && slice >= one.lower_disc && slice < one.upper_disc)
      return ", at the level of " + one.name();
  return {};
}

bool is_right(const Scene& scene, const StoneBlob& blob) {
  const Vec3 index = scene.work.grid.index_at(blob.centre_mm);
  const int slice =
      std::clamp(static_cast<int>(std::lround(index[2])), scene.spine.first, scene.spine.last);
  return index[0] < scene.spine.at[static_cast<std::size_t>(slice)].canal_column;
}

reporting::Measurement number(const std::string& id, const char* name,
                              const reporting::Code& concept_name, const reporting::Code& unit,
                              double value, double uncertainty, int decimals) {
  return {.id = id,
          .name = name,
          .concept_name = concept_name,
          .value = value,
          .unit = unit,
          .decimals = decimals,
          .uncertainty = uncertainty,
          .method =
              "above 130 HU beside the spine, 8 mm and more from bone; border half way "
              "between its densest tenth and its surroundings; diameter: longest in the "
              "axial plane (Coll 2002, doi 10.2214/ajr.178.1.1780101); uncertainty: border "
              "at 0.4 and 0.6 of the way, and half a voxel",
          .conditions = {},
          .not_assessed = {},
          .lower_bound = false};
}

void add_measurements(const Scene& scene, const StoneBlob& blob, Finding& finding) {
  const std::array<double, 3> spacing = scene.volume.grid.spacing_mm();
  const auto tenth = [](double value) { return std::round(value * 10) / 10; };
  const double size_u = std::max(0.5, std::hypot(blob.long_spread_mm, spacing[0] / 2));
  const double volume_u =
      std::hypot(blob.volume_spread_mm3, blob.volume_mm3 * spacing[2] / 2 / blob.long_mm);
  const bool tiny = has_no_shape(blob, scene.volume.grid.voxel_ml() * 1000);
  finding.measurements.push_back(number(finding.id + ".diameter", "largest diameter, axial",
                                        codes::diameter, codes::millimetre, tenth(blob.long_mm),
                                        tenth(size_u), 1));
  if (tiny)
    withhold(finding.measurements.back(),
             "no more than two voxels: at most " + number_text(blob.long_mm + size_u, 1) + " mm");
  finding.measurements.push_back(number(finding.id + ".volume", "volume", codes::volume,
                                        codes::cubic_millimetre, std::round(blob.volume_mm3),
                                        std::max(1.0, std::round(volume_u)), 0));
  if (tiny) withhold(finding.measurements.back(), "no more than two voxels");
  finding.measurements.push_back(
      number(finding.id + ".attenuation", "mean attenuation", codes::attenuation, codes::hounsfield,
             std::round(blob.mean_hu), std::max(10.0, std::round(0.1 * blob.mean_hu)), 0));
  for (reporting::Measurement& one : finding.measurements)
    one.conditions = {
        "no contrast agent: blood " + number_text(*scene.contrast.blood_hu, 0) + " HU",
        "slice thickness " + number_text(slice_thickness_mm(scene.volume), 1) + " mm",
        "surroundings " + number_text(blob.around_hu, 0) + " HU",
        "phlebolith, calcified vessel or node, and dense bowel contents cannot be told from it",
        "a small stone looks wider and less dense than it is"};
}

const char* place_words(StonePlace place) {
  switch (place) {
    case StonePlace::kidney: return "stone in the kidney, ";
    case StonePlace::ureter: return "stone in the course of the ureter, ";
    case StonePlace::not_told:
    case StonePlace::bowel: break;
  }
  return "stone of kidney or ureter, ";
}

struct Stone {
  StoneBlob blob;
  StonePlace place = StonePlace::not_told;
};

Finding finding_of(const Scene& scene, const Stone& stone, std::size_t number_of_stone) {
  const bool right = is_right(scene, stone.blob);
  const std::string id = "stone." + std::to_string(number_of_stone);
  Finding finding = candidate_finding(
      id,
      place_words(stone.place) + std::string(right ? "right" : "left") +
          level_words(scene, stone.blob),
      codes::calculus, stone.place == StonePlace::ureter ? codes::ureter : codes::kidney,
      right ? reporting::Laterality::right : reporting::Laterality::left);
  add_measurements(scene, stone.blob, finding);
  bound_at_scan_end(scene, stone.blob.first_slice, stone.blob.last_slice, finding);
  finding.evidence.push_back(outlined_image(scene, stone.blob.slice, stone.blob.section,
                                            stone.blob.centre_mm, id + ".section",
                                            "largest section of the stone"));
  return finding;
}

/// Whether a size was measured and not only its limit, of one of the last `listed` findings.
bool has_size(const Findings& findings, std::size_t number_of_stone, std::size_t listed) {
  return findings[findings.size() - listed + number_of_stone]
      .measurements.front()
      .uncertainty.has_value();
}

/// What is known of the passing of ureteric stones, on the widest that may lie in a ureter.
void recommend_once(const std::vector<Stone>& stones, std::size_t listed, Findings& findings) {
  std::optional<std::size_t> widest;
  for (std::size_t i = 0; i < listed; ++i)
    if (stones[i].place != StonePlace::kidney && has_size(findings, i, listed) &&
        (!widest || stones[i].blob.long_mm > stones[*widest].blob.long_mm))
      widest = i;
  if (!widest) return;
  Finding& finding = findings[findings.size() - listed + *widest];
  for (const char* rule_id : {"stone.9", "stone.7", "stone.5"})
    if (const auto& rule = reporting::knowledge::rule(rule_id);
        reporting::knowledge::reached(rule, finding.measurements.front())) {
      reporting::knowledge::recommend(finding, rule);
      break;
    }
}

/// Whether a gate leaves out slices beside the spine: others are not searched anyway.
bool leaves_out_some(const Scene& scene) {
  const auto native = [&](int working) {
    return scene.volume.grid.index_at(scene.work.grid.point_mm(0, 0, working))[2];
  };
  const auto [low, high] = std::minmax({native(scene.spine.first), native(scene.spine.last)});
  for (int slice = 0; slice < scene.volume.grid.size[2]; ++slice)
    if (slice >= low && slice <= high && scene.gates.excludes(slice)) return true;
  return false;
}

/// Which images were searched, what was left out there, and what of the way is not in the scan.
std::string searched_words(const Scene& scene, std::size_t in_bowel) {
  std::string words =
      "searched from " + image_words(scene, scene.spine.first) + " to " +
      image_words(scene, scene.spine.last) +
      ", where the spine was followed, 25 to 95 mm beside its canal; what lies "
      "below, within 8 mm of bone, in front of the spine, in the lower pelvis or "
      "in the bladder was not searched, stones above 1500 mm3 are not proposed, and whether "
      "a kidney is dilated was not looked at";
  if (in_bowel > 0)
    words += "; left out as contents of bowel, by their place: " + std::to_string(in_bowel);
  const bool named = scene.vertebrae.named;
  // A scan that shows lung reaches above the kidneys.
  const bool lung = scene.sections.voxels(right_lung) + scene.sections.voxels(left_lung) > 0;
  if (!lung && (!named || scene.vertebrae.find(t12) == nullptr))
    words += "; T12 was not seen whole: the upper poles may lie above what was searched";
  if (!named || scene.vertebrae.find(l3) == nullptr)
    words += "; L3 was not seen whole: kidneys and ureters may lie below what was searched";
  else if (scene.vertebrae.find(l5) == nullptr)
    words += "; L5 was not seen whole: the lower ureters may lie below what was searched";
  if (const std::string excluded_slices = left_out_words(scene);
      !excluded_slices.empty() && leaves_out_some(scene))
    words += "; " + excluded_slices;
  return words;
}

/// Larger first; what lies where bowel lies is only counted.
std::vector<Stone> stones_of(const Scene& scene, std::size_t& in_bowel) {
  std::vector<Stone> stones;
  std::vector<StoneBlob> blobs = stone_blobs(scene);
  stones.reserve(blobs.size());
  for (StoneBlob& blob : blobs) {
    if (!why_no_stone(blob).empty() || blob.long_mm < least_size_mm || excluded(scene, blob))
      continue;
    const StonePlace place = stone_place(scene, blob);
    if (place == StonePlace::bowel)
      ++in_bowel;
    else
      stones.push_back({.blob = std::move(blob), .place = place});
  }
  return stones;
}

}  // namespace

void stones(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::abdomen) && !scene.shows(BodyRegion::pelvis)) return;
  if (auto reason = refusal(scene); !reason.empty()) {
    findings.push_back(not_assessed_finding("stone", "stones of kidneys and ureters",
                                            codes::calculus, codes::kidney, std::move(reason)));
    return;
  }
  std::size_t in_bowel = 0;
  const std::vector<Stone> found = stones_of(scene, in_bowel);
  const std::size_t listed = std::min(found.size(), most_reported);
  for (std::size_t i = 0; i < listed; ++i) findings.push_back(finding_of(scene, found[i], i + 1));
  recommend_once(found, listed, findings);
  if (listed > 0) say_unlisted(findings, listed, found.size());
  findings.push_back(search_outcome("stone", "Stones of kidneys and ureters of 3 mm or more",
                                    codes::calculus, codes::kidney, !found.empty(),
                                    searched_words(scene, in_bowel)));
}

}  // namespace tomoscribe::pipeline::measure

#include "pipeline/measure/chest/dense_candidates.h"

#include <algorithm>
#include <cmath>

#include "pipeline/measure/chest/lung_space.h"
#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;
using reporting::Measurement;

constexpr double least_consolidation_ml = 8, least_glass_ml = 15;
constexpr double least_mass_mm = 30, most_elongation = 1.85, least_compactness = 0.3;
constexpr double most_air = 0.02;           // a mass holds no open bronchi
constexpr double most_against_fluid = 0.2;  // more: lung that the fluid compresses
constexpr double least_mass_hu = 0;         // the middle of a solid mass is water or denser
constexpr double least_fluid_hu = -10, sure_lung_hu = 15;
constexpr int glass_low_hu = -700, glass_high_hu = -300;

const reporting::Code& consolidation_code() {
  static const reporting::Code code{"95436008", "SCT", "Lung consolidation"};
  return code;
}
const reporting::Code& glass_code() {
  static const reporting::Code code{"112120", "DCM", "Ground glass opacity"};
  return code;
}
const reporting::Code& mass_code() {
  static const reporting::Code code{"309529002", "SCT", "Lung mass"};
  return code;
}

bool is_mass(const DensePart& part) {
  return part.elongation <= most_elongation && part.compactness >= least_compactness &&
         part.air <= most_air && part.against_fluid <= most_against_fluid &&
         part.inner_hu >= least_mass_hu;
}

bool may_be_fluid(const DensePart& part) {
  return part.like_fluid() || (part.inner_hu >= least_fluid_hu && part.inner_hu < sure_lung_hu);
}

/// Parts of one lung that are proposed alike.
struct Alike {
  Mask mask;  ///< working grid
  bool joined = false, beside_fluid = false;
  double median_hu = 0;  ///< of the largest
  bool any() const { return !mask.empty(); }
};

Alike alike(const Scene& scene, const DenseLung& dense, Label lung, Proposal what) {
  Alike all;
  Mask wanted(dense.parts.size() + 1, 0);
  std::size_t largest = 0;
  for (std::size_t i = 0; i < dense.parts.size(); ++i) {
    const DensePart& part = dense.parts[i];
    if (part.lung != lung || proposal_of(part, scene.work.grid.voxel_ml()) != what) continue;
    wanted[i + 1] = 1;
    all.joined = all.joined || part.joined;
    all.beside_fluid = all.beside_fluid || part.against_fluid > most_against_fluid;
    if (part.voxels > largest) largest = part.voxels, all.median_hu = part.inner_hu;
  }
  if (largest == 0) return all;
  all.mask.resize(dense.labels.size());
  std::ranges::transform(dense.labels, all.mask.begin(), [&](std::uint8_t label) {
    return label == organ_label ? std::uint8_t{0} : wanted[label];
  });
  return all;
}

Measurement size_of(std::string id, std::string name, reporting::Code concept_name,
                    reporting::Code unit, double value, double uncertainty) {
  return {.id = std::move(id),
          .name = std::move(name),
          .concept_name = std::move(concept_name),
          .value = std::round(value),
          .unit = std::move(unit),
          .decimals = 0,
          .uncertainty = std::max(1.0, std::round(uncertainty)),
          .method =
              "half-density border inside the ribs or the closed lung, vessels cut off by an "
              "opening of 3 mm, organs where the joint is narrowest",
          .conditions = {"candidate of a detector: to be confirmed by a person"},
          .not_assessed = {},
          .lower_bound = false};
}

void add_section(const Scene& scene, Finding& finding, const Mask& mask, int low_hu, int high_hu) {
  if (auto evidence = mask_section(scene, mask, finding.id + ".section", "largest section",
                                   [=](std::int16_t hu) { return hu >= low_hu && hu <= high_hu; }))
    finding.evidence.push_back(std::move(*evidence));
}

Finding side_finding(const Scene& scene, const char* id, const char* title,
                     const reporting::Code& code, Label lung, const Mask& mask) {
  const bool right = lung == right_lung;
  const std::string word = right ? "right" : "left";
  Finding finding = candidate_finding(
      std::string(id) + '.' + word, std::string(title) + ", " + word + " lung", code, codes::lung,
      right ? reporting::Laterality::right : reporting::Laterality::left);
  const double ml = static_cast<double>(std::ranges::count(mask, 1)) * scene.work.grid.voxel_ml();
  finding.measurements.push_back(
      size_of(finding.id + ".volume", "volume", codes::volume, codes::millilitre, ml, 0.3 * ml));
  bound_at_scan_end(scene, mask, finding);
  return finding;
}

/// Ends a sentence that names what is not excluded.
std::string not_searched(const Scene& scene, const DenseLung& dense) {
  std::string words;
  if (!dense.joined_missing.empty())
    words = "; what is joined to heart, mediastinum, diaphragm or chest wall was not searched: " +
            dense.joined_missing;
  for (const Label lung : {right_lung, left_lung})
    if (std::ranges::find(dense.space, lung) == dense.space.end())
      words += std::string("; the ") + (lung == right_lung ? "right" : "left") +
               " lung was not found and not searched";
  return words + part_words(scene, {right_lung, left_lung}, "lungs");
}

/// What the search for fluid found nothing of may be this.
void point_from_fluid(Label lung, Findings& findings) {
  const std::string side = lung == right_lung ? "right" : "left";
  for (Finding& one : findings)
    if ((one.id == "effusion" || one.id == "effusion." + side) && one.evidence.empty() &&
        one.presence != reporting::Presence::not_assessed)
      one.verification.reason = "on the " + side +
                                " a dense area may be fluid (\"pleural fluid or consolidation\"); "
                                "else " +
                                one.verification.reason;
}

/// Parts of one lung that are no masses, all of one kind in one finding.
bool propose_airless(const Scene& scene, const DenseLung& dense, Label lung, Proposal what,
                     Findings& findings) {
  const Alike found = alike(scene, dense, lung, what);
  if (!found.any()) return false;
  const bool fluid = what == Proposal::fluid_or_consolidation;
  Finding finding = side_finding(scene, fluid ? "consolidation-or-fluid" : "consolidation",
                                 fluid ? "pleural fluid or consolidation" : "consolidation",
                                 fluid ? codes::presence : consolidation_code(), lung, found.mask);
  Measurement& volume = finding.measurements.back();
  if (fluid)
    volume.conditions.push_back(
        "median " + number_text(found.median_hu, 0) +
        " HU, no bronchi: fluid that was not recognised as such, or airless lung");
  if (found.beside_fluid)
    volume.conditions.emplace_back(
        "lies against pleural fluid: lung that is compressed by it looks the same");
  if (found.joined) bound_at_organ(volume);
  add_section(scene, finding, found.mask, glass_high_hu, 3000);
  if (fluid) point_from_fluid(lung, findings);
  findings.push_back(std::move(finding));
  return true;
}

Mask in_lung(const Mask& mask, const Mask& space, Label lung) {
  Mask result(mask.size());
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = mask[i] != 0 && space[i] == lung ? 1 : 0;
  return result;
}

Finding mass_finding(const Scene& scene, const DensePart& part, const Mask& mask, int number) {
  double z = 0, voxels = 0;
  for_each_voxel(scene.work.grid, [&](std::size_t at, int, int, int slice) {
    if (mask[at] != 0) z += slice, ++voxels;
  });
  const auto lung = part.lung == right_lung ? right_lung : left_lung;
  const char* side = lung == right_lung ? "right" : "left";
  const std::string id = "mass." + std::to_string(number);
  Finding finding = candidate_finding(
      id,
      "solid mass " + std::to_string(number) + ", " + side + " lung, " +
          third_of(scene, lung, z / std::max(1.0, voxels)),
      mass_code(), codes::lung,
      lung == right_lung ? reporting::Laterality::right : reporting::Laterality::left);
  // Phantoms: 4 to 6 mm too small, against the heart up to 12.
  const double share = part.joined ? 0.24 : 0.08, u = std::hypot(4, share * part.mean_mm());
  const double ml = voxels * scene.work.grid.voxel_ml();
  const auto add = [&](const char* word, const char* name, const reporting::Code& concept_name,
                       const reporting::Code& unit, double value, double uncertainty) {
    finding.measurements.push_back(
        size_of(id + '.' + word, name, concept_name, unit, value, uncertainty));
  };
  add("diameter", "mean diameter", codes::diameter, codes::millimetre, part.mean_mm(), u);
  add("long", "long axis", codes::long_axis, codes::millimetre, part.long_mm, u);
  add("short", "short axis", codes::short_axis, codes::millimetre, part.short_mm, u);
  add("volume", "volume", codes::volume, codes::millilitre, ml, 3 * u / part.mean_mm() * ml);
  if (part.joined)
    for (Measurement& one : finding.measurements) bound_at_organ(one);
  bound_at_scan_end(scene, mask, finding);
  add_section(scene, finding, mask, glass_high_hu, 3000);
  return finding;
}

}  // namespace

Proposal proposal_of(const DensePart& part, double voxel_ml) {
  if (is_mass(part)) return part.mean_mm() > least_mass_mm ? Proposal::mass : Proposal::nothing;
  if (static_cast<double>(part.voxels) * voxel_ml < least_consolidation_ml)
    return Proposal::nothing;
  return may_be_fluid(part) ? Proposal::fluid_or_consolidation : Proposal::consolidation;
}

void bound_at_organ(Measurement& measurement) {
  measurement.lower_bound = true;
  measurement.conditions.emplace_back(
      "at least: joined to an organ or the chest wall, what cannot be told from it is not counted");
}

void propose_sides(const Scene& scene, const DenseLung& dense, const Mask& glass,
                   Findings& findings) {
  const double voxel_ml = scene.work.grid.voxel_ml();
  bool any = false;
  for (const Label lung : {right_lung, left_lung}) {
    for (const Proposal what : {Proposal::consolidation, Proposal::fluid_or_consolidation})
      any = propose_airless(scene, dense, lung, what, findings) || any;
    const Mask here = in_lung(glass, dense.space, lung);
    if (static_cast<double>(std::ranges::count(here, 1)) * voxel_ml < least_glass_ml) continue;
    findings.push_back(
        side_finding(scene, "ground-glass", "ground glass", glass_code(), lung, here));
    add_section(scene, findings.back(), here, glass_low_hu - 100, glass_high_hu + 100);
  }
  findings.push_back(search_outcome(
      "consolidation", "Consolidation of 8 mL or more", consolidation_code(), codes::lung, any,
      "consolidation thinner than 6 mm, or joined to heart, mediastinum, diaphragm or chest wall, "
      "is not excluded" +
          not_searched(scene, dense)));
}

void propose_masses(const Scene& scene, const DenseLung& dense, Findings& findings) {
  int number = 0;
  for (std::size_t i = 0; i < dense.parts.size(); ++i) {
    if (proposal_of(dense.parts[i], scene.work.grid.voxel_ml()) != Proposal::mass) continue;
    Mask mask(dense.labels.size());
    std::ranges::transform(dense.labels, mask.begin(),
                           [&](std::uint8_t label) { return label == i + 1 ? 1 : 0; });
    findings.push_back(
        mass_finding(scene, dense.parts[i], body_of_part(mask, scene.work.grid), ++number));
  }
  findings.push_back(search_outcome(
      "mass", "Lung masses of more than 30 mm", mass_code(), codes::lung, number > 0,
      "masses joined to mediastinum, hilum, diaphragm or chest wall are not excluded" +
          not_searched(scene, dense)));
}

}  // namespace tomoscribe::pipeline::measure

// Opacities of the lung (QUANTIFICATION A): shares of the closed lung between -600 and -250 HU
// (high-attenuation areas, Lederer 2009), between -700 and -300 HU (ground glass) and above -300 HU
// (consolidation), vessels removed by an opening of 3 mm; and masses of more than 30 mm. Extent
// only: nothing is said of what they are.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/chest/dense_lung.h"
#include "pipeline/measure/chest/lung_space.h"
#include "pipeline/measure/crop.h"
#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;
using reporting::Measurement;

constexpr int high_low_hu = -600, high_high_hu = -250, glass_low_hu = -700, glass_high_hu = -300;
constexpr double vessel_mm = 3, dependent_mm = 20;
constexpr double least_consolidation_ml = 8, least_glass_ml = 15;
constexpr double least_mass_mm = 30, most_elongation = 1.85, least_compactness = 0.3;
constexpr double most_air = 0.02;           // a mass holds no open bronchi
constexpr double most_against_fluid = 0.2;  // more: lung that the fluid compresses
constexpr double fluid_hu = 15, well_inside_mm = 4.5;
constexpr double method_percent = 3;  // of the lung: QUANTIFICATION A, 2 to 4 %

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

bool is_round(const DensePart& part) {
  return part.elongation <= most_elongation && part.compactness >= least_compactness &&
         part.air <= most_air && part.against_fluid <= most_against_fluid;
}

/// What a dense piece is proposed as; 0: nothing (a nodule, which another step looks for, or
/// small).
std::uint8_t kind_of(const DensePart& part, double voxel_ml) {
  if (is_round(part)) return part.mean_mm() > least_mass_mm ? mass_here : 0;
  return static_cast<double>(part.voxels) * voxel_ml >= least_consolidation_ml ? consolidation_here
                                                                               : 0;
}

/// Lung between two densities (smoothed), what is thinner than 6 mm (rims of vessels and of the
/// border) left out.
Mask hazy(const Scene& scene, const Mask& space, const std::vector<std::uint16_t>& dense,
          int low_hu, int high_hu) {
  const Grid& grid = scene.work.grid;
  Mask result(space.size(), 0);
  const auto box = crop_around(space, grid, 6, [](std::uint8_t v) { return v != 0; });
  if (!box) return result;
  Mask mask(box->grid.voxels());
  for_each_in(*box, grid, [&](std::size_t at, std::size_t in) {
    const int hu = scene.smooth[at];
    mask[in] = space[at] != 0 && dense[at] == 0 && hu >= low_hu && hu <= high_hu ? 1 : 0;
  });
  const Mask core =
      deeper_than(depth_mm(mask, box->grid), vessel_mm - scene.work.grid.step_mm[0][0] / 2);
  if (std::ranges::count(core, 1) == 0) return result;
  const std::vector<float> from_core = depth_mm(core, box->grid);
  const auto reach = static_cast<float>(-vessel_mm - working_mm / 2);
  for_each_in(*box, grid, [&](std::size_t at, std::size_t in) {
    result[at] = mask[in] != 0 && from_core[in] >= reach ? 1 : 0;
  });
  return result;
}

/// 1 where the lung lies within 20 mm of its lowest point in that column: gravity makes it denser.
Mask dependent_part(const Scene& scene, const Mask& space) {
  const Grid& grid = scene.work.grid;
  const std::string& position = scene.volume.header.patient_position;
  const bool prone = position == "HFP" || position == "FFP";
  const int rows = grid.size[1], reach = static_cast<int>(dependent_mm / working_mm);
  Mask result(space.size(), 0);
  const auto mark = [&](int column, int slice) {
    const auto at = [&](int up) {  // from the couch upwards
      return grid.offset(column, prone ? up : rows - 1 - up, slice);
    };
    int first = 0;
    while (first < rows && space[at(first)] == 0) ++first;
    for (int up = first; up < std::min(rows, first + reach); ++up)
      result[at(up)] = space[at(up)] != 0 ? 1 : 0;
  };
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int column = 0; column < grid.size[0]; ++column) mark(column, slice);
  return result;
}

struct Share {
  double part = 0, all = 0;
  double percent() const { return all > 0 ? 100 * part / all : 0; }
  std::string text() const { return number_text(percent(), 1) + " %"; }
};

/// One side's shares of one opacity: away from the dependent 20 mm, in them, and by thirds.
struct Extent {
  Share free, dependent, whole;
  std::array<Share, 3> thirds;  ///< lower, middle, upper
};

struct Height {
  int low = 0, high = 0;
  std::size_t third(int slice) const {
    return index_of(std::clamp(3 * (slice - low) / std::max(1, high - low + 1), 0, 2));
  }
};

Extent extent_of(const Grid& grid, const Mask& space, const Mask& below, Label lung,
                 const Mask& mask, Height height) {
  Extent extent;
  for_each_voxel(grid, [&](std::size_t at, int, int, int slice) {
    if (space[at] != lung) return;
    const double here = mask[at] != 0 ? 1 : 0;
    const auto add = [here](Share& share) { share.part += here, ++share.all; };
    add(extent.whole);
    add(extent.thirds[height.third(slice)]);
    add(below[at] != 0 ? extent.dependent : extent.free);
  });
  return extent;
}

/// What the step found on the working grid.
struct Opacities {
  DenseLung dense;
  Mask high, glass, below;
  std::array<Height, 2> heights;
};

Mask only(const Mask& values, std::uint8_t value, const Mask& space, Label lung) {
  Mask result(values.size());
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = values[i] == value && space[i] == lung ? 1 : 0;
  return result;
}

Measurement percent_of(std::string id, std::string name, double value, double spread) {
  return {.id = std::move(id),
          .name = std::move(name),
          .concept_name = codes::ratio,
          .value = std::round(value * 10) / 10,
          .unit = codes::percent,
          .decimals = 1,
          .uncertainty = std::max(0.5, std::round(10 * spread) / 10),
          .method =
              "share of the closed lung (closing by 15 mm, dome of the liver and heart never "
              "counted), vessels removed by an opening of 3 mm",
          .conditions = {"flagged: expiration, movement and atelectasis raise it; nothing is said "
                         "of its cause"},
          .not_assessed = {},
          .lower_bound = false};
}

/// What lies beyond the border with an organ is missing from the size.
void bound_at_organ(Measurement& measurement) {
  measurement.lower_bound = true;
  measurement.conditions.emplace_back(
      "at least: joined to an organ or the chest wall, what cannot be told from it is not counted");
}

void add_extents(const Scene& scene, const Opacities& found, Label lung, Finding& finding) {
  const Height height = found.heights[lung == right_lung ? 0 : 1];
  const Mask counted = without_excluded(scene, scene.work.grid, found.dense.space);
  const std::string left_out = left_out_words(scene);
  const auto add = [&](const char* part, const char* name, const Mask& mask, bool whole) {
    const Extent extent = extent_of(scene.work.grid, counted, found.below, lung, mask, height);
    const double value = whole ? extent.whole.percent() : extent.free.percent();
    finding.measurements.push_back(
        percent_of(finding.id + '.' + part, name, value, std::min(method_percent, 0.25 * value)));
    auto& conditions = finding.measurements.back().conditions;
    if (!left_out.empty()) conditions.push_back(left_out);
    conditions.push_back("upper third " + extent.thirds[2].text() + ", middle " +
                         extent.thirds[1].text() + ", lower " + extent.thirds[0].text());
    conditions.push_back(std::string(whole ? "of the dependent 20 mm "
                                           : "the dependent 20 mm are left out: of them ") +
                         extent.dependent.text());
  };
  add("high-attenuation", "high-attenuation areas (-600 to -250 HU)", found.high, false);
  add("ground-glass", "ground glass (-700 to -300 HU)", found.glass, false);
  add("consolidation", "consolidation (above -300 HU)",
      only(scene.opaque, consolidation_here, found.dense.space, lung), true);
  if (Measurement& consolidated = finding.measurements.back(); *consolidated.value == 0) {
    consolidated.value.reset(), consolidated.uncertainty.reset();
    consolidated.not_assessed =
        "none was found; what is joined to heart, mediastinum or diaphragm may not have been";
  } else if (found.dense.joined(lung)) {
    bound_at_organ(consolidated);
  }
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
  return finding;
}

/// Ends a sentence that names what is not excluded.
std::string not_searched(const DenseLung& dense) {
  if (dense.joined_missing.empty()) return {};
  return "; what is joined to heart, mediastinum, diaphragm or chest wall was not searched: " +
         dense.joined_missing;
}

/// Median density away from the border, HU; nullopt where all of it is thin.
std::optional<int> inner_hu(const Scene& scene, const Mask& mask) {
  const Mask inner = deeper_than(depth_mm(mask, scene.work.grid), well_inside_mm);
  std::vector<std::int16_t> values;
  for (std::size_t at = 0; at < inner.size(); ++at)
    if (inner[at] != 0) values.push_back(scene.smooth[at]);
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// Consolidation, unless its density is that of fluid too (pleural fluid that was not recognised).
std::string consolidation_title(const Scene& scene, const Mask& airless) {
  const auto hu = inner_hu(scene, airless);
  return hu && *hu < fluid_hu ? "consolidation or pleural fluid" : "consolidation";
}

void propose_sides(const Scene& scene, const Opacities& found, Findings& findings) {
  const double voxel_ml = scene.work.grid.voxel_ml();
  bool any = false;
  for (const Label lung : {right_lung, left_lung}) {
    const Mask airless = only(scene.opaque, consolidation_here, found.dense.space, lung);
    if (std::ranges::count(airless, 1) > 0) {
      any = true;
      findings.push_back(side_finding(scene, "consolidation",
                                      consolidation_title(scene, airless).c_str(),
                                      consolidation_code(), lung, airless));
      if (found.dense.joined(lung)) bound_at_organ(findings.back().measurements.back());
      add_section(scene, findings.back(), airless, glass_high_hu, 3000);
    }
    const Mask glass = only(scene.opaque, ground_glass_here, found.dense.space, lung);
    if (static_cast<double>(std::ranges::count(glass, 1)) * voxel_ml < least_glass_ml) continue;
    findings.push_back(
        side_finding(scene, "ground-glass", "ground glass", glass_code(), lung, glass));
    add_section(scene, findings.back(), glass, glass_low_hu - 100, glass_high_hu + 100);
  }
  if (!any)
    findings.push_back(nothing_detected(
        "consolidation", "Consolidation of 8 mL or more", consolidation_code(), codes::lung,
        "no candidate passed detection; consolidation thinner than 6 mm, or joined to heart, "
        "mediastinum, diaphragm or chest wall, is not excluded" +
            not_searched(found.dense)));
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
  if (part.joined) bound_at_organ(finding.measurements.back());
  add_section(scene, finding, mask, glass_high_hu, 3000);
  return finding;
}

void propose_masses(const Scene& scene, const DenseLung& dense, Findings& findings) {
  int number = 0;
  for (std::size_t i = 0; i < dense.parts.size(); ++i) {
    if (kind_of(dense.parts[i], scene.work.grid.voxel_ml()) != mass_here) continue;
    Mask mask(dense.labels.size());
    std::ranges::transform(dense.labels, mask.begin(),
                           [&](std::uint16_t label) { return label == i + 1 ? 1 : 0; });
    findings.push_back(
        mass_finding(scene, dense.parts[i], body_of_part(mask, scene.work.grid), ++number));
  }
  if (number == 0)
    findings.push_back(nothing_detected(
        "mass", "Lung masses of more than 30 mm", mass_code(), codes::lung,
        "no candidate passed detection; masses joined to mediastinum, hilum, diaphragm or chest "
        "wall are not excluded" +
            not_searched(dense)));
}

Opacities find(Scene& scene) {
  Opacities found{.dense = dense_lung(scene), .high = {}, .glass = {}, .below = {}, .heights = {}};
  const DenseLung& dense = found.dense;
  found.high = hazy(scene, dense.space, dense.labels, high_low_hu, high_high_hu);
  found.glass = hazy(scene, dense.space, dense.labels, glass_low_hu, glass_high_hu);
  found.below = dependent_part(scene, dense.space);
  for (const Label lung : {right_lung, left_lung}) {
    const auto box = crop_around(dense.space, scene.work.grid, 0,
                                 [&](std::uint8_t label) { return label == lung; });
    if (!box) continue;
    found.heights[lung == right_lung ? 0 : 1] = {box->low[2], box->low[2] + box->grid.size[2] - 1};
  }
  scene.opaque = found.glass;
  for (std::size_t at = 0; at < scene.opaque.size(); ++at)
    if (dense.bulk[at] != 0)
      scene.opaque[at] = mediastinum_here;
    else if (dense.labels[at] != 0)
      scene.opaque[at] = kind_of(dense.parts[dense.labels[at] - 1U], scene.work.grid.voxel_ml());
  return found;
}

/// Why the dense parts of the lung may not be measured; empty: they may.
std::string forbidden(const Scene& scene, const Finding& lungs) {
  if (lungs.presence != reporting::Presence::present) return lungs.not_assessed;
  for (const gates::Use use : {gates::Use::density, gates::Use::volume})
    if (const auto may = scene.gates.allowed(use); !may) return may.reason;
  return {};
}

Finding extents_of(const Scene& scene, const Opacities& found, Label lung) {
  const bool right = lung == right_lung;
  Finding extents = measured_finding(
      std::string("opacity.") + (right ? "right" : "left"),
      std::string(right ? "Right" : "Left") + " lung, extent of dense areas", codes::presence,
      codes::lung, right ? reporting::Laterality::right : reporting::Laterality::left);
  add_extents(scene, found, lung, extents);
  if (auto evidence = largest_section(scene, {lung}, extents.id + ".section",
                                      "largest section of the lung that was measured"))
    extents.evidence.push_back(std::move(*evidence));
  return extents;
}

}  // namespace

void opacity(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::chest)) return;
  const std::string reason = forbidden(scene, finding(findings, "lungs"));
  if (!reason.empty()) {
    findings.push_back(not_assessed_finding("opacity", "consolidation, ground glass and masses",
                                            codes::presence, codes::lung, reason));
    return;
  }
  const Opacities found = find(scene);
  for (const Label lung : {right_lung, left_lung})
    if (std::ranges::find(found.dense.space, lung) != found.dense.space.end())
      findings.push_back(extents_of(scene, found, lung));
  propose_sides(scene, found, findings);
  propose_masses(scene, found.dense, findings);
}

}  // namespace tomoscribe::pipeline::measure

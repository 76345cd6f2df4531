// Opacities of the lung (QUANTIFICATION A): shares of the closed lung between -600 and -250 HU
// (high-attenuation areas, Lederer 2009), between -700 and -300 HU (ground glass) and above -300 HU
// (consolidation), vessels removed by an opening of 3 mm; and masses of more than 30 mm. Extent
// only: nothing is said of what they are.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/chest/dense_candidates.h"
#include "pipeline/measure/chest/lying.h"
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
constexpr double method_percent = 3;  // of the lung: QUANTIFICATION A, 2 to 4 %
constexpr double least_seen = 0.5;    // of a third of the lung

/// Bits of a voxel of the lung.
enum Haze : std::uint8_t { high_bit = 1, glass_bit = 2, dependent_bit = 4 };

/// Sets a bit where lung lies between two densities (smoothed), what is thinner than 6 mm (rims of
/// vessels and of the border) left out.
void mark_hazy(const Scene& scene, const DenseLung& dense, int low_hu, int high_hu, Haze bit,
               Mask& haze) {
  const Grid& grid = scene.work.grid;
  const auto box = crop_around(dense.space, grid, 6, [](std::uint8_t v) { return v != 0; });
  if (!box) return;
  Mask mask(box->grid.voxels());
  for_each_in(*box, grid, [&](std::size_t at, std::size_t in) {
    const int hu = scene.smooth[at];
    const bool part = dense.labels[at] != 0 && dense.labels[at] != organ_label;
    mask[in] = dense.space[at] != 0 && !part && hu >= low_hu && hu <= high_hu ? 1 : 0;
  });
  mask = opened(mask, box->grid, vessel_mm);
  for_each_in(*box, grid, [&](std::size_t at, std::size_t in) {
    if (mask[in] != 0) haze[at] = static_cast<std::uint8_t>(haze[at] | bit);
  });
}

/// Lines of voxels of a slice along which the patient lies down.
class Plumbs {
 public:
  Plumbs(const Grid& grid, const Lying& lying)
      : grid_(grid), down_(lying.direction()), by_rows_(down_[1] != 0) {}
  int length() const { return grid_.size[by_rows_ ? 1 : 0]; }
  int lines() const { return grid_.size[by_rows_ ? 0 : 1]; }
  /// \param up  voxels from the lowest
  std::size_t at(int line, int up, int slice) const {
    const int along = down_[0] + down_[1] > 0 ? length() - 1 - up : up;
    return by_rows_ ? grid_.offset(line, along, slice) : grid_.offset(along, line, slice);
  }

 private:
  const Grid& grid_;
  std::array<double, 2> down_;  ///< columns, rows: one of them 0
  bool by_rows_;
};

/// Marks one line from the lung's lowest voxel on.
void mark_line(const Plumbs& plumbs, int line, int slice, const Mask& space, Mask& haze) {
  const int reach = static_cast<int>(dependent_mm / working_mm), length = plumbs.length();
  int first = 0;
  while (first < length && space[plumbs.at(line, first, slice)] == 0) ++first;
  for (int up = first; up < std::min(length, first + reach); ++up) {
    const std::size_t at = plumbs.at(line, up, slice);
    if (space[at] != 0) haze[at] = static_cast<std::uint8_t>(haze[at] | dependent_bit);
  }
}

/// Marks where the lung lies within 20 mm of its lowest point, line by line as the patient lies:
/// gravity makes it denser.
void mark_dependent(const Scene& scene, const Mask& space, const Lying& lying, Mask& haze) {
  const Plumbs plumbs(scene.work.grid, lying);
  for (int slice = 0; slice < scene.work.grid.size[2]; ++slice)
    for (int line = 0; line < plumbs.lines(); ++line) mark_line(plumbs, line, slice, space, haze);
}

struct Share {
  double part = 0, all = 0;
  double percent() const { return all > 0 ? 100 * part / all : 0; }
  std::string text() const { return number_text(percent(), 1) + " %"; }
};

/// Of the lung's height, not of its lobes.
struct Third {
  Share share;
  double voxels = 0;  ///< with those on slices that are left out
  bool seen() const { return share.all >= least_seen * voxels; }
  std::string text() const {
    if (seen()) return share.text();
    return "not assessed (" + number_text(100 * (1 - share.all / voxels), 0) +
           " % of it lies on slices that are left out)";
  }
};

/// One side's shares of one opacity: away from the dependent 20 mm, in them, and by thirds.
struct Extent {
  Share free, dependent, whole;
  std::array<Third, 3> thirds;  ///< lower, middle, upper

  /// "upper third": the first that was not seen; empty where all were.
  std::string unseen() const {
    constexpr std::array names{"lower third", "middle third", "upper third"};
    for (std::size_t i = 3; i-- > 0;)
      if (!thirds[i].seen()) return names[i];
    return {};
  }
};

struct Height {
  int low = 0, high = 0;
  std::size_t third(int slice) const {
    return index_of(std::clamp(3 * (slice - low) / std::max(1, high - low + 1), 0, 2));
  }
};

/// What the step found on the working grid.
struct Opacities {
  DenseLung dense;
  Mask counted;  ///< DenseLung::space without excluded slices; empty where none is excluded
  Mask haze;     ///< Haze
  Lying lying;

  const Mask& seen() const { return counted.empty() ? dense.space : counted; }
};

template <class Is>
Extent extent_of(const Grid& grid, const Opacities& found, Label lung, Height height,
                 const Is& is) {
  Extent extent;
  for_each_voxel(grid, [&](std::size_t at, int, int, int slice) {
    if (found.dense.space[at] != lung) return;
    Third& third = extent.thirds[height.third(slice)];
    ++third.voxels;
    if (found.seen()[at] == 0) return;
    const double here = is(at) ? 1 : 0;
    const auto add = [here](Share& share) { share.part += here, ++share.all; };
    add(extent.whole);
    add(third.share);
    add((found.haze[at] & dependent_bit) != 0 ? extent.dependent : extent.free);
  });
  return extent;
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

/// Shares of one lung, each a measurement of the finding.
class Extents {
 public:
  Extents(const Scene& scene, const Opacities& found, Label lung, Finding& finding)
      : scene_(scene), found_(found), lung_(lung), finding_(finding) {
    const auto box = crop_around(found.dense.space, scene.work.grid, 0,
                                 [&](std::uint8_t label) { return label == lung; });
    if (box) height_ = {box->low[2], box->low[2] + box->grid.size[2] - 1};
  }

  template <class Is>
  Measurement& add(const char* part, const char* name, bool whole, const Is& is) {
    const Extent extent = extent_of(scene_.work.grid, found_, lung_, height_, is);
    const double value = whole ? extent.whole.percent() : extent.free.percent();
    finding_.measurements.push_back(
        percent_of(finding_.id + '.' + part, name, value, std::min(method_percent, 0.25 * value)));
    Measurement& added = finding_.measurements.back();
    const std::string left_out = left_out_words(scene_);
    if (const std::string unseen = extent.unseen(); !unseen.empty())
      withhold(added, "most of the " + unseen + " of the lung's height was not seen: " + left_out);
    if (!left_out.empty()) added.conditions.push_back(left_out);
    added.conditions.push_back(
        "by thirds of the lung's height (not lobes): upper third " + extent.thirds[2].text() +
        ", middle third " + extent.thirds[1].text() + ", lower third " + extent.thirds[0].text());
    const std::string down = "the dependent 20 mm" +
                             (found_.lying.unusual() ? " (lying " + found_.lying.words + ")" : "");
    added.conditions.push_back((whole ? "of " + down + ' ' : down + " are left out: of them ") +
                               extent.dependent.text());
    return added;
  }

 private:
  const Scene& scene_;
  const Opacities& found_;
  Label lung_;
  Finding& finding_;
  Height height_;
};

/// Which parts of that lung are counted as consolidation, by their number in DenseLung::labels.
struct Airless {
  Mask counted;
  bool joined = false, maybe_fluid = false;
};

Airless airless_of(const DenseLung& dense, Label lung, double voxel_ml) {
  Airless all{.counted = Mask(organ_label + 1U, 0)};
  for (std::size_t i = 0; i < dense.parts.size(); ++i) {
    const DensePart& part = dense.parts[i];
    if (part.lung != lung) continue;
    const Proposal what = proposal_of(part, voxel_ml);
    all.maybe_fluid = all.maybe_fluid || what == Proposal::fluid_or_consolidation;
    if (what != Proposal::consolidation) continue;
    all.counted[i + 1] = 1;
    all.joined = all.joined || part.joined;
  }
  return all;
}

void add_extents(const Scene& scene, const Opacities& found, Label lung, Finding& finding) {
  Extents extents(scene, found, lung, finding);
  extents.add("high-attenuation", "high-attenuation areas (-600 to -250 HU)", false,
              [&](std::size_t at) { return (found.haze[at] & high_bit) != 0; });
  extents.add("ground-glass", "ground glass (-700 to -300 HU)", false,
              [&](std::size_t at) { return (found.haze[at] & glass_bit) != 0; });
  const Airless airless = airless_of(found.dense, lung, scene.work.grid.voxel_ml());
  Measurement& consolidated =
      extents.add("consolidation", "consolidation (above -300 HU)", true,
                  [&](std::size_t at) { return airless.counted[found.dense.labels[at]] != 0; });
  if (!consolidated.value) return;
  if (airless.joined && *consolidated.value > 0) bound_at_organ(consolidated);
  const std::string side = lung == right_lung ? "right" : "left";
  if (airless.maybe_fluid)
    withhold(consolidated,
             "in the " + side + " lung a dense area may be pleural fluid or consolidation" +
                 (*consolidated.value > 0 ? "; of other areas " + value_text(consolidated)
                                          : std::string()));
  else if (*consolidated.value == 0 &&
           std::ranges::find(airless.counted, 1) != airless.counted.end())
    withhold(consolidated, left_out_words(scene));
  else if (*consolidated.value == 0)
    withhold(consolidated, "none was found in the " + side +
                               " lung; what is joined to heart, mediastinum or diaphragm may not "
                               "have been");
}

std::uint8_t opaque_as(Proposal what) {
  switch (what) {
    case Proposal::mass: return mass_here;
    case Proposal::consolidation:
    case Proposal::fluid_or_consolidation: return consolidation_here;
    case Proposal::nothing: return 0;
  }
  return 0;
}

Opacities find(Scene& scene) {
  Opacities found{.dense = dense_lung(scene), .counted = {}, .haze = {}, .lying = lying_of(scene)};
  const DenseLung& dense = found.dense;
  found.haze.assign(dense.space.size(), 0);
  mark_hazy(scene, dense, high_low_hu, high_high_hu, high_bit, found.haze);
  mark_hazy(scene, dense, glass_low_hu, glass_high_hu, glass_bit, found.haze);
  mark_dependent(scene, dense.space, found.lying, found.haze);
  if (!left_out_words(scene).empty())
    found.counted = without_excluded(scene, scene.work.grid, dense.space);
  Mask opaque(organ_label + 1U, 0);
  for (std::size_t i = 0; i < dense.parts.size(); ++i)
    opaque[i + 1] = opaque_as(proposal_of(dense.parts[i], scene.work.grid.voxel_ml()));
  opaque[organ_label] = mediastinum_here;
  scene.opaque.resize(dense.labels.size());
  for (std::size_t at = 0; at < scene.opaque.size(); ++at) {
    const bool glass = (found.haze[at] & glass_bit) != 0;
    scene.opaque[at] = dense.labels[at] != 0 ? opaque[dense.labels[at]]
                       : glass               ? std::uint8_t{ground_glass_here}
                                             : std::uint8_t{0};
  }
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
  const std::string id = std::string("opacity.") + (right ? "right" : "left");
  const std::string title = std::string(right ? "Right" : "Left") + " lung, extent of dense areas";
  const auto side = right ? reporting::Laterality::right : reporting::Laterality::left;
  if (std::ranges::find(found.dense.space, lung) == found.dense.space.end()) {
    Finding none = not_assessed_finding(id, title, codes::presence, codes::lung,
                                        "no aerated lung was found on this side");
    none.laterality = side;
    return none;
  }
  Finding extents = measured_finding(id, title, codes::presence, codes::lung, side);
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
    findings.push_back(extents_of(scene, found, lung));
  Mask glass(scene.opaque.size());
  std::ranges::transform(scene.opaque, glass.begin(),
                         [](std::uint8_t here) { return here == ground_glass_here ? 1 : 0; });
  propose_sides(scene, found.dense, glass, findings);
  propose_masses(scene, found.dense, findings);
}

}  // namespace tomoscribe::pipeline::measure

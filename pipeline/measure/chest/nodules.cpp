// Candidates for solid lung nodules (QUANTIFICATION A): round spots of the scale space,
// half-maximum border, rules of shape. A candidate is shown, never asserted; that none is found
// excludes none.
#include <algorithm>
#include <cmath>
#include <span>

#include "pipeline/measure/chest/lung_space.h"
#include "pipeline/measure/chest/nodule_shape.h"
#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "pipeline/measure/two_threads.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;
using reporting::Measurement;

constexpr double ball_mm = 15;   // closes the dent that a nodule on the pleura makes
constexpr double thin_mm = 2.5;  // thicker: large candidates only; the gates end at 5 mm
constexpr double least_scale_mm = 5, least_strength_hu = 80;
constexpr double least_diameter_mm = 5.5, least_diameter_thick_mm = 10;
constexpr double least_inner_hu = -300;  // solid
constexpr std::size_t most_spots = 300, most_candidates = 10, batch = 16;

double thickness_of(const Scene& scene) {
  return std::max(slice_thickness_mm(scene.volume), scene.volume.grid.spacing_mm()[2]);
}

std::string why_not(const Scene& scene, const Findings& findings) {
  const auto& lungs = *std::ranges::find(findings, std::string("lungs"), &Finding::id);
  if (lungs.presence != reporting::Presence::present) return lungs.not_assessed;
  if (const auto may = scene.gates.allowed(gates::Use::nodules); !may) return may.reason;
  return "";
}

bool close_to_any(const Vec3& centre, const std::vector<NoduleShape>& kept) {
  return std::ranges::any_of(kept, [&](const NoduleShape& other) {
    return std::hypot(centre[0] - other.centre_mm[0], centre[1] - other.centre_mm[1],
                      centre[2] - other.centre_mm[2]) < std::max(4.0, other.diameter_mm / 2);
  });
}

/// Consolidation or a mass there was proposed already: one finding must not appear twice. What
/// hangs together with the mediastinum is hilum.
bool in_opacity(const Scene& scene, const Vec3& centre_mm) {
  if (scene.opaque.empty()) return false;
  const Grid& grid = scene.work.grid;
  const Vec3 index = grid.index_at(centre_mm);
  std::array<int, 3> at{};
  for (std::size_t i = 0; i < 3; ++i)
    at[i] = std::clamp(static_cast<int>(std::lround(index[i])), 0, grid.size[i] - 1);
  return scene.opaque[grid.offset(at[0], at[1], at[2])] >= consolidation_here;
}

/// Sides on which too much lung is without air to tell a nodule (QUANTIFICATION A).
std::array<bool, 2> too_dense(const Findings& findings) {
  constexpr double most_percent = 10;
  std::array<bool, 2> sides{};
  for (const Finding& finding : findings)
    for (const Measurement& one : finding.measurements)
      if (one.value.value_or(0) > most_percent) {
        if (one.id == "opacity.right.consolidation") sides[0] = true;
        if (one.id == "opacity.left.consolidation") sides[1] = true;
      }
  return sides;
}

bool is_candidate(const NoduleShape& shape, double least_mm) {
  return why_no_nodule(shape).empty() && shape.diameter_mm >= least_mm &&
         shape.mean_mm() >= least_mm && shape.inner_hu >= least_inner_hu;
}

struct Candidate {
  Spot spot;
  NoduleShape shape;
};

double least_diameter_of(const Scene& scene) {
  // What is less than four pixels wide has no shape.
  const double pixels_mm = 4 * scene.volume.grid.spacing_mm()[0];
  return std::max(pixels_mm, thickness_of(scene) > thin_mm + 0.01 ? least_diameter_thick_mm
                                                                  : least_diameter_mm);
}

/// What may be nodules at a few spots, found on two threads; those that lie on a kept one are left
/// out.
std::vector<std::optional<NoduleShape>> shapes_at(const Scene& scene, const Mask& space,
                                                  std::span<const Spot> spots,
                                                  const std::vector<NoduleShape>& kept) {
  const double least_mm = least_diameter_of(scene);
  std::vector<std::optional<NoduleShape>> shapes(spots.size());
  shared_by_two(spots.size(), [&](std::size_t i) {
    if (close_to_any(spots[i].centre_mm, kept)) return;
    auto shape = nodule_shape(scene, space, spots[i]);
    if (shape && is_candidate(*shape, least_mm)) shapes[i] = std::move(shape);
  });
  return shapes;
}

/// The spots in turn; each that lies on none that was kept before is looked at, up to `most_spots`
/// of them. Shapes are found a batch ahead of their turn: which are kept depends on the order
/// alone.
std::vector<Candidate> candidates_in(const Scene& scene, const Mask& space,
                                     const std::array<bool, 2>& skipped) {
  std::vector<Spot> spots = round_spots(scene, space);
  std::erase_if(spots, [&](const Spot& spot) {
    return spot.diameter_mm < least_scale_mm || spot.strength_hu < least_strength_hu ||
           skipped[spot.lung == right_lung ? 0 : 1] || in_opacity(scene, spot.centre_mm);
  });
  std::vector<Candidate> found;
  std::vector<NoduleShape> kept;
  std::vector<std::optional<NoduleShape>> shapes;
  std::size_t looked_at = 0;
  for (std::size_t i = 0; i < spots.size() && looked_at < most_spots; ++i) {
    if (i % batch == 0)
      shapes = shapes_at(scene, space,
                         std::span(spots).subspan(i, std::min(batch, spots.size() - i)), kept);
    if (close_to_any(spots[i].centre_mm, kept)) continue;
    ++looked_at;
    std::optional<NoduleShape>& shape = shapes[i % batch];
    if (!shape || close_to_any(shape->centre_mm, kept)) continue;
    if (in_opacity(scene, shape->centre_mm)) continue;
    kept.push_back(*shape);
    found.push_back({spots[i], std::move(*shape)});
  }
  std::ranges::stable_sort(found, std::greater{},
                           [](const Candidate& one) { return one.shape.volume_mm3; });
  return found;
}

/// The nodule's voxels on the working grid, for the outline.
Mask on_working_grid(const Scene& scene, const NoduleShape& shape) {
  const Grid& grid = scene.work.grid;
  Mask mask(scene.labels.size(), 0);
  std::size_t at = 0;
  for (int slice = 0; slice < shape.patch.size[2]; ++slice)
    for (int row = 0; row < shape.patch.size[1]; ++row)
      for (int column = 0; column < shape.patch.size[0]; ++column, ++at) {
        if (shape.mask[at] == 0) continue;
        const Vec3 index = grid.index_at(shape.patch.point_mm(column, row, slice));
        std::array<int, 3> nearest{};
        for (std::size_t i = 0; i < 3; ++i)
          nearest[i] = std::clamp(static_cast<int>(std::lround(index[i])), 0, grid.size[i] - 1);
        mask[grid.offset(nearest[0], nearest[1], nearest[2])] = 1;
      }
  return mask;
}

Measurement size_of(std::string id, std::string name, reporting::Code concept_name,
                    reporting::Code unit, double value, double uncertainty, int decimals) {
  const double scale = std::pow(10, decimals);
  return {.id = std::move(id),
          .name = std::move(name),
          .concept_name = std::move(concept_name),
          .value = std::round(value * scale) / scale,
          .unit = std::move(unit),
          .decimals = decimals,
          .uncertainty = std::max(1.0, std::round(uncertainty * scale)) / scale,
          .method =
              "half-maximum border inside the closed lung, cut from vessels by opening; "
              "axes on the axial section with the largest area (Bankier 2017, doi "
              "10.1148/radiol.2017162894)",
          .conditions = {},
          .not_assessed = {},
          .lower_bound = false};
}

Finding finding_of(const Scene& scene, const Mask& space, const Candidate& candidate, int number) {
  const NoduleShape& shape = candidate.shape;
  const bool right = shape.lung == right_lung;
  const auto lung = right ? right_lung : left_lung;
  const double z = scene.work.grid.index_at(shape.centre_mm)[2];
  const std::string id = "nodule." + std::to_string(number);
  // Fat is said only where densities are those of the tissue and noise does not look like it.
  const bool fat =
      scene.gates.allowed(gates::Use::density) && scene.gates.allowed(gates::Use::tissue) &&
      scene.gates.allowed(gates::Use::low_attenuation) && holds_fat(shape, thickness_of(scene));
  Finding finding = candidate_finding(
      id,
      "solid nodule " + std::to_string(number) + ", " + (right ? "right" : "left") + " lung, " +
          third_of(scene, lung, z) + (fat ? ", with fat inside: a hamartoma is possible" : ""),
      codes::nodule, codes::lung,
      right ? reporting::Laterality::right : reporting::Laterality::left);
  const NoduleSpread spread = nodule_spread(scene, space, candidate.spot, shape);
  const auto add = [&](const char* part, const char* name, const reporting::Code& concept_name,
                       const reporting::Code& unit, double value, double u, int decimals) {
    finding.measurements.push_back(
        size_of(id + '.' + part, name, concept_name, unit, value, u, decimals));
    finding.measurements.back().conditions = {
        "slices " + number_text(thickness_of(scene), 2) + " mm",
        "candidate of a detector: to be confirmed by a person"};
    if (spread.lost)
      finding.measurements.back().conditions.emplace_back(
          "flagged: its shape is lost when the border moves by 50 HU, so that its size is "
          "uncertain");
    if (thickness_of(scene) > thin_mm + 0.01)
      finding.measurements.back().conditions.emplace_back(
          "thick slices: the size is uncertain, thin slices are advised");
  };
  add("diameter", "mean diameter", codes::diameter, codes::millimetre, shape.mean_mm(),
      spread.diameter_mm, 1);
  add("long", "long axis", codes::long_axis, codes::millimetre, shape.long_mm, spread.diameter_mm,
      1);
  add("short", "short axis", codes::short_axis, codes::millimetre, shape.short_mm,
      spread.diameter_mm, 1);
  add("volume", "volume", codes::volume, codes::cubic_millimetre, shape.volume_mm3,
      spread.volume_mm3, 0);
  add("attenuation", "attenuation inside", codes::attenuation, codes::hounsfield, shape.inner_hu,
      20, 0);
  if (fat)
    finding.measurements.back().conditions.push_back(
        "-120 to -40 HU in " + number_text(100 * shape.fat_share, 0) +
        " % of the inner half: fat (Siegelman 1986, Radiology 160:313)");
  if (is_excluded(scene, shape.centre_mm))
    withhold(finding.measurements.back(), left_out_words(scene));
  const double border = shape.border_hu;
  const Mask mask = on_working_grid(scene, shape);
  bound_at_scan_end(scene, mask, finding);
  if (auto evidence = mask_section(scene, mask, id + ".section", "largest section of the candidate",
                                   [border](std::int16_t hu) { return hu > border; }))
    finding.evidence.push_back(std::move(*evidence));
  return finding;
}

}  // namespace

void nodules(Scene& scene, Findings& findings) {
  if (const std::string reason = why_not(scene, findings); !reason.empty()) {
    if (scene.shows(BodyRegion::chest))
      findings.push_back(
          not_assessed_finding("nodules", "lung nodules", codes::nodule, codes::lung, reason));
    return;
  }
  const Mask space = lung_space(scene, ball_mm);
  const std::array<bool, 2> skipped = too_dense(findings);
  const std::vector<Candidate> found = candidates_in(scene, space, skipped);
  const auto skip = [&](std::size_t side, const char* word, reporting::Laterality laterality) {
    if (!skipped[side]) return;
    findings.push_back(not_assessed_finding(
        std::string("nodules.") + word, std::string("lung nodules, ") + word, codes::nodule,
        codes::lung, "more than 10 % of this lung is consolidated"));
    findings.back().laterality = laterality;
  };
  skip(0, "right", reporting::Laterality::right);
  skip(1, "left", reporting::Laterality::left);
  const bool thick = thickness_of(scene) > thin_mm + 0.01;
  const std::size_t listed = std::min(found.size(), most_candidates);
  for (std::size_t i = 0; i < listed; ++i)
    findings.push_back(finding_of(scene, space, found[i], static_cast<int>(i) + 1));
  if (listed > 0) say_unlisted(findings, listed, found.size());
  // That the lung bases above an abdomen hold none is not said.
  if (found.empty() && ((skipped[0] && skipped[1]) || !scene.shows(BodyRegion::chest))) return;
  findings.push_back(search_outcome(
      "nodules", std::string("Solid lung nodules of ") + (thick ? "10" : "6") + " mm or more",
      codes::nodule, codes::lung, !found.empty(),
      "nodules that are smaller, of ground glass or joined to vessels or the pleura are not "
      "excluded" +
          part_words(scene, {right_lung, left_lung}, "lungs")));
}

}  // namespace tomoscribe::pipeline::measure

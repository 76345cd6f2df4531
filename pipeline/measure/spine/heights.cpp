// Vertebral bodies that are lower in front or in the middle than at the back, or lower than their
// neighbours (QUANTIFICATION A; Genant 1993, J Bone Miner Res 8:1137). A quarter and more is
// proposed; what is less is as often shape as fracture.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "pipeline/measure/spine/body_heights.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;
using reporting::Measurement;

constexpr int t1 = 8, l5 = 24;
constexpr double most_slice_mm = 3, metal_hu = 1000;
constexpr double grade_2 = 0.25, grade_3 = 0.40;
constexpr double method_loss = 0.07;  // two standard deviations of the loss on phantoms
constexpr const char* what = "Vertebral bodies lower by more than a quarter";

/// One vertebra of the thoracic or lumbar spine and what was measured of it.
struct Body {
  Vertebra vertebra;
  BodyBox box;
  BodyHeights heights;
  std::string name() const {
    return vertebra.number > 0 ? vertebra.name() : "a vertebra that is not named";
  }
  bool judged() const { return heights.not_assessed.empty(); }
};

struct Loss {
  double share = 0, uncertainty = 0;
  const char* where = "";
};

std::string refusal(const Scene& scene) {
  if (!scene.spine.found()) return "no spinal canal was found";
  if (!scene.vertebrae.named) return scene.vertebrae.reason;
  if (const auto may = scene.gates.allowed(gates::Use::size); !may) return may.reason;
  const double slice_mm =
      std::max({slice_thickness_mm(scene.volume), scene.volume.grid.spacing_mm()[2],
                scene.volume.widest_step_mm});
  if (slice_mm > most_slice_mm + 0.01)
    return "slices of " + number_text(slice_mm, 1) + " mm > " + number_text(most_slice_mm, 0) +
           " mm: endplates are not seen sharply enough";
  return "";
}

bool reaches_excluded(const Scene& scene, const BodyBox& box) {
  return std::ranges::any_of(std::array{-1.0, -0.5, 0.0, 0.5, 1.0}, [&](double share) {
    const Vec3 at = box.plane.at(box.plane.body, 0, 0, share * box.half_height_mm);
    return is_excluded(scene, scene.work.grid.point_mm(at[0], at[1], at[2]));
  });
}

bool has_cement(const BodyBox& box) {
  constexpr int around = 6;
  const int high = static_cast<int>(0.7 * box.half_height_mm / BodyBox::up_mm);
  for (int k = -high; k <= high; ++k)
    for (int y = -around; y <= around; ++y)
      for (int x = -around; x <= around; ++x)
        if (box.hu[BodyBox::at(x, y, k)] > metal_hu) return true;
  return false;
}

/// The scan's vertebrae with one more at each end, whose endplates bound the last discs.
std::vector<Body> bodies_of(const Scene& scene) {
  std::vector<Vertebra> list = scene.vertebrae.all;
  const auto height = [](const Vertebra& one) { return one.upper_disc - one.lower_disc; };
  const Vertebra below{.lower_disc = list.front().lower_disc - height(list.front()),
                       .upper_disc = list.front().lower_disc};
  const Vertebra above{.lower_disc = list.back().upper_disc,
                       .upper_disc = list.back().upper_disc + height(list.back())};
  list.insert(list.begin(), below);
  list.push_back(above);
  std::vector<BodyBox> boxes;
  boxes.reserve(list.size());
  for (const Vertebra& one : list) boxes.push_back(body_box(scene, one));
  const std::vector<BodyHeights> heights = body_heights(boxes);
  std::vector<Body> bodies;
  bodies.reserve(list.size());
  for (std::size_t i = 1; i + 1 < list.size(); ++i) {
    bodies.push_back({list[i], std::move(boxes[i]), heights[i]});
    if (reaches_excluded(scene, bodies.back().box))
      bodies.back().heights.not_assessed = left_out_words(scene);
    else if (has_cement(bodies.back().box))
      bodies.back().heights.not_assessed = "metal or cement in the vertebral body";
  }
  return bodies;
}

/// T1 to L5; one that is not named where it lies between or below those that are.
void keep_thoracic_and_lumbar(std::vector<Body>& bodies) {
  const auto other = [](const Body& one) {
    return one.vertebra.number > 0 && (one.vertebra.number < t1 || one.vertebra.number > l5);
  };
  const auto named = [](const Body& one) { return one.vertebra.number > 0; };
  const auto highest = std::ranges::find_if(bodies.rbegin(), bodies.rend(), named).base();
  bodies.erase(highest, bodies.end());
  std::erase_if(bodies, other);
}

/// Means of the heights of those judged within two places; nullopt where there is none.
std::optional<BodyHeights> around(const std::vector<Body>& bodies, std::size_t at) {
  constexpr std::size_t reach = 2;
  BodyHeights sum;
  double count = 0;
  for (std::size_t i = at < reach ? 0 : at - reach; i < std::min(bodies.size(), at + reach + 1);
       ++i) {
    if (i == at || !bodies[i].judged()) continue;
    sum.back_mm += bodies[i].heights.back_mm, sum.middle_mm += bodies[i].heights.middle_mm;
    sum.front_mm += bodies[i].heights.front_mm, ++count;
  }
  if (count < 1) return std::nullopt;
  sum.back_mm /= count, sum.middle_mm /= count, sum.front_mm /= count;
  return sum;
}

/// What each is compared with; those that cannot be are no longer judged.
std::vector<std::optional<BodyHeights>> neighbours_of(std::vector<Body>& bodies) {
  constexpr double most_back = 1.2;
  std::vector<std::optional<BodyHeights>> others(bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) others[i] = around(bodies, i);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (!bodies[i].judged()) continue;
    if (!others[i])
      bodies[i].heights.not_assessed = "no neighbour to compare it with";
    else if (bodies[i].heights.back_mm > most_back * others[i]->back_mm)
      bodies[i].heights.not_assessed = "an endplate went astray";
  }
  return others;
}

/// The greatest loss that the body's own back and its neighbours both show.
std::optional<Loss> loss_of(const Scene& scene, const Body& body, const BodyHeights& others) {
  constexpr double least_against_others = 0.15;
  const BodyHeights& own = body.heights;
  const double error_mm =
      std::hypot(own.uncertainty_mm, scene.volume.grid.spacing_mm()[2] / std::sqrt(12.0));
  const double uncertainty = std::hypot(own.uncertainty_mm / own.back_mm, method_loss);
  Loss most;
  const auto take = [&](double share, double against_others, double error, const char* where) {
    if (share - error > most.share - most.uncertainty && against_others > least_against_others)
      most = {share, error, where};
  };
  take(1 - own.front_mm / own.back_mm, 1 - own.front_mm / others.front_mm, uncertainty, "in front");
  take(1 - own.middle_mm / own.back_mm, 1 - own.middle_mm / others.middle_mm, uncertainty,
       "in the middle");
  const double all = 1 - std::max({own.back_mm / others.back_mm, own.middle_mm / others.middle_mm,
                                   own.front_mm / others.front_mm});
  take(all, all, std::hypot(error_mm / others.back_mm, method_loss), "as a whole");
  if (most.share <= grade_2 + most.uncertainty) return std::nullopt;
  return most;
}

/// The vertebrae judged and those not, with reasons, from above.
std::string judged_words(const std::vector<Body>& bodies) {
  std::string judged, left;
  int unnamed = 0;
  for (std::size_t i = bodies.size(); i-- > 0;) {
    const Body& one = bodies[i];
    if (!one.judged())
      left += (left.empty() ? "" : ", ") + one.name() + " (" + one.heights.not_assessed + ")";
    else if (one.vertebra.number > 0)
      judged += (judged.empty() ? "" : ", ") + one.name();
    else
      ++unnamed;
  }
  if (unnamed > 0)
    judged += (judged.empty() ? "" : " and ") + std::to_string(unnamed) + " that are not named";
  return "judged: " + judged + (left.empty() ? "" : "; not judged: " + left);
}

/// "2", "3", or both where the uncertainty reaches over the limit.
const char* grade_words(const Loss& loss) {
  if (loss.share - loss.uncertainty > grade_3) return "3";
  return loss.share + loss.uncertainty > grade_3 ? "2 or 3" : "2";
}

Mask body_mask(const Scene& scene, const Body& body) {
  const Grid& grid = scene.work.grid;
  const CurvePlane& plane = body.box.plane;
  Mask mask(scene.body.size(), 0);
  const double half_mm = body.box.half_height_mm + 5;
  const int low = std::max(0, static_cast<int>(plane.body[2] - half_mm / working_mm));
  const int high =
      std::min(grid.size[2] - 1, static_cast<int>(plane.body[2] + half_mm / working_mm));
  const auto along = [](const Vec3& a, const Vec3& b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  };
  for (int slice = low; slice <= high; ++slice)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column) {
        const Vec3 from{(column - plane.body[0]) * working_mm, (row - plane.body[1]) * working_mm,
                        (slice - plane.body[2]) * working_mm};
        const double x = along(from, plane.across), y = along(from, plane.forward),
                     up = along(from, plane.up);
        if (std::hypot(x / plane.half_width_mm, y / plane.half_depth_mm) <= 1 &&
            up <= body.heights.upper.at(x, y) && -up <= body.heights.lower.at(x, y))
          mask[grid.offset(column, row, slice)] = 1;
      }
  return mask;
}

Measurement measurement(const std::string& id, const char* part, std::string name, double value,
                        double uncertainty, const std::string& judged) {
  const bool percent = std::string_view(part) == "loss";
  return {.id = id + '.' + part,
          .name = std::move(name),
          .concept_name = percent ? codes::ratio : reporting::Code{"410668003", "SCT", "Length"},
          .value = std::round(value),
          .unit = percent ? codes::percent : codes::millimetre,
          .decimals = 0,
          .uncertainty = std::max(1.0, std::round(uncertainty)),
          .method =
              "distance between both endplates, found in the volume's voxels in columns 1 mm "
              "apart and 3 mm inside the cortex; at the front and back edge and in the "
              "middle; graded as Genant 1993 (J Bone Miner Res 8:1137) grades radiographs; "
              "uncertainty: halves of the body, other steepness, of a loss 7 % (two SD on "
              "phantoms), of a "
              "height one slice",
          .conditions = {"level estimated", judged},
          .not_assessed = {},
          .lower_bound = false};
}

Finding finding_of(const Scene& scene, const Body& body, const Loss& loss, int number,
                   const std::string& judged) {
  const std::string id = "spine.height." + std::to_string(number);
  const bool graded = static_cast<bool>(scene.gates.allowed(gates::Use::norms));
  Finding finding = candidate_finding(id,
                                      "loss of height of " + body.name() + " " + loss.where +
                                          (graded ? ", by the height Genant grade " : "") +
                                          (graded ? grade_words(loss) : "") +
                                          "; old, new or a variant of shape cannot be told",
                                      codes::presence, codes::spine);
  const BodyHeights& heights = body.heights;
  finding.measurements.push_back(measurement(id, "loss",
                                             std::string("loss of height ") + loss.where,
                                             100 * loss.share, 100 * loss.uncertainty, judged));
  for (const auto& [part, name, value] :
       {std::tuple{"anterior", "anterior height", heights.front_mm},
        std::tuple{"middle", "middle height", heights.middle_mm},
        std::tuple{"posterior", "posterior height", heights.back_mm}})
    finding.measurements.push_back(
        measurement(id, part, name, value,
                    std::hypot(heights.uncertainty_mm, scene.volume.grid.spacing_mm()[2]), judged));
  const char* rule =
      loss.share - loss.uncertainty > grade_3 ? "vertebra.loss-40" : "vertebra.loss-25";
  if (graded) reporting::knowledge::recommend(finding, reporting::knowledge::rule(rule));
  if (auto evidence = mask_section(scene, body_mask(scene, body), id + ".body",
                                   body.name() + " (estimated level)"))
    finding.evidence.push_back(std::move(*evidence));
  return finding;
}

Finding absent(std::string reason) {
  return not_assessed_finding("spine.height",
                              "heights of the vertebral bodies, compression fractures",
                              codes::presence, codes::spine, std::move(reason));
}

}  // namespace

void vertebral_heights(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::chest) && !scene.shows(BodyRegion::abdomen)) return;
  if (std::string reason = refusal(scene); !reason.empty())
    return findings.push_back(absent(std::move(reason)));
  std::vector<Body> bodies = bodies_of(scene);
  keep_thoracic_and_lumbar(bodies);
  const auto judged = std::ranges::count_if(bodies, &Body::judged);
  if (judged < 2)
    return findings.push_back(absent("endplates are seen clearly of fewer than two vertebrae"));
  const std::vector<std::optional<BodyHeights>> others = neighbours_of(bodies);
  if (std::ranges::none_of(bodies, &Body::judged))
    return findings.push_back(absent("endplates are seen clearly of fewer than two vertebrae"));
  const std::string words = judged_words(bodies);
  int number = 0;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (!bodies[i].judged()) continue;
    if (const auto loss = loss_of(scene, bodies[i], *others[i]))
      findings.push_back(finding_of(scene, bodies[i], *loss, ++number, words));
  }
  findings.push_back(search_outcome(
      "spine.height", what, codes::presence, codes::spine, number > 0,
      words + "; losses of less than a quarter, fractures without loss of height and fractures of "
              "arches and processes are not excluded"));
}

}  // namespace tomoscribe::pipeline::measure

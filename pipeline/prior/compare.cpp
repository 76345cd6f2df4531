#include "pipeline/prior/compare.h"

#include <algorithm>
#include <cmath>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/prior/growth.h"
#include "pipeline/prior/pairs.h"
#include "pipeline/prior/rigid.h"
#include "pipeline/prior/search.h"
#include "pipeline/prior/tracking.h"
#include "reporting/knowledge/rules.h"
#include "reporting/same_patient.h"

namespace tomoscribe::pipeline::prior {
namespace {

using reporting::Finding;
using reporting::Measurement;
namespace codes = measure::codes;

constexpr double match_mm = 15, most_residual_mm = 5;
constexpr double days_a_year = 366;

const reporting::Code comparison_code{"comparison", "99TOMO", "Comparison with an earlier study"};
const reporting::Code residual_code{"registration-residual", "99TOMO", "Registration residual"};
const reporting::Code interval_code{"interval", "99TOMO", "Time since the earlier study"};

std::string name_of(const reporting::Study& study) {
  std::string text = "the CT of " + study.started->iso().substr(0, 10);
  const reporting::SeriesUse* series = searched_series(study);
  if (series != nullptr && series->number) text += ", series " + std::to_string(*series->number);
  return text;
}

std::chrono::sys_days day_of(const reporting::Study& study) {
  return std::chrono::floor<std::chrono::days>(study.started->utc + study.started->offset);
}

double days_between(const reporting::Study& current, const reporting::Study& earlier) {
  return static_cast<double>((day_of(current) - day_of(earlier)).count());
}

Measurement measured(std::string id, std::string name, reporting::Code concept_name,
                     reporting::Code unit, double value, double uncertainty, int decimals,
                     std::string method) {
  const double scale = std::pow(10, decimals);
  return {.id = std::move(id),
          .name = std::move(name),
          .concept_name = std::move(concept_name),
          .value = std::round(value * scale) / scale,
          .unit = std::move(unit),
          .decimals = decimals,
          .uncertainty = uncertainty > 0 ? std::optional(uncertainty) : std::nullopt,
          .method = std::move(method),
          .conditions = {},
          .not_assessed = {},
          .lower_bound = false};
}

double apart_mm(const Vec3& one, const Vec3& other) {
  return std::hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

/// How far the places of one lesion may lie apart: one that grows does not do so evenly.
double reach_mm(const Finding& now, const Finding& then) {
  return std::max({match_mm, diameter_mm(now) / 2, diameter_mm(then) / 2});
}

/// A lesion with a place, on the side of the other.
bool may_be_the_same(const Finding& now, const Finding& then) {
  return place_of(now) && place_of(then) && may_share_a_side(now, then);
}

std::vector<Match> matches(const std::vector<Finding>& now, const std::vector<Finding>& then,
                           const Rigid& to_earlier) {
  return nearest_pairs(
      now.size(), then.size(), [&](std::size_t i, std::size_t j) -> std::optional<double> {
        if (!is_lesion(now[i]) || !is_lesion(then[j])) return std::nullopt;
        if (!may_be_the_same(now[i], then[j])) return std::nullopt;
        const double mm = apart_mm(to_earlier(*place_of(now[i])), *place_of(then[j]));
        if (mm > reach_mm(now[i], then[j])) return std::nullopt;
        return mm;
      });
}

/// Both studies with their registration.
struct Registered {
  const EarlierStudy& earlier;
  const measure::Scene& scene;
  Rigid to_earlier;
  double days;
  std::string why_no_change;  ///< why sizes cannot be compared
  Searched now, then;
};

Measurement density_at(const LungImage& lungs, const Vec3& place, std::string id,
                       std::string name) {
  Measurement density =
      measured(std::move(id), std::move(name), codes::attenuation, codes::hounsfield, 0, 0, 0,
               "mean of a ball of 3 mm radius at the place that the registration "
               "gives");
  density.value = std::nullopt;
  if (const auto hu = mean_hu(lungs, place, look_mm))
    density.value = std::round(*hu);
  else
    density.not_assessed = "the place is not among the lungs";
  return density;
}

/// The earlier sizes beside the current ones.
std::vector<Measurement> sizes_then(const Finding& now, const Finding& then) {
  std::vector<Measurement> sizes;
  for (const Measurement& one : then.measurements) {
    const std::string part = one.id.substr(then.id.size());
    if (part != ".diameter" && part != ".volume") continue;
    sizes.push_back(one);
    sizes.back().id = now.id + ".earlier" + part;
  }
  return sizes;
}

/// Of a nodule that grew beyond the measurement error.
void say_rules(Finding& nodule, double days) {
  namespace knowledge = reporting::knowledge;
  for (const Measurement& one : nodule.measurements) {
    if (!one.value || std::abs(*one.value) <= one.uncertainty.value_or(0)) continue;
    const auto apply = [&](const char* id) {
      if (knowledge::reached(knowledge::rule(id), one))
        knowledge::recommend(nodule, knowledge::rule(id));
    };
    if (one.id.ends_with(".change")) apply("nodule.volume-change-25");
    if (one.id.ends_with(".doubling")) apply("nodule.doubling-400");
    if (one.id.ends_with(".diameter-change") && days <= days_a_year)
      apply("nodule.diameter-change-1.5");
  }
}

void say_match(const Registered& both, Finding& now, const Finding& then, double distance_mm) {
  Growth change = growth(now, then, both.days, both.why_no_change);
  for (Measurement& one : change.measurements) {
    one.conditions = {"the same lesion: " + measure::number_text(distance_mm, 1) +
                          " mm from it after registration",
                      "slice thickness and kernel of the same class"};
    if (now.observation != then.observation)
      one.conditions.emplace_back("measured as a nodule in one study and as a mass in the other");
    now.measurements.push_back(std::move(one));
  }
  now.tracking = then.tracking;
  now.comparison = reporting::Comparison{.study = both.earlier.study.uid,
                                         .outcome = std::move(change.outcome),
                                         .measurements = sizes_then(now, then),
                                         .evidence = then.evidence.front()};
  if (now.comparison->outcome == larger) say_rules(now, both.days);
}

/// Of the lesions without a match those that lay where a study before the earlier one showed one:
/// each lost lesion once.
std::vector<Match> found_again(const std::vector<Finding>& now, const EarlierStudy& earlier,
                               const Rigid& to_earlier) {
  const std::vector<Finding>& lost = earlier.lost;
  return nearest_pairs(
      now.size(), lost.size(), [&](std::size_t i, std::size_t j) -> std::optional<double> {
        if (!is_lesion(now[i]) || now[i].comparison || !may_be_the_same(now[i], lost[j]))
          return std::nullopt;
        const double mm = apart_mm(to_earlier(*place_of(now[i])), *place_of(lost[j]));
        if (mm > reach_mm(now[i], now[i])) return std::nullopt;
        return mm;
      });
}

/// \param lost  the lesion of a study before the earlier one that lay there; nullptr: none.
void say_unmatched(const Registered& both, Finding& now, const Finding* lost) {
  now.comparison = reporting::Comparison{.study = both.earlier.study.uid,
                                         .outcome = "not compared: its place is not known",
                                         .measurements = {},
                                         .evidence = {}};
  if (!place_of(now)) return;
  const Vec3 place = both.to_earlier(*place_of(now));
  now.comparison->outcome = why_not_searched(both.then, place, now);
  now.comparison->measurements = {
      density_at(*both.earlier.lungs, place, now.id + ".earlier.density", "density at that place")};
  if (lost != nullptr) {
    now.tracking = lost->tracking;
    now.comparison->outcome +=
        std::string(now.comparison->outcome.empty()
                        ? "no candidate at the matching place, where aerated lung lay"
                        : "") +
        "; a study before that one showed a candidate there, with which this one shares its "
        "tracking UID";
  } else if (now.comparison->outcome.empty()) {
    now.comparison->outcome =
        "no candidate at the matching place, where aerated lung lay: it may be new";
  }
}

/// A ball on the working grid, for the outline of a place where nothing was found.
measure::Mask ball_at(const measure::Scene& scene, const Vec3& centre, double radius_mm) {
  measure::Mask mask(scene.labels.size(), 0);
  measure::for_each_voxel(scene.work.grid, [&](std::size_t at, int column, int row, int slice) {
    const Vec3 point = scene.work.grid.point_mm(column, row, slice);
    if (std::hypot(point[0] - centre[0], point[1] - centre[1], point[2] - centre[2]) <= radius_mm)
      mask[at] = 1;
  });
  return mask;
}

Finding not_seen(const Registered& both, const Finding& then) {
  const std::string id = "earlier." + then.id;
  std::string title = then.title;
  if (const auto words = title.find(": "); words != std::string::npos) title.erase(0, words + 2);
  Finding finding = measure::candidate_finding(id, "the earlier study's " + title, then.observation,
                                               then.site, then.laterality);
  finding.tracking = then.tracking;
  finding.comparison = reporting::Comparison{.study = both.earlier.study.uid,
                                             .outcome = "not compared: its place is not known",
                                             .measurements = sizes_then(finding, then),
                                             .evidence = std::nullopt};
  if (!then.evidence.empty()) finding.comparison->evidence = then.evidence.front();
  if (!place_of(then)) return finding;
  const Vec3 place = both.to_earlier.back(*place_of(then));
  finding.measurements = {
      density_at(both.now.lungs, place, id + ".density", "density at the matching place now")};
  finding.comparison->outcome = why_not_searched(both.now, place, then);
  if (finding.comparison->outcome.empty())
    finding.comparison->outcome =
        "no candidate at the matching place, where aerated lung lies: not seen any more";
  constexpr double outline_mm = 6;
  if (auto evidence =
          measure::mask_section(both.scene, ball_at(both.scene, place, outline_mm), id + ".place",
                                "where the earlier study's candidate lay"))
    finding.evidence.push_back(std::move(*evidence));
  return finding;
}

void compare_lesions(const Registered& both, reporting::ReportVersion& version) {
  std::vector<Finding>& now = version.findings;
  const std::vector<Finding>& then = both.earlier.findings;
  const std::vector<Match> same = matches(now, then, both.to_earlier);
  for (const Match& one : same) say_match(both, now[one.now], then[one.then], one.distance_mm);
  const std::vector<Match> again = found_again(now, both.earlier, both.to_earlier);
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (!is_lesion(now[i]) || now[i].comparison) continue;
    const auto lost = std::ranges::find(again, i, &Match::now);
    say_unmatched(both, now[i], lost == again.end() ? nullptr : &both.earlier.lost[lost->then]);
  }
  std::vector<Finding> gone;
  gone.reserve(then.size());
  for (std::size_t j = 0; j < then.size(); ++j)
    if (is_lesion(then[j]) && std::ranges::find(same, j, &Match::then) == same.end())
      gone.push_back(not_seen(both, then[j]));
  std::ranges::move(gone, std::back_inserter(now));
}

std::string why_sizes(const reporting::Study& current, const reporting::Study& earlier) {
  const reporting::SeriesUse* now = searched_series(current);
  const reporting::SeriesUse* then = searched_series(earlier);
  if (now == nullptr || then == nullptr || !now->health || !then->health)
    return "how a series was made is not known";
  return why_sizes_differ(*now->health, *then->health);
}

/// Lesions that were found and have no place: their study states no frame of reference.
bool has_no_places(const std::vector<Finding>& findings) {
  return std::ranges::any_of(findings, [](const Finding& one) {
    return is_lesion(one) && !one.evidence.empty() &&
           !one.evidence.front().frame_of_reference.has_value();
  });
}

/// "current" or "earlier": the study whose lesions have no places; "" where all have.
const char* without_places(const std::vector<Finding>& now, const std::vector<Finding>& then) {
  if (has_no_places(now)) return "current";
  return has_no_places(then) ? "earlier" : "";
}

/// Registration smooths cubes of 4.5 mm and needs some of them along each axis.
bool may_be_aligned(const LungImage& lungs) {
  constexpr double least_side_mm = 30;
  return std::ranges::all_of(lungs.image.grid.size, [](int voxels) {
    return voxels * measure::working_mm >= least_side_mm;
  });
}

}  // namespace

std::string why_no_prior(const reporting::Study& current, const reporting::Study& earlier) {
  if (std::string why = reporting::why_not_one_patient(current.patient, earlier.patient);
      !why.empty())
    return why;
  if (current.uid == earlier.uid) return "the earlier study is this study itself";
  if (!current.started || !earlier.started) return "one of the studies has no date";
  if (day_of(earlier) >= day_of(current)) return "the earlier study is not of an earlier day";
  return "";
}

void compare(const EarlierStudy& earlier, const measure::Scene& scene,
             reporting::ReportVersion& version) {
  const std::string title = "Comparison with " + name_of(earlier.study);
  const auto impossible = [&](const std::string& reason) {
    version.findings.push_back(
        measure::not_assessed_finding("comparison", title, comparison_code, codes::lung, reason));
  };
  if (const char* whose = without_places(version.findings, earlier.findings); *whose != 0)
    return impossible(std::string("the images of the ") + whose +
                      " study state no frame of reference, so that its nodules and masses have no "
                      "place that could be compared");
  const std::optional<LungImage> current = lung_image(scene);
  if (!current || !earlier.lungs) return impossible("lungs are not found in both studies");
  if (!may_be_aligned(*current) || !may_be_aligned(*earlier.lungs))
    return impossible("the studies share too little of the lungs");
  const Rigid rigid = align(*current, *earlier.lungs);
  const auto residual = residual_mm(*current, *earlier.lungs, rigid);
  if (!residual) return impossible("the studies share too little of the lungs");
  if (*residual > most_residual_mm)
    return impossible("after registration the lungs' surfaces lie " +
                      measure::number_text(*residual, 1) +
                      " mm apart (root mean square), more than " +
                      measure::number_text(most_residual_mm, 0) + " mm");
  const double days = days_between(version.study, earlier.study);
  Finding finding = measure::measured_finding("comparison", title, comparison_code, codes::lung);
  finding.measurements = {
      measured("comparison.interval", "time between the studies", interval_code,
               {"d", "UCUM", "day"}, days, 0, 0, "dates of the headers"),
      measured("comparison.residual", "distance of the lungs' surfaces after registration",
               residual_code, codes::millimetre, *residual, 0, 1,
               "root mean square over the surface that both studies show; rigid registration by "
               "least squares "
               "of HU")};
  measure::verify_by_measurements(finding);
  version.findings.push_back(std::move(finding));
  const std::vector<Finding> searched = version.findings;  // what is said of them changes below
  compare_lesions({.earlier = earlier,
                   .scene = scene,
                   .to_earlier = rigid,
                   .days = days,
                   .why_no_change = why_sizes(version.study, earlier.study),
                   .now = {version.study, searched, *current},
                   .then = {earlier.study, earlier.findings, *earlier.lungs}},
                  version);
}

Finding nothing_compared(const std::vector<std::string>& held) {
  std::string reason;
  for (const std::string& one : held) reason += (reason.empty() ? "" : "; ") + one;
  return measure::not_assessed_finding("comparison", "Comparison with an earlier study",
                                       comparison_code, codes::lung, reason);
}

}  // namespace tomoscribe::pipeline::prior

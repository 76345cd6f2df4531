#include "pipeline/prior/compare.h"

#include <algorithm>
#include <cmath>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/prior/growth.h"
#include "pipeline/prior/rigid.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::prior {
namespace {

using reporting::Finding;
using reporting::Measurement;
namespace codes = measure::codes;

constexpr double match_mm = 15, most_residual_mm = 5;
constexpr double look_mm = 3;      // radius in which a place without a candidate is looked at
constexpr double dense_hu = -500;  // aerated lung lies below
constexpr double thin_mm = 2.5;    // as the detector of nodules
constexpr double least_mm = 6, least_thick_mm = 10;
constexpr double days_a_year = 366;

const reporting::Code comparison_code{"comparison", "99TOMO", "Comparison with an earlier study"};
const reporting::Code residual_code{"registration-residual", "99TOMO", "Registration residual"};
const reporting::Code interval_code{"interval", "99TOMO", "Time since the earlier study"};

bool is_nodule(const Finding& finding) {
  return finding.id.starts_with("nodule.") && !finding.evidence.empty() &&
         finding.evidence.front().point_mm.has_value();
}

Vec3 centre_of(const Finding& finding) {
  return *finding.evidence.front().point_mm;
}

/// Where nodules were searched: of two reconstructions that were read the edge-enhancing one.
const reporting::SeriesUse* read_series(const reporting::Study& study) {
  const auto sharp = std::ranges::find_if(study.series, [](const reporting::SeriesUse& series) {
    return series.used && series.health && series.health->kernel_class == "sharp";
  });
  if (sharp != study.series.end()) return &*sharp;
  const auto used = std::ranges::find(study.series, true, &reporting::SeriesUse::used);
  return used == study.series.end() ? nullptr : &*used;
}

std::string name_of(const reporting::Study& study) {
  std::string text = "the CT of " + study.started->iso().substr(0, 10);
  const reporting::SeriesUse* series = read_series(study);
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

/// How the searches for nodules of both studies were made.
struct Search {
  std::string not_assessed;  ///< why there was none
  double least_diameter_mm = least_mm;
};

Search search_of(const reporting::Study& study, const std::vector<Finding>& findings) {
  Search search;
  for (const Finding& finding : findings)
    if (finding.id == "nodules") search.not_assessed = finding.not_assessed;
  const reporting::SeriesUse* series = read_series(study);
  if (series != nullptr && series->health &&
      std::max(series->health->thickness_mm.value_or(0), series->health->spacing_mm) >
          thin_mm + 0.01)
    search.least_diameter_mm = least_thick_mm;
  return search;
}

/// What is said where the other study proposes nothing at a nodule's place.
std::string nothing_there(const Search& search, const Finding& nodule, std::optional<double> hu,
                          const char* of_aerated_lung) {
  if (!search.not_assessed.empty())
    return "lung nodules were not assessed there (" + search.not_assessed + ")";
  if (!hu) return "its place is not among the lungs there";
  if (*hu > dense_hu)
    return "no candidate at the matching place, but something dense lies there: to be compared by "
           "eye";
  for (const Measurement& one : nodule.measurements)
    if (one.id.ends_with(".diameter") && one.value.value_or(0) < search.least_diameter_mm)
      return "no candidate at the matching place; one of this size need not be found there";
  return of_aerated_lung;
}

struct Match {
  std::size_t now, then;
  double distance_mm;
};

/// One to one, nearest first.
std::vector<Match> matches(const std::vector<Finding>& now, const std::vector<Finding>& then,
                           const Rigid& to_earlier) {
  std::vector<Match> near;
  near.reserve(now.size());
  for (std::size_t i = 0; i < now.size(); ++i)
    for (std::size_t j = 0; j < then.size(); ++j) {
      if (!is_nodule(now[i]) || !is_nodule(then[j]) || now[i].laterality != then[j].laterality)
        continue;
      const Vec3 here = to_earlier(centre_of(now[i])), there = centre_of(then[j]);
      const double distance_mm =
          std::hypot(here[0] - there[0], here[1] - there[1], here[2] - there[2]);
      if (distance_mm <= match_mm) near.push_back({i, j, distance_mm});
    }
  std::ranges::sort(near, {}, &Match::distance_mm);
  std::vector<Match> kept;
  kept.reserve(near.size());
  for (const Match& one : near)
    if (std::ranges::none_of(kept, [&](const Match& other) {
          return other.now == one.now || other.then == one.then;
        }))
      kept.push_back(one);
  return kept;
}

/// Both studies with their registration.
struct Registered {
  const EarlierStudy& earlier;
  const measure::Scene& scene;
  const LungImage& current_lungs;
  Rigid to_earlier;
  double days;
  std::string why_no_change;  ///< why sizes cannot be compared
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
    now.measurements.push_back(std::move(one));
  }
  now.tracking = then.tracking;
  now.comparison = reporting::Comparison{.study = both.earlier.study.uid,
                                         .outcome = std::move(change.outcome),
                                         .measurements = sizes_then(now, then),
                                         .evidence = then.evidence.front()};
  if (now.comparison->outcome == larger) say_rules(now, both.days);
}

void say_unmatched(const Registered& both, const Search& search, Finding& now) {
  const Vec3 place = both.to_earlier(centre_of(now));
  const auto hu = mean_hu(*both.earlier.lungs, place, look_mm);
  now.comparison = reporting::Comparison{
      .study = both.earlier.study.uid,
      .outcome = nothing_there(search, now, hu,
                               "no candidate at the matching place, where aerated lung lay: it may "
                               "be new"),
      .measurements = {density_at(*both.earlier.lungs, place, now.id + ".earlier.density",
                                  "density at that place")},
      .evidence = {}};
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

Finding not_seen(const Registered& both, const Search& search, const Finding& then) {
  const Vec3 place = both.to_earlier.back(centre_of(then));
  const std::string id = "earlier." + then.id;
  std::string title = then.title;
  if (const auto words = title.find(": "); words != std::string::npos) title.erase(0, words + 2);
  Finding finding = measure::candidate_finding(id, "the earlier study's " + title, then.observation,
                                               then.site, then.laterality);
  finding.tracking = then.tracking;
  finding.measurements = {
      density_at(both.current_lungs, place, id + ".density", "density at the matching place now")};
  finding.comparison = reporting::Comparison{
      .study = both.earlier.study.uid,
      .outcome = nothing_there(search, then, mean_hu(both.current_lungs, place, look_mm),
                               "no candidate at the matching place, where aerated lung lies: not "
                               "seen any more"),
      .measurements = sizes_then(finding, then),
      .evidence = then.evidence.front()};
  constexpr double outline_mm = 6;
  if (auto evidence =
          measure::mask_section(both.scene, ball_at(both.scene, place, outline_mm), id + ".place",
                                "where the earlier study's candidate lay"))
    finding.evidence.push_back(std::move(*evidence));
  return finding;
}

void compare_nodules(const Registered& both, reporting::ReportVersion& version) {
  std::vector<Finding>& now = version.findings;
  const std::vector<Finding>& then = both.earlier.findings;
  const std::vector<Match> same = matches(now, then, both.to_earlier);
  const Search search_now = search_of(version.study, now);
  const Search search_then = search_of(both.earlier.study, then);
  for (const Match& one : same) say_match(both, now[one.now], then[one.then], one.distance_mm);
  for (Finding& nodule : now)
    if (is_nodule(nodule) && !nodule.comparison) say_unmatched(both, search_then, nodule);
  std::vector<Finding> gone;
  gone.reserve(then.size());
  for (std::size_t j = 0; j < then.size(); ++j)
    if (is_nodule(then[j]) && std::ranges::find(same, j, &Match::then) == same.end())
      gone.push_back(not_seen(both, search_now, then[j]));
  std::ranges::move(gone, std::back_inserter(now));
}

std::string why_sizes(const reporting::Study& current, const reporting::Study& earlier) {
  const reporting::SeriesUse* now = read_series(current);
  const reporting::SeriesUse* then = read_series(earlier);
  if (now == nullptr || then == nullptr || !now->health || !then->health)
    return "how a series was made is not known";
  return why_sizes_differ(*now->health, *then->health);
}

/// Nothing about the patient is said: the sentence goes to standard error.
bool differ(const std::string& one, const std::string& other) {
  return !one.empty() && !other.empty() && one != other;
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
  const reporting::Patient& now = current.patient;
  const reporting::Patient& then = earlier.patient;
  if (now.id.empty() || then.id.empty())
    return "one of the studies has no Patient ID: whether the patient is the same is not known";
  if (now.id != then.id || differ(now.issuer, then.issuer) || differ(now.sex, then.sex) ||
      (now.birth_date && then.birth_date && now.birth_date != then.birth_date))
    return "the earlier study is of another patient";
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
  compare_nodules({.earlier = earlier,
                   .scene = scene,
                   .current_lungs = *current,
                   .to_earlier = rigid,
                   .days = days,
                   .why_no_change = why_sizes(version.study, earlier.study)},
                  version);
}

}  // namespace tomoscribe::pipeline::prior

#include "tests/evaluation/pairs.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "pipeline/measure/measure.h"
#include "pipeline/prior/compare.h"
#include "tests/evaluation/phantom_volume.h"

namespace tomoscribe::evaluation {
namespace {

using model::phantom::Course;
using model::phantom::Kind;
using model::phantom::Phantom;
using model::phantom::Side;
using model::phantom::Truth;
using nlohmann::json;
using reporting::Finding;

constexpr std::array sizes_mm{9.0, 13.0, 7.5, 16.0};
constexpr std::array doubling_days{120.0, 200.0, 350.0};

struct Measured {
  explicit Measured(const model::phantom::Settings& settings)
      : phantom(model::phantom::make(settings)),
        volume(volume_of(phantom)),
        scene(pipeline::measure::make_scene(volume)) {
    for (const auto& step : pipeline::measure::steps()) {
      step.run(scene, findings);
      if (std::string_view(step.name) == "nodules") break;
    }
  }
  Phantom phantom;
  pipeline::Volume volume;
  pipeline::measure::Scene scene;
  pipeline::measure::Findings findings;
};

reporting::Study study_of(const Measured& measured, double weeks_before) {
  const dicom::InstanceHeader& header = measured.volume.header;
  reporting::Study study{.uid = header.study};
  study.started = dicom::Moment{.utc = std::chrono::sys_days(std::chrono::year{2025} / 1 / 15) -
                                       std::chrono::days(std::lround(7 * weeks_before))};
  const auto spacing = measured.volume.grid.spacing_mm();
  study.series = {
      {.uid = header.series,
       .used = true,
       .health = reporting::SeriesHealth{.spacing_mm = spacing[2],
                                         .thickness_mm = header.planes.front().slice_thickness_mm,
                                         .kernel = header.convolution_kernel,
                                         .kernel_class = "smooth"}}};
  return study;
}

bool meets(const Truth& truth, const std::array<double, 3>& point_mm) {
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs(point_mm[i] - truth.centre_mm[i]) > truth.size_mm[i] / 2 + 5) return false;
  return true;
}

/// The painted nodule at the finding's evidence; nullptr for a false candidate.
const Truth* painted(const Phantom& phantom, const reporting::Evidence& evidence) {
  if (!evidence.point_mm) return nullptr;
  const auto found = std::ranges::find_if(phantom.truth, [&](const Truth& truth) {
    return truth.kind == "nodule" && meets(truth, *evidence.point_mm);
  });
  return found == phantom.truth.end() ? nullptr : &*found;
}

const Finding* finding_of(const std::vector<Finding>& findings, const char* prefix,
                          const Phantom& phantom, const Truth& truth) {
  for (const Finding& finding : findings)
    if (finding.id.starts_with(prefix) && !finding.evidence.empty() &&
        painted(phantom, finding.evidence.front()) == &truth)
      return &finding;
  return nullptr;
}

const Truth* of_name(const Phantom& phantom, const std::string& name) {
  const auto found = std::ranges::find(phantom.truth, name, &Truth::name);
  return found == phantom.truth.end() ? nullptr : &*found;
}

json value_row(const std::string& what, double truth, const Finding& finding, const char* suffix,
               const char* unit) {
  json row{{"what", what}, {"truth", truth}, {"unit", unit}};
  for (const auto& one : finding.measurements)
    if (one.id.ends_with(suffix) && one.value) row["measured"] = *one.value;
  return row;
}

/// What the comparison must say of a painted nodule, by its course.
struct Expected {
  const char* kind;
  bool (*holds)(const std::string& outcome);
};

Expected expected_of(const std::string& course) {
  if (course == "changing")
    return {"growing nodule, larger", [](const std::string& said) { return said == "larger"; }};
  if (course == "appeared")
    return {"new nodule, may be new",
            [](const std::string& said) { return said.find("may be new") != std::string::npos; }};
  if (course == "resolved")
    return {"resolved nodule, not seen", [](const std::string& said) {
              return said.find("not seen any more") != std::string::npos;
            }};
  return {"stable nodule, stable",
          [](const std::string& said) { return said.starts_with("stable"); }};
}

json lesion_row(const Truth& truth, const Finding* finding) {
  const Expected expected = expected_of(truth.course);
  json row{{"kind", expected.kind},      {"class", "all"},
           {"side", truth.side},         {"expected", truth.expected},
           {"truth", truth.diameter_mm}, {"found", false}};
  if (finding == nullptr || !finding->comparison) return row;
  row["found"] = expected.holds(finding->comparison->outcome);
  row["said"] = finding->comparison->outcome;
  row["side_right"] = truth.side == to_text(finding->laterality);
  return row;
}

/// Nodules said to have changed that did not, and lesions taken for another one.
void count_false(const Phantom& now, const Phantom& then, const std::vector<Finding>& findings,
                 json& wrong) {
  for (const Finding& finding : findings) {
    if (!finding.id.starts_with("nodule.") || !finding.comparison || finding.evidence.empty())
      continue;
    const Truth* here = painted(now, finding.evidence.front());
    const std::string& said = finding.comparison->outcome;
    const bool changed = said == "larger" || said == "smaller";
    if (changed && (here == nullptr || here->course == "stable"))
      wrong["change."] = wrong["change."].get<int>() + 1;
    if (!finding.comparison->evidence || here == nullptr) continue;
    const Truth* there = painted(then, *finding.comparison->evidence);
    if (there == nullptr || there->name != here->name)
      wrong["match."] = wrong["match."].get<int>() + 1;
  }
}

void add_values(const Truth& here, const Truth* there, const Finding& finding, double days,
                json& values) {
  if (there == nullptr || there->volume_ml <= 0) return;
  const double ratio = here.volume_ml / there->volume_ml;
  const bool grows = here.course == "changing";
  values.push_back(value_row(grows ? "volume change, growing" : "volume change, stable",
                             100 * (ratio - 1), finding, ".change", "%"));
  values.push_back(value_row("change of mean diameter", here.diameter_mm - there->diameter_mm,
                             finding, ".diameter-change", "mm"));
  if (grows)
    values.push_back(value_row("doubling time", days * std::log(2.0) / std::log(ratio), finding,
                               ".doubling", "d"));
}

json compared_pair(const Measured& now, const Measured& then, const PlannedPair& plan,
                   const std::vector<Finding>& findings) {
  json values = json::array(), lesions = json::array();
  for (const Truth& truth : now.phantom.truth) {
    if (truth.kind != "nodule") continue;
    const Finding* finding = finding_of(findings, "nodule.", now.phantom, truth);
    lesions.push_back(lesion_row(truth, finding));
    if (finding != nullptr)
      add_values(truth, of_name(then.phantom, truth.name), *finding, 7 * plan.weeks, values);
  }
  for (const Truth& truth : then.phantom.truth) {
    if (truth.kind != "nodule" || truth.course != "resolved") continue;
    const Finding* lost = nullptr;
    for (const Finding& finding : findings)
      if (finding.id.starts_with("earlier.") && finding.comparison->evidence &&
          painted(then.phantom, *finding.comparison->evidence) == &truth)
        lost = &finding;
    lesions.push_back(lesion_row(truth, lost));
  }
  for (const Finding& finding : findings)
    if (finding.id == "comparison")
      values.push_back(value_row("residual of the registration", 0, finding, ".residual", "mm"));
  json wrong{{"change.", 0}, {"match.", 0}};
  count_false(now.phantom, then.phantom, findings, wrong);
  return {{"body", "pairs"}, {"seed", plan.current.seed}, {"thickness", plan.current.slice_mm},
          {"normal", false}, {"values", values},          {"lesions", lesions},
          {"false", wrong}};
}

}  // namespace

PlannedPair planned_pair(int number) {
  const auto index = static_cast<std::size_t>(number);
  PlannedPair pair;
  model::phantom::Settings& settings = pair.current;
  settings.seed = 17000 + index;
  settings.slice_mm = settings.thickness_mm = number % 2 == 0 ? 2.5 : 1.0;
  settings.slices = static_cast<int>(350 / settings.slice_mm);
  settings.noise_hu = 20;
  settings.nodule = false;
  settings.structure_masks = false;
  const double size_mm = sizes_mm[index % sizes_mm.size()];
  const Side side = number % 3 == 0 ? Side::left : Side::right;
  const Side other = side == Side::left ? Side::right : Side::left;
  settings.findings = {{.kind = Kind::nodule,
                        .side = side,
                        .size = size_mm + 2,
                        .course = Course::changing,
                        .doubling_days = doubling_days[index % doubling_days.size()]},
                       {.kind = Kind::nodule, .side = other, .size = size_mm},
                       {.kind = Kind::nodule, .side = side, .size = size_mm + 1},
                       {.kind = Kind::nodule,
                        .side = other,
                        .size = 11,
                        .course = number % 2 == 0 ? Course::appeared : Course::resolved}};
  pair.weeks = number % 2 == 0 ? 26 : 17;
  pair.earlier = settings;
  pair.earlier.weeks_before = pair.weeks;
  pair.earlier.scan = 1;
  return pair;
}

json measured_pair(int number) {
  const PlannedPair plan = planned_pair(number);
  const auto start = std::chrono::steady_clock::now();
  const Measured then(plan.earlier), now(plan.current);
  const pipeline::prior::EarlierStudy earlier{.study = study_of(then, plan.weeks),
                                              .lungs = pipeline::prior::lung_image(then.scene),
                                              .findings = then.findings,
                                              .lost = {}};
  reporting::ReportVersion version{.report_id = "pair", .study = study_of(now, 0)};
  version.findings = now.findings;
  pipeline::prior::compare(earlier, now.scene, version);
  json line = compared_pair(now, then, plan, version.findings);
  line["number"] = number;
  line["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return line;
}

}  // namespace tomoscribe::evaluation

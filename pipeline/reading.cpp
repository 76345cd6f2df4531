#include "pipeline/reading.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include "pipeline/measure/measure.h"
#include "pipeline/series/load_volume.h"

namespace tomoscribe::pipeline {
namespace {

using reporting::Finding;

void stop_if_asked(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Cancelled();
}

/// The findings come in the order in which people read them: organs before the scan as a whole.
measure::Findings run_steps(measure::Scene& scene, Extent extent, const std::stop_token& stop,
                            double from, const Progress& progress) {
  measure::Findings findings;
  const auto& steps = measure::steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const measure::Step& step = steps[i];
    if (extent == Extent::lungs && !step.lungs) continue;
    stop_if_asked(stop);
    progress(step.stage,
             from + (1 - from) * static_cast<double>(i) / static_cast<double>(steps.size()));
    if (!step.measures || measure::stopped(scene).empty()) step.run(scene, findings);
  }
  std::stable_partition(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.presence != reporting::Presence::not_assessed && finding.id != "region" &&
           finding.id != "body";
  });
  return findings;
}

/// Findings of one search: they stand or go together.
using Group = std::vector<std::string_view>;

bool belongs(const Finding& finding, const Group& group) {
  return std::ranges::any_of(group,
                             [&](std::string_view id) { return finding.id.starts_with(id); });
}

bool is_candidate(const Finding& finding) {
  return finding.presence == reporting::Presence::indeterminate && !finding.evidence.empty();
}

/// Whether the lungs' series says as much of the group as the main one: it was assessed there, and
/// no candidate of the main series would be lost.
bool is_better(const Group& group, const measure::Findings& main, const measure::Findings& lung) {
  bool assessed = false, proposed = false, would_lose = false;
  for (const Finding& finding : lung)
    if (belongs(finding, group)) {
      assessed = assessed || finding.presence != reporting::Presence::not_assessed;
      proposed = proposed || is_candidate(finding);
    }
  for (const Finding& finding : main)
    would_lose = would_lose || (belongs(finding, group) && is_candidate(finding));
  return assessed && (proposed || !would_lose);
}

/// Of two series a search that proposed nothing has no picture that would show which it was made
/// on.
void say_series(measure::Findings& findings, const Group& group, const Volume& volume) {
  const auto& number = volume.header.series_number;
  for (Finding& finding : findings)
    if (belongs(finding, group) && finding.evidence.empty() &&
        finding.presence == reporting::Presence::indeterminate)
      finding.verification.reason +=
          "; searched on " +
          (number ? "series " + std::to_string(*number)
                  : "the series of " + std::to_string(volume.grid.size[2]) + " slices");
}

/// Findings of the lungs give way to those of `lung`, search by search, in the place of the first.
void take_lungs(Reading& main, Reading& from) {
  measure::Findings& findings = main.findings;
  const measure::Findings& lung = from.findings;
  static const std::vector<Group> groups{{"lungs"},
                                         {"airway"},
                                         {"opacity", "mass", "consolidation", "ground-glass"},
                                         {"nodule"},
                                         {"pneumothorax"}};
  for (const Group& group : groups) {
    if (!is_better(group, findings, lung)) {
      say_series(findings, group, *main.volume);
      continue;
    }
    const auto of_group = [&](const Finding& finding) { return belongs(finding, group); };
    const auto place = std::ranges::find_if(findings, of_group) - findings.begin();
    std::erase_if(findings, of_group);
    measure::Findings taken;
    std::ranges::copy_if(lung, std::back_inserter(taken), of_group);
    say_series(taken, group, *from.volume);
    findings.insert(findings.begin() + place, std::make_move_iterator(taken.begin()),
                    std::make_move_iterator(taken.end()));
  }
}

}  // namespace

std::variant<Reading, Unsuitable> read_series(const std::vector<InstanceFile>& instances,
                                              const SeriesSlices& slices,
                                              const reporting::Order* order, Extent extent,
                                              const std::stop_token& stop,
                                              const Progress& progress) {
  constexpr double decoded = 0.39;  // from measured times of a 300-slice chest
  progress("decoding slices", 0.02);
  std::variant<Volume, Unsuitable> loaded = load_volume(instances, slices, stop);
  if (auto* fault = std::get_if<Unsuitable>(&loaded)) return std::move(*fault);
  auto volume = std::make_unique<const Volume>(std::get<Volume>(std::move(loaded)));
  stop_if_asked(stop);
  progress("resampling", decoded - 0.06);
  measure::Scene scene = measure::make_scene(*volume);
  scene.order = order;
  measure::Findings findings = run_steps(scene, extent, stop, decoded, progress);
  return Reading{
      .volume = std::move(volume), .scene = std::move(scene), .findings = std::move(findings)};
}

bool of_the_lungs(const Finding& finding) {
  static constexpr std::array<std::string_view, 8> ids{
      "lungs",   "airway",        "nodule",       "mass",
      "opacity", "consolidation", "ground-glass", "pneumothorax"};
  return std::ranges::any_of(ids, [&](std::string_view id) { return finding.id.starts_with(id); });
}

std::variant<Readings, Unsuitable> read_series_of(const std::vector<InstanceFile>& instances,
                                                  const SeriesChoice& choice,
                                                  const reporting::Order* order,
                                                  const std::stop_token& stop,
                                                  const Progress& progress) {
  const double share = choice.lung ? 0.5 : 1;  // of the main series
  auto read = read_series(
      instances, choice.main, order, Extent::all, stop,
      [&](const std::string& stage, double fraction) { progress(stage, share * fraction); });
  if (auto* fault = std::get_if<Unsuitable>(&read)) return std::move(*fault);
  Readings readings{.main = std::get<Reading>(std::move(read)), .lung = {}, .no_lung = {}};
  const measure::Scene& scene = readings.main.scene;
  if (!choice.lung || !scene.shows(measure::BodyRegion::chest) || !measure::stopped(scene).empty())
    return readings;

  const auto not_measured = [](const std::string& why) {
    return "the series of the lungs was not measured: " + why;
  };
  if (const std::string why = why_too_large({readings.main.volume->grid, choice.lung->stack.grid});
      !why.empty()) {
    readings.no_lung = not_measured(why);
    return readings;
  }
  auto lung =
      read_series(instances, *choice.lung, order, Extent::lungs, stop,
                  [&](const std::string& stage, double fraction) {
                    progress("series of the lungs: " + stage, share + (1 - share) * fraction);
                  });
  const auto* fault = std::get_if<Unsuitable>(&lung);
  const std::string why =
      fault != nullptr ? fault->reason : measure::stopped(std::get<Reading>(lung).scene);
  if (why.empty()) {
    readings.lung.emplace(std::get<Reading>(std::move(lung)));
    take_lungs(readings.main, *readings.lung);
    readings.lung->findings.clear();
  } else {
    readings.no_lung = not_measured(why);
  }
  return readings;
}

}  // namespace tomoscribe::pipeline

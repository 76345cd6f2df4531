#include "pipeline/reading.h"

#include <algorithm>
#include <array>
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

/// Findings of the lungs give way to those of `lung`, in the place of the first.
void take_lungs(measure::Findings& findings, measure::Findings lung) {
  const auto first = std::ranges::find_if(findings, of_the_lungs);
  const auto place = first - findings.begin();
  std::erase_if(findings, of_the_lungs);
  std::erase_if(lung, [](const Finding& finding) { return !of_the_lungs(finding); });
  findings.insert(findings.begin() + place, std::make_move_iterator(lung.begin()),
                  std::make_move_iterator(lung.end()));
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
    take_lungs(readings.main.findings, std::move(readings.lung->findings));
  } else {
    readings.no_lung = "the series of the lungs was not measured: " + why;
  }
  return readings;
}

}  // namespace tomoscribe::pipeline

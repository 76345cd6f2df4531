#pragma once
// Series read and measured: their volumes, and what the steps made of them.

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/analyse.h"
#include "pipeline/measure/scene.h"
#include "pipeline/series/select_series.h"

namespace tomoscribe::pipeline {

struct Reading {
  std::unique_ptr<const Volume> volume;
  measure::Scene scene;  ///< of that volume
  measure::Findings findings;
};

enum class Extent : std::uint8_t { all, lungs };

/// Decodes the slices and runs the steps of the registry, all or those that lungs need. The scene
/// keeps `order`, which may be null. Unsuitable: \see load_volume. \throws Cancelled.
std::variant<Reading, Unsuitable> read_series(const std::vector<InstanceFile>& instances,
                                              const SeriesSlices& slices,
                                              const reporting::Order* order, Extent extent,
                                              const std::stop_token& stop,
                                              const Progress& progress);

/// Lungs, airway, and what lies in them.
bool of_the_lungs(const reporting::Finding& finding);

/// What was read of a study: one series, or two reconstructions of one acquisition.
struct Readings {
  Reading main;
  std::optional<Reading> lung;  ///< its findings of the lungs stand among those of `main`
  std::string no_lung;          ///< why it was not measured, where there is one

  /// Where nodules were searched.
  const measure::Scene& lungs() const { return lung ? lung->scene : main.scene; }
};

/// Reads the series that is measured and, where the choice has one and a chest is shown, the
/// reconstruction of the lungs: what is found in the lungs there stands in place of what was found
/// in them before. Both are held at once: where they are together more than one volume may be
/// (why_too_large), the second is left out. Unsuitable when the main series is. \throws Cancelled.
std::variant<Readings, Unsuitable> read_series_of(const std::vector<InstanceFile>& instances,
                                                  const SeriesChoice& choice,
                                                  const reporting::Order* order,
                                                  const std::stop_token& stop,
                                                  const Progress& progress);

}  // namespace tomoscribe::pipeline

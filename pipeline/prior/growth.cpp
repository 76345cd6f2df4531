#include "pipeline/prior/growth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::prior {
namespace {

using reporting::Finding;
using reporting::Measurement;
namespace codes = measure::codes;

const reporting::Code volume_change{"volume-change", "99TOMO",
                                    "Change of volume since the earlier study"};
const reporting::Code diameter_change{"diameter-change", "99TOMO",
                                      "Change of mean diameter since the earlier study"};
const reporting::Code doubling_time{"volume-doubling-time", "99TOMO", "Volume doubling time"};
const reporting::Code day{"d", "UCUM", "day"};

const Measurement* part(const Finding& finding, const char* suffix) {
  const auto found = std::ranges::find_if(finding.measurements, [&](const Measurement& one) {
    return one.id.ends_with(suffix) && one.value && *one.value > 0 && one.uncertainty;
  });
  return found == finding.measurements.end() ? nullptr : &*found;
}

Measurement measured(std::string id, std::string name, reporting::Code concept_name,
                     reporting::Code unit, int decimals, std::string method) {
  return {.id = std::move(id),
          .name = std::move(name),
          .concept_name = std::move(concept_name),
          .value = {},
          .unit = std::move(unit),
          .decimals = decimals,
          .uncertainty = {},
          .method = std::move(method),
          .conditions = {},
          .not_assessed = {},
          .lower_bound = false};
}

void give(Measurement& measurement, double value, double uncertainty) {
  const double scale = std::pow(10, measurement.decimals);
  measurement.value = std::round(value * scale) / scale;
  measurement.uncertainty = std::max(1.0, std::round(uncertainty * scale)) / scale;
}

/// Of the volumes, with its relative uncertainty.
struct Ratio {
  double value = 1, relative = 0;
  double percent() const { return 100 * (value - 1); }
  double percent_uncertainty() const { return 100 * value * relative; }
  bool beyond_error() const {
    return std::abs(percent()) > std::max(least_change_percent, percent_uncertainty());
  }
};

/// mm3 of the measurement's unit: a nodule's volume is given in mm3, a mass's in mL.
double unit_mm3(const Measurement& volume) {
  return volume.unit == codes::millilitre ? 1000 : 1;
}

Ratio ratio_of(const Measurement& now, const Measurement& then) {
  return {.value = *now.value * unit_mm3(now) / (*then.value * unit_mm3(then)),
          .relative = std::hypot(*now.uncertainty / *now.value, *then.uncertainty / *then.value)};
}

Measurement change_of(const Finding& now, const Ratio& ratio) {
  Measurement change =
      measured(now.id + ".change", "volume change", volume_change, codes::percent, 0,
               "ratio of the volumes measured in both studies by the same code");
  give(change, ratio.percent(), ratio.percent_uncertainty());
  return change;
}

Measurement diameter_change_of(const Finding& now, const Measurement& here,
                               const Measurement& there) {
  Measurement change =
      measured(now.id + ".diameter-change", "change of mean diameter", diameter_change,
               codes::millimetre, 1, "difference of the mean diameters in both studies");
  give(change, *here.value - *there.value, std::hypot(*here.uncertainty, *there.uncertainty));
  return change;
}

Measurement doubling_of(const Finding& now, const Ratio& ratio, double days) {
  Measurement doubling =
      measured(now.id + ".doubling", "volume doubling time", doubling_time, day, 0,
               "days between the studies x ln 2 / ln of the ratio of the volumes (Schwartz 1961)");
  if (ratio.value <= 1 || !ratio.beyond_error()) {
    doubling.not_assessed = "no growth beyond the measurement error";
    return doubling;
  }
  const double growth = std::log(ratio.value);
  const double value = days * std::numbers::ln2 / growth;
  give(doubling, value, value * ratio.relative / growth);
  return doubling;
}

std::size_t thickness_class(const reporting::SeriesHealth& health) {
  static constexpr std::array bounds_mm{1.5, 2.5, 5.0};
  const double thickness_mm = std::max(health.thickness_mm.value_or(0), health.spacing_mm);
  return static_cast<std::size_t>(
      std::ranges::count_if(bounds_mm, [&](double bound) { return thickness_mm > bound + 0.01; }));
}

std::string thickness_words(const reporting::SeriesHealth& health) {
  return measure::number_text(std::max(health.thickness_mm.value_or(0), health.spacing_mm), 2);
}

/// "sharp", "smooth" or "unknown", by header or by pixels.
std::string kernel_word(const reporting::SeriesHealth& health) {
  return health.kernel_class.substr(0, health.kernel_class.find(' '));
}

}  // namespace

std::string why_sizes_differ(const reporting::SeriesHealth& now,
                             const reporting::SeriesHealth& then) {
  if (thickness_class(now) != thickness_class(then))
    return "slices of " + thickness_words(now) + " mm now and " + thickness_words(then) +
           " mm then";
  const std::string here = kernel_word(now), there = kernel_word(then);
  if (now.kernel == then.kernel && here == there) return "";
  if (here == "unknown" || there == "unknown")
    return "the kernel of one of the studies is not known";
  return here == there ? "" : "a " + here + " kernel now and a " + there + " one then";
}

Growth growth(const Finding& now, const Finding& then, double days, const std::string& why_not) {
  const Measurement* volume_now = part(now, ".volume");
  const Measurement* volume_then = part(then, ".volume");
  if (!why_not.empty() || volume_now == nullptr || volume_then == nullptr)
    return {.outcome =
                "change not assessed (" + (why_not.empty() ? "a volume is missing" : why_not) + ")",
            .measurements = {}};
  const Ratio ratio = ratio_of(*volume_now, *volume_then);
  Growth result{.outcome = !ratio.beyond_error() ? stable
                           : ratio.value > 1     ? larger
                                                 : smaller,
                .measurements = {change_of(now, ratio)}};
  const Measurement* here = part(now, ".diameter");
  const Measurement* there = part(then, ".diameter");
  if (here != nullptr && there != nullptr)
    result.measurements.push_back(diameter_change_of(now, *here, *there));
  result.measurements.push_back(doubling_of(now, ratio, days));
  return result;
}

}  // namespace tomoscribe::pipeline::prior

// Children and operated patients: what is usual in adults is no measure for them.
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

constexpr int adult_years = 18;

/// Full years at the study's date, by the two dates.
std::optional<int> years_by_dates(const dicom::StudyHeader& header) {
  const auto then = dicom::parse_date(header.study_date);
  if (!then || !header.patient_birth_date) return std::nullopt;
  const auto& born = *header.patient_birth_date;
  int years = static_cast<int>(then->year()) - static_cast<int>(born.year());
  if (std::pair(then->month(), then->day()) < std::pair(born.month(), born.day())) --years;
  if (years < 0 || years > 130) return std::nullopt;
  return years;
}

/// Full years; Patient's Age where the dates are not there: what names nobody often lacks them.
std::optional<int> age_years(const dicom::InstanceHeader& header) {
  if (const auto years = years_by_dates(header.study_header)) return years;
  if (!header.patient_age_years) return std::nullopt;
  return static_cast<int>(*header.patient_age_years);
}

bool has_label(const measure::Scene& scene, measure::Label label) {
  return std::ranges::find(scene.labels, static_cast<std::uint8_t>(label)) != scene.labels.end();
}

}  // namespace

Result age_and_surgery(const measure::Scene& scene) {
  std::vector<Result> faults;
  const auto years = age_years(scene.volume.header);
  if (years && *years < adult_years)
    faults.push_back(
        restricted({Use::norms}, "the patient is " + std::to_string(*years) +
                                     " years old by the header: adult norms do not hold"));
  const bool right = has_label(scene, measure::right_lung),
             left = has_label(scene, measure::left_lung);
  if (scene.share(measure::BodyRegion::chest) > 0.3 && right != left)
    faults.push_back(restricted({Use::proportions}, std::string("no aerated lung on the ") +
                                                        (right ? "left" : "right") +
                                                        ": operated, collapsed or filled"));
  return together(std::move(faults));
}

}  // namespace tomoscribe::pipeline::gates

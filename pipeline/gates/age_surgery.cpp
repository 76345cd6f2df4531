// Children and operated patients: what is usual in adults is no measure for them.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <utility>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

constexpr int adult_years = 18;

/// What the header says of the age.
struct Age {
  std::optional<int> years;  ///< full years; nullopt: not known
  std::string doubt;         ///< why what it says is not believed; a clause
  bool maybe_child = false;  ///< one of two answers that contradict each other
};

/// Full years from one day to another; negative where they are the wrong way round.
int years_between(const std::chrono::year_month_day& born,
                  const std::chrono::year_month_day& then) {
  const int years = static_cast<int>(then.year()) - static_cast<int>(born.year());
  const bool yet_to_come =
      std::pair(then.month(), then.day()) < std::pair(born.month(), born.day());
  return yet_to_come ? years - 1 : years;
}

/// What stands in the header where the date is not known or was taken out: nobody's birthday.
bool is_placeholder(const std::chrono::year_month_day& born,
                    const std::chrono::year_month_day& then) {
  using std::chrono::January, std::chrono::year;
  return born <= year(1900) / January / 1 || born >= then;
}

/// By the two dates; by Patient's Age where they are not there: what names nobody often lacks them.
Age age_of(const dicom::InstanceHeader& header) {
  constexpr int most_apart_years = 1;
  const auto then = dicom::parse_date(header.study_header.study_date);
  const auto& born = header.study_header.patient_birth_date;
  std::optional<int> stated;
  if (header.patient_age_years) stated = static_cast<int>(*header.patient_age_years);
  if (!then || !born) return {.years = stated};
  const int years = years_between(*born, *then);
  const bool apart = stated && std::abs(*stated - years) > most_apart_years;
  if (is_placeholder(*born, *then)) {
    if (apart) return {.years = stated};  // one that was computed from it is none either
    return {.doubt = "the birth date in the header is a placeholder",
            // Or a child on its first day, by one clock or the other.
            .maybe_child = *born == *then || (stated && *stated < adult_years)};
  }
  if (apart)
    return {.doubt = "birth date and Patient's Age contradict each other (" +
                     std::to_string(years) + " and " + std::to_string(*stated) + " years)",
            .maybe_child = years < adult_years || *stated < adult_years};
  return {.years = years};
}

bool has_label(const measure::Scene& scene, measure::Label label) {
  return std::ranges::find(scene.labels, static_cast<std::uint8_t>(label)) != scene.labels.end();
}

}  // namespace

Result age_and_surgery(const measure::Scene& scene) {
  std::vector<Result> faults;
  const Age age = age_of(scene.volume.header);
  if (age.years && *age.years < adult_years)
    faults.push_back(
        restricted({Use::norms}, "the patient is " + std::to_string(*age.years) +
                                     " years old by the header: adult norms do not hold"));
  else if (age.maybe_child)
    faults.push_back(restricted(
        {Use::norms}, "the age is not known, " + age.doubt + ": adult norms may not hold"));
  else if (!age.doubt.empty())
    faults.push_back(passed("the age is not known, " + age.doubt + ": taken for that of an adult"));
  const bool right = has_label(scene, measure::right_lung),
             left = has_label(scene, measure::left_lung);
  if (scene.share(measure::BodyRegion::chest) > 0.3 && right != left)
    faults.push_back(restricted({Use::proportions}, std::string("no aerated lung on the ") +
                                                        (right ? "left" : "right") +
                                                        ": operated, collapsed or filled"));
  return together(std::move(faults));
}

}  // namespace tomoscribe::pipeline::gates

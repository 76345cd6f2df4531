#include "reporting/narrative.h"

#include <algorithm>
#include <set>

#include "reporting/detail/narrative_parts.h"

namespace tomoscribe::reporting {
namespace {

using detail::about_the_draft;
using detail::Composer;
using detail::is_of_earlier;
using detail::lower_first;
using detail::measurements_text;
using detail::name_of;
using detail::sentence_end;
using detail::title_of;
using detail::upper_first;

Verification from_header() {
  return {.outcome = Outcome::consistent, .check = "copied-from-image-headers"};
}
Verification from_order() {
  return {.outcome = Outcome::consistent, .check = "quoted-from-the-order"};
}
Verification about_itself() {
  return {.outcome = Outcome::verified, .check = checks::stated_by_the_program};
}

void add_examination(Composer& composer, const Study& study, const std::optional<Order>& order,
                     const Provenance& provenance) {
  const bool failed = provenance.options.contains("model.no_draft");
  composer.add(Section::examination,
               failed
                   ? "Measured findings only; the language model gave no draft. Every number was "
                     "measured by geometry code."
               : provenance.model_name.empty()
                   ? "Measured findings only; no language model configured. Every number was "
                     "measured by geometry code."
                   : "Drafted with the language model " + provenance.model_name +
                         "; every number was measured by geometry code.",
               about_the_draft());
  std::string text = examination_name(study, order);
  if (study.started) text += " of " + study.started->iso().substr(0, 10);
  text += ", " + std::to_string(study.instances) + " image" + (study.instances == 1 ? "" : "s") +
          " in " + std::to_string(study.series.size()) + " series";
  composer.add(Section::examination, sentence_end(text), from_header());
}

void add_indication(Composer& composer, const std::optional<Order>& order) {
  if (!order || (order->indication.empty() && order->history.empty())) {
    composer.add(Section::indication, "Not provided.", about_itself());
    return;
  }
  if (!order->indication.empty())
    composer.add(Section::indication, order->indication, from_order());
  if (!order->history.empty())
    composer.add(Section::indication, "History: " + order->history, from_order());
}

std::string series_name(const SeriesUse& series) {
  std::string text = "Series ";
  text += series.number ? std::to_string(*series.number) : "without number";
  if (!series.description.empty()) text += " (" + series.description + ")";
  return text;
}

/// "Covered by the scan: chest 81 % of its length, abdomen 12 %; the rest shows none of these."
std::string covered_text(const Finding& region) {
  std::string text;
  double rest = 100;
  for (const Measurement& share : region.measurements) {
    if (share.value.value_or(0) < 0.5) continue;
    rest -= *share.value;
    text += (text.empty() ? ": " : ", ") + name_of(share) + ' ' + value_with_uncertainty(share);
    if (rest > 100 - *share.value - 0.001) text += " of its length";
  }
  const std::string others =
      rest < 5 ? "" : "; the rest was not assigned to head, chest, abdomen or pelvis";
  return title_of(region) + text + others;
}

/// What a search that left the question open says for itself; of a candidate its measurements
/// speak.
std::string undecided_words(const Finding& finding) {
  if (finding.presence != Presence::indeterminate) return "";
  if (finding.author != Author::geometry || finding.verification.reason.empty())
    return ": indeterminate";
  const bool candidate = finding.verification.outcome == Outcome::unverified;
  return candidate && !finding.measurements.empty() ? "" : ": " + finding.verification.reason;
}

/// What the scan covers and whether contrast was given is technique; the registration is
/// comparison.
Section section_of(const Finding& finding) {
  if (finding.id == "region" || finding.id == "contrast") return Section::technique;
  if (finding.id == "comparison" || is_of_earlier(finding)) return Section::comparison;
  return Section::findings;
}

/// What was measured of a finding. What is refused on one side is said of the other as well.
std::string finding_text(const Finding& finding, std::set<std::string>& given) {
  if (finding.laterality != Laterality::right && finding.laterality != Laterality::left)
    return measurements_text(finding.measurements, given);
  std::set<std::string> of_side = given;
  return measurements_text(finding.measurements, of_side);
}

/// Sentences of findings that something was measured of; an organ whose absence is all that is
/// known belongs to the list below.
void add_measured(Composer& composer, const std::vector<Finding>& findings, Section section) {
  std::set<std::string> given;
  for (const Finding& finding : findings) {
    const bool covered = finding.id == "region";
    if (finding.presence == Presence::not_assessed || section != section_of(finding) ||
        is_of_earlier(finding))
      continue;
    std::string text = covered ? covered_text(finding) : title_of(finding);
    if (finding.presence == Presence::absent) text += ": none found";
    const std::string undecided = undecided_words(finding);
    text += undecided;
    if (const auto measured = finding_text(finding, given); !covered && !measured.empty())
      text += (undecided.empty() ? ": " : "; ") + measured;
    composer.add(section, sentence_end(text), finding.verification, {finding.id}, finding.author);
  }
}

void add_technique(Composer& composer, const Study& study, const std::vector<Finding>& findings,
                   const Provenance& provenance) {
  for (const SeriesUse& series : study.series)
    if (series.used)
      composer.add(Section::technique, sentence_end(series_name(series) + ": " + series.reason),
                   from_header());
  composer.add(Section::technique,
               study.contrast ? "The image headers name a contrast agent."
                              : "The image headers name no contrast agent.",
               from_header());
  if (!provenance.steps.empty())
    composer.add(Section::technique, sentence_end("Volume " + provenance.steps.front()),
                 about_itself());
  add_measured(composer, findings, Section::technique);
}

/// "Solid nodule 1: larger than in the earlier study; then: volume 400 mm3 (image 57)".
std::string comparison_text(const Finding& finding) {
  const Comparison& then = *finding.comparison;
  std::set<std::string> given;
  std::string text = title_of(finding) + ": " + then.outcome;
  if (const auto measured = measurements_text(then.measurements, given); !measured.empty())
    text += "; in the earlier study: " + measured;
  if (is_of_earlier(finding))
    if (const auto now = measurements_text(finding.measurements, given); !now.empty())
      text += "; " + now;
  if (then.evidence && then.evidence->image)
    text += " (its image " + std::to_string(*then.evidence->image) + ")";
  return text;
}

/// The earlier study, and what became of each finding that was looked for there.
void add_comparison(Composer& composer, const std::vector<Finding>& findings) {
  const auto comparison = std::ranges::find(findings, std::string("comparison"), &Finding::id);
  if (comparison == findings.end()) {
    composer.add(Section::comparison, "None available to the program.", about_itself());
    return;
  }
  if (comparison->presence == Presence::not_assessed)
    composer.add(Section::comparison,
                 sentence_end(title_of(*comparison) + " not possible: " + comparison->not_assessed),
                 {.outcome = Outcome::not_assessable,
                  .check = "registration",
                  .reason = comparison->not_assessed},
                 {comparison->id});
  add_measured(composer, findings, Section::comparison);
  for (const Finding& finding : findings)
    if (finding.comparison)
      composer.add(Section::comparison, sentence_end(comparison_text(finding)),
                   finding.verification, {finding.id}, finding.author);
}

struct NotAssessed {
  std::string reason;
  std::vector<std::string> subjects, ids;
};

/// Not-assessed findings of one part of the body that share a reason become one sentence.
void add_not_assessed(Composer& composer, const std::vector<Finding>& findings,
                      const Provenance& provenance) {
  std::vector<NotAssessed> groups;
  for (const Finding& finding : findings) {
    if (finding.presence != Presence::not_assessed || section_of(finding) != Section::findings)
      continue;
    const std::string& reason = finding.not_assessed;
    const std::string part = finding.id.substr(0, finding.id.find('.'));
    const auto same = std::ranges::find_if(groups, [&](const NotAssessed& group) {
      return group.reason == reason &&
             group.ids.front().substr(0, group.ids.front().find('.')) == part;
    });
    NotAssessed& group =
        same == groups.end() ? groups.emplace_back(NotAssessed{.reason = reason}) : *same;
    group.subjects.push_back(lower_first(title_of(finding)));
    group.ids.push_back(finding.id);
  }
  for (NotAssessed& group : groups) {
    // A model may have looked at what nothing measures.
    std::string text = provenance.model_name.empty() ? "Not assessed by the software: "
                                                     : "Not measured by the software: ";
    for (std::size_t i = 0; i < group.subjects.size(); ++i)
      text += (i == 0 ? "" : "; ") + group.subjects[i];
    composer.add(Section::findings, sentence_end(text + " (" + group.reason + ")"),
                 {.outcome = Outcome::not_assessable, .check = "no-method", .reason = group.reason},
                 std::move(group.ids));
  }
}

/// What published rules say of a measured value; their sources are not yet checked by a person.
void add_recommendations(Composer& composer, const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (finding.recommendation.empty()) continue;
    std::string text = finding.recommendation + ". Source: ";
    for (std::size_t i = 0; i < finding.citations.size(); ++i)
      text += (i == 0 ? "" : "; ") + finding.citations[i].text;
    const bool checked = std::ranges::all_of(finding.citations, &Citation::verified);
    composer.add(Section::recommendations, sentence_end(text),
                 {.outcome = checked ? Outcome::consistent : Outcome::unverified,
                  .check = "rule-of-the-table",
                  .reason = checked ? "" : "no person has compared the source with this rule yet"},
                 {finding.id}, finding.author);
  }
}

void add_limitations(Composer& composer, const Study& study, const Provenance& provenance) {
  for (const SeriesUse& series : study.series)
    if (!series.used)
      composer.add(Section::limitations,
                   sentence_end(series_name(series) + " was not read: " + series.reason),
                   about_itself());
  for (std::size_t i = 1; i < provenance.steps.size(); ++i)
    composer.add(Section::limitations, sentence_end(upper_first(provenance.steps[i])),
                 about_itself());
  composer.add(
      Section::limitations,
      provenance.model_name.empty()
          ? "Software draft, not a medical device: what is not listed was not looked at; the "
            "images must be read by a radiologist."
          : "Software draft, not a medical device: what is not listed was not measured, and "
            "that the language model proposes nothing of it means nothing; the images must "
            "be read by a radiologist.",
      about_the_draft());
}

}  // namespace

std::string full_name(const Finding& finding, const Measurement& measurement) {
  return title_of(finding) + ": " + name_of(measurement);
}

std::string value_with_uncertainty(const Measurement& measurement) {
  std::string text = value_text(measurement);
  // Of a part, the error of the part says nothing about the whole.
  if (!measurement.value || !measurement.uncertainty || measurement.lower_bound) return text;
  Measurement half = measurement;
  half.value = measurement.uncertainty;
  return text + " \u00b1 " + value_text(half);
}

std::vector<Statement> compose_statements(const Study& study, const std::optional<Order>& order,
                                          const std::vector<Finding>& findings,
                                          const Provenance& provenance) {
  Composer composer;
  add_examination(composer, study, order, provenance);
  add_indication(composer, order);
  add_technique(composer, study, findings, provenance);
  add_comparison(composer, findings);
  add_measured(composer, findings, Section::findings);
  add_not_assessed(composer, findings, provenance);
  detail::add_impression(composer, findings);
  add_recommendations(composer, findings);
  add_limitations(composer, study, provenance);
  return composer.take();
}

}  // namespace tomoscribe::reporting

#include "reporting/narrative.h"

#include <algorithm>
#include <map>
#include <set>

namespace tomoscribe::reporting {
namespace {

std::string lower_first(std::string text) {
  if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z' && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

std::string upper_first(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string name_of(const Measurement& measurement) {
  return measurement.name.empty() ? lower_first(measurement.concept_name.meaning)
                                  : measurement.name;
}

std::string title_of(const Finding& finding) {
  if (!finding.title.empty()) return finding.title;
  std::string text =
      finding.laterality == Laterality::none ? "" : std::string(to_text(finding.laterality)) + ' ';
  text += lower_first(finding.site.meaning.empty() ? finding.observation.meaning
                                                   : finding.site.meaning);
  if (!finding.site.meaning.empty() && finding.observation.meaning != "Presence")
    text += ": " + lower_first(finding.observation.meaning);
  return upper_first(text);
}

std::string sentence_end(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
  return text + '.';
}

/// "aerated volume 2431 mL ± 73 mL; emphysema index not assessed (slices are 5 mm thick)". A
/// reason that was given once is not given again.
std::string measurements_text(const std::vector<Measurement>& measurements,
                              std::set<std::string>& given) {
  std::string text;
  for (const Measurement& measurement : measurements) {
    const std::string name = name_of(measurement);
    if (!measurement.value && !given.insert(name + '|' + measurement.not_assessed).second) continue;
    text += (text.empty() ? "" : "; ") + name + ' ';
    text += measurement.value ? value_with_uncertainty(measurement)
                              : "not assessed (" + measurement.not_assessed + ")";
    if (measurement.value && measurement.lower_bound) text += " (cut by the edge of the scan)";
  }
  return text;
}

class Composer {
 public:
  void add(Section section, std::string text, Verification verification,
           std::vector<std::string> findings = {}, Author author = Author::geometry) {
    statements_.push_back({.id = "s" + std::to_string(statements_.size() + 1),
                           .section = section,
                           .text = std::move(text),
                           .findings = std::move(findings),
                           .author = author,
                           .verification = std::move(verification)});
  }
  std::vector<Statement> take() { return std::move(statements_); }

 private:
  std::vector<Statement> statements_;
};

Verification from_header() {
  return {.outcome = Outcome::consistent, .check = "copied-from-image-headers"};
}
Verification from_order() {
  return {.outcome = Outcome::consistent, .check = "quoted-from-the-order"};
}
Verification about_itself() {
  return {.outcome = Outcome::verified, .check = checks::stated_by_the_program};
}
Verification about_the_draft() {
  return {.outcome = Outcome::verified, .check = checks::about_the_draft};
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
      rest < 5 ? "" : "; the rest shows none of head, chest, abdomen and pelvis";
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

/// What an earlier study alone shows: add_comparison() speaks of it.
bool is_of_earlier(const Finding& finding) {
  return finding.id.starts_with("earlier.");
}

/// What the scan covers and whether contrast was given is technique; the registration is
/// comparison.
Section section_of(const Finding& finding) {
  if (finding.id == "region" || finding.id == "contrast") return Section::technique;
  if (finding.id == "comparison" || is_of_earlier(finding)) return Section::comparison;
  return Section::findings;
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
    if (const auto measured = measurements_text(finding.measurements, given);
        !covered && !measured.empty())
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

/// What an impression names: what cannot wait, what a detector proposes, what a rule speaks about.
bool is_notable(const Finding& finding) {
  if (finding.presence == Presence::absent || finding.presence == Presence::not_assessed ||
      is_of_earlier(finding))
    return false;
  const bool proposed = finding.presence == Presence::indeterminate &&
                        finding.author == Author::geometry &&
                        finding.verification.outcome == Outcome::unverified;
  return finding.critical || !finding.recommendation.empty() ||
         (proposed && !finding.measurements.empty());
}

/// "effusion" of "effusion.left": findings that one method looks for.
std::string kind_of(const Finding& finding) {
  return finding.id.substr(0, finding.id.find('.'));
}

/// The title and the first value; the others stand under Findings.
std::string short_text(const Finding& finding) {
  std::string text = (finding.critical ? "CRITICAL: " : "") + title_of(finding);
  for (const Measurement& one : finding.measurements)
    if (one.value) return text + ": " + name_of(one) + ' ' + value_with_uncertainty(one);
  return text;
}

/// What cannot wait comes first. Of many of a kind the first ones are named, the others counted.
void add_notable(Composer& composer, const std::vector<Finding>& findings) {
  constexpr std::size_t named = 3;
  std::vector<const Finding*> notable;
  for (const Finding& finding : findings)
    if (is_notable(finding)) notable.push_back(&finding);
  std::stable_partition(notable.begin(), notable.end(),
                        [](const Finding* finding) { return finding->critical; });
  std::map<std::string, std::vector<const Finding*>> kinds;
  for (const Finding* finding : notable) kinds[kind_of(*finding)].push_back(finding);
  std::map<std::string, std::size_t> said;
  for (const Finding* finding : notable) {
    const auto& kind = kinds[kind_of(*finding)];
    const std::size_t number = said[kind_of(*finding)]++;
    if (number >= named && !finding->critical) continue;
    std::string text = short_text(*finding);
    std::vector<std::string> ids{finding->id};
    if (number + 1 == named && kind.size() > named) {
      text += "; " + std::to_string(kind.size() - named) + " more under Findings";
      for (std::size_t i = named; i < kind.size(); ++i) ids.push_back(kind[i]->id);
    }
    composer.add(Section::impression, sentence_end(std::move(text)), finding->verification,
                 std::move(ids), finding->author);
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

void add_impression(Composer& composer, const std::vector<Finding>& findings) {
  const auto measured = std::ranges::count_if(findings, [](const Finding& finding) {
    return finding.presence != Presence::not_assessed &&
           std::ranges::any_of(finding.measurements, [](const Measurement& measurement) {
             return measurement.value.has_value();
           });
  });
  const char* about =
      "Candidates to be confirmed, and values that a published rule speaks about. "
      "No diagnosis is made by the program.";
  if (std::ranges::none_of(findings, is_notable))
    about =
        "No candidate was proposed and no value reached a published limit that the program "
        "knows. No diagnosis is made by the program.";
  if (measured == 0)
    about = "Nothing could be measured. No diagnostic impression is made by the program.";
  composer.add(Section::impression, about, about_the_draft());
  add_notable(composer, findings);
  const auto lungs = std::ranges::find(findings, std::string("lungs"), &Finding::id);
  if (lungs == findings.end() || lungs->presence != Presence::present) return;
  std::vector<Measurement> whole;  // of an organ that the scan cuts, no impression
  std::ranges::copy_if(lungs->measurements, std::back_inserter(whole),
                       [](const Measurement& one) { return one.value && !one.lower_bound; });
  std::set<std::string> given;
  if (!whole.empty())
    composer.add(Section::impression,
                 sentence_end(title_of(*lungs) + ": " + measurements_text(whole, given)),
                 lungs->verification, {lungs->id});
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
  add_impression(composer, findings);
  add_recommendations(composer, findings);
  add_limitations(composer, study, provenance);
  return composer.take();
}

}  // namespace tomoscribe::reporting

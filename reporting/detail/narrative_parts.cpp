#include "reporting/detail/narrative_parts.h"

#include <algorithm>

#include "reporting/narrative.h"

namespace tomoscribe::reporting::detail {

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

std::string measurements_text(const std::vector<Measurement>& measurements,
                              std::set<std::string>& given) {
  // What holds for several bounds is said once, after the last.
  const auto is_bound = [](const Measurement& one) { return one.value && one.lower_bound; };
  const auto last_bound =
      std::ranges::find_if(measurements.rbegin(), measurements.rend(), is_bound);
  std::string text;
  for (const Measurement& measurement : measurements) {
    const std::string name = name_of(measurement);
    if (!measurement.value && !given.insert(name + '|' + measurement.not_assessed).second) continue;
    text += (text.empty() ? "" : "; ") + name + ' ';
    text += measurement.value ? value_with_uncertainty(measurement)
                              : "not assessed (" + measurement.not_assessed + ")";
    if (last_bound != measurements.rend() && &measurement == &*last_bound)
      text += " (it reaches beyond what was measured)";
  }
  return text;
}

bool is_of_earlier(const Finding& finding) {
  return finding.id.starts_with("earlier.");
}

Verification about_the_draft() {
  return {.outcome = Outcome::verified, .check = checks::about_the_draft};
}

void Composer::add(Section section, std::string text, Verification verification,
                   std::vector<std::string> findings, Author author) {
  statements_.push_back({.id = "s" + std::to_string(statements_.size() + 1),
                         .section = section,
                         .text = std::move(text),
                         .findings = std::move(findings),
                         .author = author,
                         .verification = std::move(verification)});
}

}  // namespace tomoscribe::reporting::detail

// The impression of a draft: nothing but measured findings, no diagnosis.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "reporting/detail/narrative_parts.h"
#include "reporting/narrative.h"

namespace tomoscribe::reporting::detail {
namespace {

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

/// What was meant to be looked for and could not be.
bool is_refused(const Finding& finding) {
  return finding.presence == Presence::not_assessed && !finding.not_assessed.starts_with(no_method);
}

/// No candidate there means nothing.
void add_not_assessed(Composer& composer, const std::vector<Finding>& findings) {
  std::string text;
  std::vector<std::string> ids;
  for (const Finding& finding : findings) {
    if (!is_refused(finding)) continue;
    text += (text.empty() ? "Could not be assessed (reasons under Findings): " : "; ") +
            lower_first(finding.title);
    ids.push_back(finding.id);
  }
  if (!text.empty())
    composer.add(Section::impression, sentence_end(std::move(text)), about_the_draft(),
                 std::move(ids));
}

}  // namespace

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
    about = std::ranges::any_of(findings, is_refused)
                ? "In what could be assessed no candidate was proposed and no value reached a "
                  "published limit that the program knows. No diagnosis is made by the program."
                : "No candidate was proposed and no value reached a published limit that the "
                  "program knows. No diagnosis is made by the program.";
  if (measured == 0)
    about = "Nothing could be measured. No diagnostic impression is made by the program.";
  composer.add(Section::impression, about, about_the_draft());
  add_notable(composer, findings);
  add_not_assessed(composer, findings);
}

}  // namespace tomoscribe::reporting::detail

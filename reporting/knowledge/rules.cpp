#include "reporting/knowledge/rules.h"

#include <algorithm>
#include <stdexcept>

namespace tomoscribe::reporting::knowledge {

const std::vector<Citation>& bibliography() {
  static const std::vector<Citation> all{
      {"kothari-1996",
       "Kothari RU et al. The ABCs of measuring intracerebral hemorrhage volumes. Stroke "
       "1996;27:1304-1305",
       "10.1161/01.STR.27.8.1304"},
      {"hemphill-2001",
       "Hemphill JC et al. The ICH score: a simple, reliable grading scale for intracerebral "
       "hemorrhage. Stroke 2001;32:891-897",
       "10.1161/01.STR.32.4.891"},
      {"bullock-2006",
       "Bullock MR et al. Surgical management of acute subdural hematomas. Neurosurgery "
       "2006;58(3 Suppl):S16-24. PMID 16710968",
       ""},
  };
  return all;
}

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all{
      {"ich.volume-30",
       "2001",
       "a radiologist confirms spontaneous intracerebral haemorrhage; the other items of the score "
       "(consciousness, age, ventricles, site) are not known to the program",
       {Limit::Kind::at_least, 30, "mL"},
       "a volume of 30 mL or more is one item of the ICH score",
       "hemphill-2001"},
      {"sdh.thickness-10",
       "2006",
       "a radiologist confirms an acute subdural haematoma",
       {Limit::Kind::above, 10, "mm"},
       "an acute subdural haematoma thicker than 10 mm is a surgical criterion of this guideline",
       "bullock-2006"},
      {"sdh.shift-5",
       "2006",
       "a radiologist confirms an acute subdural haematoma",
       {Limit::Kind::above, 5, "mm"},
       "a midline shift of more than 5 mm with an acute subdural haematoma is a surgical criterion "
       "of this guideline",
       "bullock-2006"},
  };
  return all;
}

const Rule& rule(std::string_view id) {
  const auto found = std::ranges::find(rules(), id, &Rule::id);
  if (found == rules().end()) throw std::logic_error("no rule of that id");
  return *found;
}

const Citation& citation(std::string_view id) {
  const auto found = std::ranges::find(bibliography(), id, &Citation::id);
  if (found == bibliography().end()) throw std::logic_error("no citation of that id");
  return *found;
}

bool reached(const Rule& rule, const Measurement& measurement) {
  if (!measurement.value || measurement.unit.value != rule.limit.unit) return false;
  switch (rule.limit.kind) {
    case Limit::Kind::at_least: return *measurement.value >= rule.limit.value;
    case Limit::Kind::above: return *measurement.value > rule.limit.value;
  }
  return false;
}

void recommend(Finding& finding, const Rule& rule) {
  const Citation& source = citation(rule.citation);
  std::string text = "If " + std::string(rule.applies_if) + ": " + std::string(rule.reading) +
                     " (edition of " + std::string(rule.edition) + ")";
  if (finding.recommendation.find(text) != std::string::npos) return;
  finding.recommendation += (finding.recommendation.empty() ? "" : "; ") + text;
  if (std::ranges::find(finding.citations, source.id, &Citation::id) == finding.citations.end())
    finding.citations.push_back(source);
}

}  // namespace tomoscribe::reporting::knowledge

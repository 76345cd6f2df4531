#include "reporting/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <stdexcept>

#include "reporting/report_store.h"

namespace tomoscribe::reporting {
namespace {

template <class T>
struct Word {
  T value;
  std::string_view text;
};

// Each enum's words, in the enum's order. A value without a word does not get past word_of().
constexpr std::array presence_words{Word<Presence>{Presence::present, "present"},
                                    Word<Presence>{Presence::absent, "absent"},
                                    Word<Presence>{Presence::indeterminate, "indeterminate"},
                                    Word<Presence>{Presence::not_assessed, "not assessed"}};
constexpr std::array laterality_words{Word<Laterality>{Laterality::none, ""},
                                      Word<Laterality>{Laterality::left, "left"},
                                      Word<Laterality>{Laterality::right, "right"},
                                      Word<Laterality>{Laterality::bilateral, "bilateral"}};
constexpr std::array author_words{Word<Author>{Author::geometry, "geometry"},
                                  Word<Author>{Author::model, "model"},
                                  Word<Author>{Author::person, "person"}};
constexpr std::array outcome_words{Word<Outcome>{Outcome::verified, "verified"},
                                   Word<Outcome>{Outcome::consistent, "consistent"},
                                   Word<Outcome>{Outcome::unverified, "unverified"},
                                   Word<Outcome>{Outcome::contradicted, "contradicted"},
                                   Word<Outcome>{Outcome::not_assessable, "not assessable"}};
constexpr std::array section_words{Word<Section>{Section::examination, "examination"},
                                   Word<Section>{Section::indication, "indication"},
                                   Word<Section>{Section::technique, "technique"},
                                   Word<Section>{Section::comparison, "comparison"},
                                   Word<Section>{Section::findings, "findings"},
                                   Word<Section>{Section::impression, "impression"},
                                   Word<Section>{Section::recommendations, "recommendations"},
                                   Word<Section>{Section::limitations, "limitations"}};
constexpr std::array report_state_words{Word<ReportState>{ReportState::draft, "draft"},
                                        Word<ReportState>{ReportState::preliminary, "preliminary"},
                                        Word<ReportState>{ReportState::final, "final"},
                                        Word<ReportState>{ReportState::corrected, "corrected"},
                                        Word<ReportState>{ReportState::appended, "appended"},
                                        Word<ReportState>{ReportState::withdrawn, "withdrawn"}};
constexpr std::array study_state_words{Word<StudyState>{StudyState::receiving, "receiving"},
                                       Word<StudyState>{StudyState::queued, "queued"},
                                       Word<StudyState>{StudyState::analysing, "analysing"},
                                       Word<StudyState>{StudyState::drafted, "drafted"},
                                       Word<StudyState>{StudyState::signed_off, "signed"},
                                       Word<StudyState>{StudyState::unsuitable, "unsuitable"},
                                       Word<StudyState>{StudyState::failed, "failed"}};

template <class Words, class T>
std::string_view word_of(const Words& words, T value) {
  const auto found = std::ranges::find(words, value, &Words::value_type::value);
  if (found == words.end()) throw std::logic_error("a value without a word");
  return found->text;
}

template <class T, class Words>
std::optional<T> value_of(const Words& words, std::string_view text) {
  const auto found = std::ranges::find(words, text, &Words::value_type::text);
  if (found == words.end()) return std::nullopt;
  return found->value;
}

void check_measurements(const std::vector<Measurement>& measurements, std::set<std::string>& ids,
                        std::vector<std::string>& faults) {
  for (const Measurement& measurement : measurements) {
    const std::string name = "measurement " + measurement.id;
    if (measurement.id.empty() || !ids.insert(measurement.id).second)
      faults.push_back(name + ": id empty or repeated");
    if (measurement.value.has_value() != measurement.not_assessed.empty())
      faults.push_back(name + ": needs either a value or the reason why there is none");
    if (measurement.value && !std::isfinite(*measurement.value))
      faults.push_back(name + ": value is not finite");
    if (measurement.value && measurement.unit.empty())
      faults.push_back(name + ": value without a unit");
  }
}

void check_findings(const ReportVersion& version, std::vector<std::string>& faults) {
  std::set<std::string> ids, measurement_ids;
  for (const Finding& finding : version.findings) {
    const std::string name = "finding " + finding.id;
    if (finding.id.empty() || !ids.insert(finding.id).second)
      faults.push_back(name + ": id empty or repeated");
    if (finding.observation.empty()) faults.push_back(name + ": no observation code");
    if ((finding.presence == Presence::not_assessed) == finding.not_assessed.empty())
      faults.push_back(name + ": a reason goes with 'not assessed', and only with it");
    check_measurements(finding.measurements, measurement_ids, faults);
    if (finding.comparison)
      check_measurements(finding.comparison->measurements, measurement_ids, faults);
  }
}

void check_statements(const ReportVersion& version, std::vector<std::string>& faults) {
  std::set<std::string> ids;
  for (const Statement& statement : version.statements) {
    const std::string name = "statement " + statement.id;
    if (statement.id.empty() || !ids.insert(statement.id).second)
      faults.push_back(name + ": id empty or repeated");
    if (statement.text.empty()) faults.push_back(name + ": no text");
    for (const std::string& finding : statement.findings)
      if (find_finding(version, finding) == nullptr)
        faults.push_back(name + ": names the unknown finding " + finding);
  }
  for (const Statement& statement : version.statements)
    if (!statement.replaces.empty() && !ids.contains(statement.replaces))
      faults.push_back("statement " + statement.id + ": replaces an unknown statement");
}

}  // namespace

std::string_view to_text(Presence value) {
  return word_of(presence_words, value);
}
std::string_view to_text(Laterality value) {
  return word_of(laterality_words, value);
}
std::string_view to_text(Author value) {
  return word_of(author_words, value);
}
std::string_view to_text(Outcome value) {
  return word_of(outcome_words, value);
}
std::string_view to_text(Section value) {
  return word_of(section_words, value);
}
std::string_view to_text(ReportState value) {
  return word_of(report_state_words, value);
}
std::string_view to_text(StudyState value) {
  return word_of(study_state_words, value);
}

template <>
std::optional<Presence> from_text(std::string_view text) {
  return value_of<Presence>(presence_words, text);
}
template <>
std::optional<Laterality> from_text(std::string_view text) {
  return value_of<Laterality>(laterality_words, text);
}
template <>
std::optional<Author> from_text(std::string_view text) {
  return value_of<Author>(author_words, text);
}
template <>
std::optional<Outcome> from_text(std::string_view text) {
  return value_of<Outcome>(outcome_words, text);
}
template <>
std::optional<Section> from_text(std::string_view text) {
  return value_of<Section>(section_words, text);
}
template <>
std::optional<ReportState> from_text(std::string_view text) {
  return value_of<ReportState>(report_state_words, text);
}
template <>
std::optional<StudyState> from_text(std::string_view text) {
  return value_of<StudyState>(study_state_words, text);
}

std::string_view heading(Section section) {
  switch (section) {
    case Section::examination: return "Examination";
    case Section::indication: return "Indication";
    case Section::technique: return "Technique";
    case Section::comparison: return "Comparison";
    case Section::findings: return "Findings";
    case Section::impression: return "Impression";
    case Section::recommendations: return "Recommendations";
    case Section::limitations: return "Limitations";
  }
  throw std::logic_error("a section without a heading");
}

Code loinc(Section section) {
  switch (section) {
    case Section::examination: return {"18782-3", "LN", "Radiology Study observation"};
    case Section::indication: return {"18785-6", "LN", "Radiology Reason for study"};
    case Section::technique: return {"55111-9", "LN", "Current imaging procedure descriptions"};
    case Section::comparison: return {"18834-2", "LN", "Radiology Comparison study"};
    case Section::findings: return {"59776-5", "LN", "Procedure findings"};
    case Section::impression: return {"19005-8", "LN", "Radiology Imaging study [Impression]"};
    case Section::recommendations: return {"18783-1", "LN", "Radiology Study recommendation"};
    case Section::limitations: return {"77599-9", "LN", "Additional documentation"};
  }
  throw std::logic_error("a section without a code");
}

Code presence_code(Presence presence) {
  switch (presence) {
    case Presence::present: return {"52101004", "SCT", "Present"};
    case Presence::absent: return {"272519000", "SCT", "Absent"};
    case Presence::indeterminate: return {"82334004", "SCT", "Indeterminate"};
    case Presence::not_assessed: return {};
  }
  throw std::logic_error("unmapped presence");
}

char letter(Outcome outcome) {
  switch (outcome) {
    case Outcome::verified: return 'V';
    case Outcome::consistent: return 'C';
    case Outcome::unverified: return 'U';
    case Outcome::contradicted: return 'X';
    case Outcome::not_assessable: return 'N';
  }
  throw std::logic_error("an outcome without a letter");
}

char letter(const Statement& statement) {
  const std::string& check = statement.verification.check;
  if (statement.author == Author::person) return 'P';
  if (check == checks::stated_by_the_program || check == checks::about_the_draft) return ' ';
  return letter(statement.verification.outcome);
}

std::string examination_name(const Study& study, const std::optional<Order>& order) {
  if (order && !order->procedure.meaning.empty()) return order->procedure.meaning;
  if (!study.description.empty())
    return (study.description.starts_with("CT") ? "" : "CT ") + study.description;
  return study.procedure.meaning.empty() ? "CT" : study.procedure.meaning;
}

bool is_signed(ReportState state) {
  switch (state) {
    case ReportState::draft:
    case ReportState::preliminary: return false;
    case ReportState::final:
    case ReportState::corrected:
    case ReportState::appended:
    case ReportState::withdrawn: return true;
  }
  throw std::logic_error("unmapped report state");
}

std::string value_text(const Measurement& measurement) {
  if (!measurement.value) return "not assessed";
  std::array<char, 64> digits{};
  const int written = std::snprintf(digits.data(), digits.size(), "%.*f",
                                    std::clamp(measurement.decimals, 0, 6), *measurement.value);
  std::string text(digits.data(), static_cast<std::size_t>(std::clamp(written, 0, 63)));
  if (text.find_first_not_of("-0.") == std::string::npos && text.front() == '-') text.erase(0, 1);
  if (measurement.lower_bound) text.insert(0, "\u2265 ");
  if (!measurement.unit.value.empty() && measurement.unit.value != "1") {
    const bool hounsfield =
        measurement.unit.value == "[hnsf'U]";  // UCUM's spelling is not for readers
    text += ' ' + (hounsfield ? "HU" : measurement.unit.value);
  }
  return text;
}

const Finding* find_finding(const ReportVersion& version, std::string_view id) {
  const auto found = std::ranges::find(version.findings, id, &Finding::id);
  return found == version.findings.end() ? nullptr : &*found;
}

std::vector<const Statement*> statements_in(const ReportVersion& version, Section section) {
  std::set<std::string> replaced;
  for (const Statement& statement : version.statements)
    if (!statement.replaces.empty()) replaced.insert(statement.replaces);
  std::vector<const Statement*> in_force;
  for (const Statement& statement : version.statements)
    if (statement.section == section && !statement.removed && !replaced.contains(statement.id))
      in_force.push_back(&statement);
  return in_force;
}

std::vector<std::string> faults(const ReportVersion& version) {
  std::vector<std::string> faults;
  if (version.report_id.empty()) faults.emplace_back("report id is empty");
  if (version.number < 1) faults.emplace_back("version number is below 1");
  if (version.predecessor >= version.number)
    faults.emplace_back("predecessor is not an earlier version");
  if (is_signed(version.state) && (!version.signature || version.signature->signer.name.empty()))
    faults.emplace_back("a signed version needs a signature with a name");
  if (!is_signed(version.state) && version.signature)
    faults.emplace_back("an unsigned version has a signature");
  check_findings(version, faults);
  check_statements(version, faults);
  return faults;
}

}  // namespace tomoscribe::reporting

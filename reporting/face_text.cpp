#include <algorithm>
#include <array>

#include "dicom/utf8.h"
#include "reporting/faces.h"
#include "reporting/narrative.h"

namespace tomoscribe::reporting {
namespace {

constexpr std::size_t line_width = 80;

std::size_t columns_of(std::string_view text) {  // UTF-8 continuation bytes take no column
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

/// Words into lines of at most 80 columns; `first` before the first line, as many spaces before the
/// others.
void wrap(std::string& out, const std::string& first, std::string_view text) {
  const std::string indent(columns_of(first), ' ');
  std::string line = first;
  bool has_word = false;
  while (!text.empty()) {
    const std::size_t space = text.find_first_of(" \n\r\t");
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (word.empty()) continue;
    if (has_word && columns_of(line) + 1 + columns_of(word) > line_width) {
      out += line + '\n';
      line = indent;
      has_word = false;
    }
    if (has_word) line += ' ';
    line += word;
    has_word = true;
  }
  out += line + '\n';
}

/// "series 3, image 53: middle of the chest"
std::string place_text(const Study& study, const Evidence& evidence) {
  std::string text;
  const auto series = std::ranges::find(study.series, evidence.series, &SeriesUse::uid);
  if (series != study.series.end() && series->number)
    text += "series " + std::to_string(*series->number) + ", ";
  if (evidence.frame > 1)
    text += "frame " + std::to_string(evidence.frame);
  else if (evidence.image)
    text += "image " + std::to_string(*evidence.image);
  else
    text += "image " + evidence.instance.str();
  if (!evidence.caption.empty()) text += ": " + evidence.caption;
  return text;
}

/// What typed and pasted text brings that is a space to a reader, and to FHIR's string and DICOM's
/// UT no character at all.
bool is_odd_space(std::string_view character) {
  static constexpr std::array spaces{"\u00a0", "\u1680", "\u2000", "\u2001", "\u2002",
                                     "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
                                     "\u2008", "\u2009", "\u200a", "\u2028", "\u2029",
                                     "\u202f", "\u205f", "\u3000", "\ufeff"};
  return std::ranges::find(spaces, character) != spaces.end();
}

/// Control characters of foreign text must not steer a terminal.
std::string line(std::string_view text) {
  return clean_text(text, false);
}

}  // namespace

std::string clean_text(std::string_view text, bool keep_lines) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = dicom::utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    const auto first = static_cast<unsigned char>(text.front());
    const bool line_end = keep_lines && (first == '\n' || first == '\r');
    // The two noncharacters that XML forbids come as well-formed bytes.
    if (length == 0 || character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf")
      out += "\ufffd";
    else if ((first < 0x20 && !line_end) || first == 0x7f || is_odd_space(character))
      out += ' ';
    else
      out += character;
    text.remove_prefix(character.size());
  }
  return out;
}

std::string local_time(const Moment& moment) {
  std::string text = moment.iso().substr(0, 16);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string ai_label(const ReportVersion& version) {
  if (version.state == ReportState::withdrawn)
    return "WITHDRAWN - this report was issued in error; do not use it. Not a medical device.";
  if (is_signed(version.state) && version.signature)
    return "Software-assisted report; signed by " + version.signature->signer.name.display() +
           ". Not a medical device.";
  if (version.state == ReportState::preliminary)
    return "AI DRAFT - made by software, edited by " +
           (version.edited_by && !version.edited_by->name.empty()
                ? version.edited_by->name.display()
                : std::string("a person")) +
           ", not signed, not for diagnosis. Not a medical device.";
  return "AI DRAFT - made by software, not reviewed, not for diagnosis. Not a medical device.";
}

std::vector<const Statement*> outgoing_statements(const ReportVersion& version, Section section) {
  auto statements = statements_in(version, section);
  std::erase_if(statements, [&](const Statement* statement) {
    if (statement->verification.outcome == Outcome::contradicted) return true;
    if (is_signed(version.state) && statement->verification.check == checks::about_the_draft)
      return true;
    // What software says of a contradicted finding is contradicted with it; what a person wrote is
    // theirs.
    return statement->author != Author::person &&
           std::ranges::any_of(statement->findings, [&](const std::string& id) {
             const Finding* finding = find_finding(version, id);
             return finding != nullptr && finding->verification.outcome == Outcome::contradicted;
           });
  });
  return statements;
}

bool is_outgoing(const ReportVersion& version, const Finding& finding) {
  if (finding.verification.outcome == Outcome::contradicted) return false;
  for (const Section section : all_sections)
    for (const Statement* statement : statements_in(version, section)) {
      const bool rests_on =
          std::ranges::find(statement->findings, finding.id) != statement->findings.end();
      // Who edits a model's sentence says something of their own, perhaps the opposite.
      if (rests_on && (finding.author != Author::model || statement->author == Author::model))
        return true;
    }
  if (finding.author == Author::model) return false;
  return std::ranges::none_of(version.statements, [&](const Statement& statement) {
    return statement.removed &&
           std::ranges::find(statement.findings, finding.id) != statement.findings.end();
  });
}

std::string evidence_text(const ReportVersion& version, const Statement& statement) {
  std::string text;
  for (const std::string& id : statement.findings) {
    const Finding* finding = find_finding(version, id);
    if (finding == nullptr || finding->evidence.empty()) continue;
    // Where a model pointed is no evidence of what a person says.
    if (finding->author == Author::model && statement.author == Author::person) continue;
    text += text.empty() ? "" : "; ";
    text += place_text(version.study, finding->evidence.front());
  }
  return text;
}

std::string labelled_text(const ReportVersion& version, const Statement& statement) {
  if (statement.author != Author::model) return statement.text;
  if (is_signed(version.state)) return "AI: " + statement.text;
  return "AI, " + std::string(to_text(statement.verification.outcome)) + ": " + statement.text;
}

std::string section_text(const ReportVersion& version, Section section) {
  std::string text;
  for (const Statement* statement : outgoing_statements(version, section))
    text += (text.empty() ? "" : "\n") + labelled_text(version, *statement);
  return text;
}

namespace {

/// The health card of each series that was read, as sentences.
void add_health(std::string& out, const ReportVersion& version) {
  for (const SeriesUse& series : version.study.series) {
    if (!series.health) continue;
    std::string text;
    for (const HealthRow& row : health_rows(*series.health))
      text += (text.empty() ? "" : " ") + row.name + ": " + row.value + ".";
    out += "\nImages of series " +
           (series.number ? std::to_string(*series.number) : std::string("without number")) + "\n";
    wrap(out, "      ", line(text));
  }
}

}  // namespace

std::string to_text_report(const ReportVersion& version) {
  std::string out = "CT REPORT, version " + std::to_string(version.number) + " (" +
                    std::string(to_text(version.state)) + ")\n";
  wrap(out, "", ai_label(version));
  out += '\n';
  wrap(out, "Patient:    ",
       line(version.study.patient.name.display() + "   ID " + version.study.patient.id.str()));
  if (!version.study.accession.empty())
    wrap(out, "Accession:  ", line(version.study.accession.str()));
  wrap(out, "Study:      ", version.study.uid.str());
  if (version.study.started) wrap(out, "Date:       ", local_time(*version.study.started));
  for (const Section section : all_sections) {
    const auto statements = outgoing_statements(version, section);
    if (statements.empty()) continue;
    out += '\n' + std::string(heading(section)) + '\n';
    for (const Statement* statement : statements) {
      const char mark = letter(*statement);
      const std::string place = evidence_text(version, *statement);
      wrap(out, mark == ' ' ? "      " : std::string("  [") + mark + "] ",
           line(labelled_text(version, *statement)) + (place.empty() ? "" : " [" + place + "]"));
    }
  }
  add_health(out, version);
  out +=
      "\n[V] verified by measurement  [C] consistent with its source  [U] unverified\n[N] not "
      "assessable  [P] written by a person\n";
  if (version.signature)
    wrap(out, "",
         "Signed by " + line(version.signature->signer.name.display()) + ", " +
             version.signature->when.iso());
  wrap(out, "",
       version.provenance.product + " " + version.provenance.code_version + ", made " +
           version.created.iso());
  return out;
}

}  // namespace tomoscribe::reporting

#pragma once
// The faces of a report that need nothing but the report: pure functions, no clock, no new UIDs.

#include <string>
#include <string_view>
#include <vector>

#include "reporting/report.h"

namespace tomoscribe::reporting {

/// The label every unsigned face carries, and the shorter one kept after signing.
std::string ai_label(const ReportVersion&);

/// "2026-01-02 10:20", the time as the scanner's clock showed it.
std::string local_time(const Moment&);

/// Versioned JSON ("schema": 1): the form on disk and in the database.
std::string to_json(const ReportVersion&);
/// Reads any schema version ever written. \throws dicom::Malformed with the JSON pointer of the
/// first fault.
ReportVersion from_json(std::string_view json);

/// Plain text, 80 columns, section headings, each finding with its outcome letter and its
/// series:image.
std::string to_text_report(const ReportVersion&);
/// Statements in force of one section, without the contradicted ones and what software says of
/// contradicted findings: those are for the page alone. Once signed, nothing about the draft.
std::vector<const Statement*> outgoing_statements(const ReportVersion&, Section);
/// A statement as it leaves: what a model wrote has "AI, unverified: " before it (the outcome's
/// word), once signed "AI: ".
std::string labelled_text(const ReportVersion&, const Statement&);
/// Where a statement's findings rest: "series 1, image 51: largest section of the lung"; empty when
/// nowhere.
std::string evidence_text(const ReportVersion&, const Statement&);
/// Whether a finding leaves: not when it is contradicted, nor when a person struck out all that was
/// said of it; a model's finding only while a sentence of the model's own stands.
bool is_outgoing(const ReportVersion&, const Finding&);
/// One section as plain text, a statement a line (what ORU and FHIR carry).
std::string section_text(const ReportVersion&, Section);
/// A self-contained HTML page: no script, no outside reference, everything escaped.
std::string to_html(const ReportVersion&);
/// The body of that page as well-formed XHTML <div> with one <div class="http://loinc.org|code"> a
/// section (FHIR text).
std::string to_xhtml_div(const ReportVersion&);
/// One line of a series' health card: "Gantry tilt", "18.5 degrees".
struct HealthRow {
  std::string name, value;
};
/// The card of a series that was read, line by line, as every face shows it.
std::vector<HealthRow> health_rows(const SeriesHealth&);
/// Valid UTF-8 without control characters: broken bytes become U+FFFD, controls and every odd space
/// a space; line ends stay when asked for.
std::string clean_text(std::string_view, bool keep_lines);
/// Escapes for HTML and XML text and attributes; control characters that XML forbids are dropped.
std::string escape_markup(std::string_view);

}  // namespace tomoscribe::reporting

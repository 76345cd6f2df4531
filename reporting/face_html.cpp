#include <map>

#include "reporting/faces.h"
#include "reporting/narrative.h"

namespace tomoscribe::reporting {
namespace {

constexpr std::string_view style = R"(
:root{color-scheme:light}
body{font:15px/1.5 "Helvetica Neue",Arial,"DejaVu Sans",sans-serif;color:#1b2430;background:#f4f6f8;margin:0}
main{max-width:54rem;margin:2rem auto;background:#fff;padding:2.2rem 2.6rem;border-radius:6px;box-shadow:0 1px 4px #0002}
h1{font-size:1.5rem;margin:0 0 .2rem}h3{font-size:.9rem;margin:1rem 0 .2rem}.health th{width:11rem}h2{font-size:1.02rem;margin:1.6rem 0 .35rem;border-bottom:1px solid #d6dce3;padding-bottom:.15rem}
.label{background:#fff4d6;border:1px solid #e5c15b;padding:.5rem .8rem;border-radius:4px;margin:.8rem 0;font-weight:600}
.signed .label{background:#e8f4ea;border-color:#8cc29a}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.6rem 0}dt{color:#5b6875}dd{margin:0}
p.s{margin:.3rem 0;padding-left:2rem;text-indent:-2rem}
.chip{display:inline-block;text-indent:0;width:1.4rem;margin-right:.6rem;text-align:center;border-radius:3px;font:700 .75rem/1.35rem Arial,sans-serif;color:#fff}
.V{background:#1f7a3d}.C{background:#2463a8}.U{background:#b06a00}.N{background:#6b7480}.P{background:#5a3e85}
table{border-collapse:collapse;width:100%;font-size:.86rem;margin:.4rem 0}th,td{text-align:left;vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid #e4e8ed}
th{color:#5b6875;font-weight:600}.num{white-space:nowrap}small,.quiet{color:#5b6875}footer{margin-top:2rem;font-size:.8rem;color:#5b6875}
@media print{body{background:#fff}main{box-shadow:none;margin:0;max-width:none}}
)";

std::string chip(const Statement& statement) {
  const char mark = letter(statement);
  if (mark == ' ') return "<span class=\"chip\"></span>";
  const std::string_view words =
      mark == 'P' ? "written by a person" : to_text(statement.verification.outcome);
  return std::string("<span class=\"chip ") + mark + "\" title=\"" + std::string(words) + "\">" +
         mark + "</span>";
}

/// "5 verified, 1 by a person".
std::string counts(const ReportVersion& version) {
  std::map<std::string, int> count;
  std::vector<std::string> order;
  for (const Section section : all_sections)
    for (const Statement* statement : outgoing_statements(version, section)) {
      const char mark = letter(*statement);
      if (mark == ' ') continue;
      const std::string words =
          mark == 'P' ? "by a person" : std::string(to_text(statement->verification.outcome));
      if (++count[words] == 1) order.push_back(words);
    }
  std::string text;
  for (const std::string& words : order)
    text += (text.empty() ? "" : ", ") + std::to_string(count[words]) + ' ' + words;
  return text;
}

void add_row(std::string& out, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  out += "<dt>" + std::string(name) + "</dt><dd>" + escape_markup(value) + "</dd>\n";
}

void add_header(std::string& out, const ReportVersion& version) {
  const Study& study = version.study;
  out += "<h1>CT report</h1>\n<div class=\"quiet\">Version " + std::to_string(version.number) +
         ", " + std::string(to_text(version.state)) + " \u00b7 " + counts(version) +
         "</div>\n<div class=\"label\">" + escape_markup(ai_label(version)) + "</div>\n<dl>\n";
  add_row(out, "Patient", study.patient.name.display());
  add_row(out, "Patient ID", study.patient.id.str());
  add_row(out, "Born", study.patient.birth_date ? dicom::iso_date(*study.patient.birth_date) : "");
  add_row(out, "Sex", study.patient.sex);
  add_row(out, "Accession", study.accession.str());
  add_row(out, "Examination", examination_name(study, version.order));
  add_row(out, "Performed", study.started ? local_time(*study.started) : "");
  add_row(out, "Study UID", study.uid.str());
  out += "</dl>\n";
}

void add_sections(std::string& out, const ReportVersion& version) {
  for (const Section section : all_sections) {
    const auto statements = outgoing_statements(version, section);
    if (statements.empty()) continue;
    out += "<h2>" + std::string(heading(section)) + "</h2>\n";
    for (const Statement* statement : statements) {
      out +=
          "<p class=\"s\">" + chip(*statement) + escape_markup(labelled_text(version, *statement));
      if (const std::string place = evidence_text(version, *statement); !place.empty())
        out += " <small class=\"quiet\">[" + escape_markup(place) + "]</small>";
      out += "</p>\n";
    }
  }
}

void add_measurements(std::string& out, const ReportVersion& version) {
  std::string rows;
  for (const Finding& finding : version.findings) {
    if (!is_outgoing(version, finding)) continue;
    for (const Measurement& measurement : finding.measurements) {
      std::string conditions = measurement.not_assessed;
      for (const std::string& condition : measurement.conditions)
        conditions += (conditions.empty() ? "" : "; ") + condition;
      rows += "<tr><td>" + escape_markup(full_name(finding, measurement)) +
              "</td><td class=\"num\">" + escape_markup(value_with_uncertainty(measurement)) +
              "</td><td>" + escape_markup(measurement.method) + "</td><td>" +
              escape_markup(conditions) + "</td></tr>\n";
    }
  }
  if (rows.empty()) return;
  out +=
      "<h2>Measurements</h2>\n<table><tr><th>Measurement</th><th>Value</th><th>Method</"
      "th><th>Conditions</th></tr>\n" +
      rows + "</table>\n";
}

void add_series(std::string& out, const ReportVersion& version) {
  if (version.study.series.empty()) return;
  out +=
      "<h2>Series</h2>\n<table><tr><th>No.</th><th>Description</th><th>Images</th><th>Read</"
      "th><th>Reason</th></tr>\n";
  for (const SeriesUse& series : version.study.series)
    out += "<tr><td>" + (series.number ? std::to_string(*series.number) : "") + "</td><td>" +
           escape_markup(series.description) + "</td><td>" + std::to_string(series.instances) +
           "</td><td>" + (series.used ? "yes" : "no") + "</td><td>" + escape_markup(series.reason) +
           "</td></tr>\n";
  out += "</table>\n";
  for (const SeriesUse& series : version.study.series) {
    if (!series.health) continue;
    out += "<h3>Images of series " + (series.number ? std::to_string(*series.number) : "") +
           "</h3>\n<table class=\"health\">\n";
    for (const HealthRow& row : health_rows(*series.health))
      out += "<tr><th>" + escape_markup(row.name) + "</th><td>" + escape_markup(row.value) +
             "</td></tr>\n";
    out += "</table>\n";
  }
}

}  // namespace

std::string escape_markup(std::string_view text) {
  std::string out;
  for (const char c : clean_text(text, true)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\r': break;
      default: out += c;
    }
  }
  return out;
}

std::string to_html(const ReportVersion& version) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>CT "
      "report</title>\n<style>" +
      std::string(style) + "</style>\n</head>\n<body" +
      (is_signed(version.state) && version.state != ReportState::withdrawn ? " class=\"signed\""
                                                                           : "") +
      ">\n<main>\n";
  add_header(out, version);
  add_sections(out, version);
  add_measurements(out, version);
  add_series(out, version);
  out += "<footer>";
  if (version.signature)
    out += "Signed by " + escape_markup(version.signature->signer.name.display()) + ", " +
           version.signature->when.iso() + "<br>\n";
  out +=
      "V verified by measurement \u00b7 C consistent with its source \u00b7 U unverified \u00b7 N "
      "not assessable \u00b7 P written by a person<br>\n" +
      escape_markup(version.provenance.product + " " + version.provenance.code_version) +
      ", made " + version.created.iso() + ", from " +
      std::to_string(version.provenance.inputs.size()) +
      " images read</footer>\n</main>\n</body>\n</html>\n";
  return out;
}

std::string to_xhtml_div(const ReportVersion& version) {
  std::string out = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p><b>" +
                    escape_markup(ai_label(version)) + "</b></p>";
  for (const Section section : all_sections) {
    const auto statements = outgoing_statements(version, section);
    if (statements.empty()) continue;
    out += "<div class=\"http://loinc.org|" + loinc(section).value + "\"><h2>" +
           std::string(heading(section)) + "</h2>";
    for (const Statement* statement : statements) {
      const char mark = letter(*statement);
      out += (mark == ' ' ? std::string("<p>") : std::string("<p>[") + mark + "] ") +
             escape_markup(labelled_text(version, *statement)) + "</p>";
    }
    out += "</div>";
  }
  return out + "</div>";
}

}  // namespace tomoscribe::reporting

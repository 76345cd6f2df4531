// DiagnosticReport, and the Provenance that says who made it.

#include <array>
#include <openssl/sha.h>
#include <stdexcept>

#include "hl7/detail/fhir_datatypes.h"
#include "hl7/detail/fhir_resources.h"
#include "reporting/faces.h"

namespace tomoscribe::hl7::detail {
namespace {

using reporting::Code;
using reporting::ReportState;
using reporting::ReportVersion;

std::string base64(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < size; i += 3) {
    unsigned word = unsigned{bytes[i]} << 16U;
    if (i + 1 < size) word |= unsigned{bytes[i + 1]} << 8U;
    if (i + 2 < size) word |= bytes[i + 2];
    for (std::size_t j = 0; j < 4; ++j)
      text += i + j > size ? '=' : digits[(word >> (18 - 6 * j)) & 63U];
  }
  return text;
}

/// The HTML face with its size and SHA-1 (Attachment.hash).
Json html_form(const ReportVersion& version) {
  const std::string html = reporting::to_html(version);
  const auto* bytes =
      reinterpret_cast<const unsigned char*>(html.data());  // NOLINT: bytes are bytes
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash{};
  SHA1(bytes, html.size(), hash.data());
  return {{"contentType", "text/html"},
          {"language", "en"},
          {"data", base64(bytes, html.size())},
          {"size", html.size()},
          {"hash", base64(hash.data(), hash.size())},
          {"title", "CT report"},
          {"creation", version.created.iso()}};
}

Json narrative(const std::string& xhtml) {
  return {{"status", "additional"}, {"div", xhtml}};
}

}  // namespace

std::string_view report_status(ReportState state) {
  switch (state) {
    case ReportState::draft:
    case ReportState::preliminary: return "preliminary";
    case ReportState::final: return "final";
    case ReportState::corrected: return "corrected";
    case ReportState::appended: return "appended";
    case ReportState::withdrawn: return "entered-in-error";
  }
  throw std::logic_error("unmapped report state");
}

Json diagnostic_report(const ReportVersion& version) {
  const Code code = version.study.procedure.empty()
                        ? Code{"18748-4", "LN", "Diagnostic imaging study"}
                        : version.study.procedure;
  Json json{
      {"resourceType", "DiagnosticReport"},
      {"id", version.report_id},
      {"meta", meta(version)},
      {"text", narrative(reporting::to_xhtml_div(version))},
      {"identifier", {{{"system", "urn:dicom:uid"}, {"value", "urn:oid:" + version.report_id}}}},
      {"status", report_status(version.state)},
      {"category",
       {{{"coding",
          {{{"system", "http://terminology.hl7.org/CodeSystem/v2-0074"},
            {"code", "RAD"},
            {"display", "Radiology"}}}}}}},
      {"code", concept_of(code, reporting::examination_name(version.study, version.order))},
      {"subject", reference("Patient", patient_id(version.study.patient))},
      {"effectiveDateTime", version.study.started.value_or(version.created).iso()},
      {"issued", version.created.iso()},
      {"imagingStudy", {reference("ImagingStudy", version.study.uid.str())}},
      {"presentedForm", {html_form(version)}}};
  if (version.order)
    json["basedOn"] = {reference("ServiceRequest", service_request_id(*version.order))};
  if (version.signature) {
    json["performer"] = {reference("Practitioner", practitioner_id(version.signature->signer))};
    json["resultsInterpreter"] = json["performer"];
  }
  for (std::size_t i = 0; i < version.findings.size(); ++i)
    if (reporting::is_outgoing(version, version.findings[i]))
      json["result"].push_back(reference("Observation", finding_id(version.report_id, i)));
  const std::string impression = reporting::section_text(version, reporting::Section::impression);
  if (!impression.empty()) json["conclusion"] = clean_lines(impression);
  return json;
}

Json provenance(const ReportVersion& version) {
  Json json{{"resourceType", "Provenance"},
            {"id", dicom::uid_from_name("provenance|" + version.report_id + "|" +
                                        std::to_string(version.number))},
            {"target", {{{"reference", "DiagnosticReport/" + version.report_id}}}},
            {"recorded", version.created.iso()},
            {"reason",
             {{{"coding",
                {{{"system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"},
                  {"code", "AIAST"},
                  {"display", "Artificial Intelligence asserted"}}}}}}},
            {"agent",
             {{{"type",
                {{"coding",
                  {{{"system", "http://terminology.hl7.org/CodeSystem/provenance-participant-type"},
                    {"code", "assembler"},
                    {"display", "Assembler"}}}}}},
               {"who", reference("Device", "tomoscribe")}}}}};
  if (version.signature) {
    const Json who = reference("Practitioner", practitioner_id(version.signature->signer));
    json["agent"].push_back(
        {{"type",
          {{"coding",
            {{{"system", "http://terminology.hl7.org/CodeSystem/provenance-participant-type"},
              {"code", "verifier"},
              {"display", "Verifier"}}}}}},
         {"who", who}});
    json["signature"] = {{{"type",
                           {{{"system", "urn:iso-astm:E1762-95:2013"},
                             {"code", "1.2.840.10065.1.12.1.5"},
                             {"display", "Verification Signature"}}}},
                          {"when", version.signature->when.iso()},
                          {"who", who}}};
  }
  return json;
}

}  // namespace tomoscribe::hl7::detail

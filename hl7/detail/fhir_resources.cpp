#include "hl7/detail/fhir_resources.h"

#include <algorithm>
#include <array>
#include <openssl/sha.h>
#include <stdexcept>

#include "reporting/faces.h"

namespace tomoscribe::hl7::detail {
namespace {

using reporting::Code;
using reporting::Finding;
using reporting::Measurement;
using reporting::ReportState;
using reporting::ReportVersion;

std::string clean(const std::string& text) {
  return reporting::clean_text(text, false);
}
std::string clean_lines(const std::string& text) {
  std::string lines = reporting::clean_text(text, true);
  std::erase(lines, '\r');
  return lines;
}

std::string code_system(const std::string& scheme) {
  if (scheme == "SCT") return "http://snomed.info/sct";
  if (scheme == "LN") return "http://loinc.org";
  if (scheme == "UCUM") return "http://unitsofmeasure.org";
  if (scheme == "DCM") return "http://dicom.nema.org/resources/ontology/DCM";
  return "urn:local:" + dicom::uid_from_name("scheme|" + scheme);
}

Json concept_of(const Code& code) {
  return {{"coding",
           {{{"system", code_system(code.scheme)},
             {"code", clean(code.value)},
             {"display", clean(code.meaning)}}}}};
}

Json named(const Code& code, const std::string& words) {
  Json json = concept_of(code);
  json["text"] = clean(words);
  return json;
}

/// Drops what is empty: FHIR forbids empty strings, arrays and objects.
void put(Json& json, const char* name, const std::string& value) {
  if (!value.empty()) json[name] = clean(value);
}

Json meta(const ReportVersion& version) {
  Json json{{"versionId", std::to_string(version.number)}, {"lastUpdated", version.created.iso()}};
  // HL7 AI Transparency on FHIR: asserted by software; kept until a person has signed.
  if (!reporting::is_signed(version.state))
    json["security"] = {{{"system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"},
                         {"code", "AIAST"},
                         {"display", "Artificial Intelligence asserted"}}};
  return json;
}

Json reference(const std::string& type, const std::string& id) {
  return {{"reference", type + "/" + id}};
}

std::string observation_status(ReportState state) {
  return std::string(state == ReportState::appended ? "amended" : report_status(state));
}

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
Json generated(const std::string& sentence) {
  return {{"status", "generated"},
          {"div", "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>" +
                      reporting::escape_markup(sentence) + "</p></div>"}};
}

Json body_site(const Finding& finding) {
  Json json = concept_of(finding.site);
  if (const std::string side(to_text(finding.laterality)); !side.empty())
    json["text"] = side + " " + clean(finding.site.meaning);
  return json;
}

Json observation_base(const ReportVersion& version, const std::string& id, const Code& code) {
  return {{"resourceType", "Observation"},
          {"id", id},
          {"meta", meta(version)},
          {"status", observation_status(version.state)},
          {"category",
           {{{"coding",
              {{{"system", "http://terminology.hl7.org/CodeSystem/observation-category"},
                {"code", "imaging"},
                {"display", "Imaging"}}}}}}},
          {"code", concept_of(code)},
          {"subject", reference("Patient", patient_id(version.study.patient))},
          {"effectiveDateTime", version.study.started.value_or(version.created).iso()},
          {"issued", version.created.iso()},
          {"derivedFrom", {reference("ImagingStudy", version.study.uid.str())}},
          {"device", reference("Device", "tomoscribe")}};
}

Json absent(const std::string& why) {
  return {{"coding",
           {{{"system", "http://terminology.hl7.org/CodeSystem/data-absent-reason"},
             {"code", "not-performed"},
             {"display", "Not Performed"}}}},
          {"text", clean(why)}};
}

Json finding_observation(const ReportVersion& version, std::size_t index) {
  const Finding& finding = version.findings[index];
  Json json = observation_base(version, finding_id(version.report_id, index), finding.observation);
  json["identifier"] = {
      {{"system", "urn:dicom:uid"}, {"value", "urn:oid:" + finding.tracking.str()}}};
  if (finding.presence == reporting::Presence::not_assessed) {
    json["dataAbsentReason"] = absent(finding.not_assessed);
  } else {
    json["valueCodeableConcept"] = concept_of(presence_code(finding.presence));
  }
  json["note"] = {{{"text", "Verification: " + std::string(to_text(finding.verification.outcome)) +
                                (finding.verification.reason.empty()
                                     ? ""
                                     : ". " + clean(finding.verification.reason))}}};
  if (!finding.site.empty()) json["bodySite"] = body_site(finding);
  for (std::size_t i = 0; i < finding.measurements.size(); ++i)
    json["hasMember"].push_back(
        reference("Observation", measurement_id(version.report_id, index, i)));
  return json;
}

Json measurement_observation(const ReportVersion& version, std::size_t index, std::size_t at) {
  const Finding& finding = version.findings[index];
  const Measurement& measurement = finding.measurements[at];
  Json json = observation_base(version, measurement_id(version.report_id, index, at),
                               measurement.concept_name);
  json["code"]["text"] = clean(measurement.id);
  if (measurement.value) {
    json["valueQuantity"] = {{"value", *measurement.value},
                             {"unit", clean(measurement.unit.meaning)},
                             {"system", "http://unitsofmeasure.org"},
                             {"code", clean(measurement.unit.value)}};
    if (measurement.lower_bound) json["valueQuantity"]["comparator"] = ">=";
  } else {
    json["dataAbsentReason"] = absent(measurement.not_assessed);
  }
  std::string note;
  if (measurement.uncertainty) {
    Measurement half = measurement;  // as readers see it
    half.value = measurement.uncertainty;
    half.lower_bound = false;
    note = "Uncertainty +/- " + value_text(half);
  }
  for (const std::string& condition : measurement.conditions)
    note += (note.empty() ? "" : "; ") + condition;
  if (!note.empty()) json["note"] = {{{"text", clean(note)}}};
  if (!finding.site.empty()) json["bodySite"] = body_site(finding);
  put(json["method"], "text", measurement.method);
  if (json["method"].empty()) json.erase("method");
  return json;
}

std::string service_request_id(const reporting::Order& order) {
  return dicom::uid_from_name("order|" + order.assigning_authority + "|" + order.placer_number +
                              "|" + order.filler_number);
}

std::string practitioner_id(const reporting::Person& person) {
  return dicom::uid_from_name("practitioner|" + person.organisation + "|" + person.id + "|" +
                              person.name.pn());
}

Json human_name(const dicom::PersonName& name) {
  Json json = Json::object();
  put(json, "text", name.display());
  put(json, "family", name.family);
  for (const std::string* given : {&name.given, &name.middle})
    if (!given->empty()) json["given"].push_back(clean(*given));
  if (!name.prefix.empty()) json["prefix"] = {clean(name.prefix)};
  if (!name.suffix.empty()) json["suffix"] = {clean(name.suffix)};
  return json;
}

Json accession_identifier(const ReportVersion& version) {
  return {{"type",
           {{"coding",
             {{{"system", "http://terminology.hl7.org/CodeSystem/v2-0203"},
               {"code", "ACSN"},
               {"display", "Accession ID"}}}}}},
          {"value", clean(version.study.accession.str())}};
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

std::string patient_id(const reporting::Patient& patient) {
  return dicom::uid_from_name("patient|" + patient.issuer + "|" + patient.id.str());
}
std::string finding_id(const std::string& report_id, std::size_t finding) {
  return report_id + "-f" + std::to_string(finding + 1);
}
std::string measurement_id(const std::string& report_id, std::size_t finding,
                           std::size_t measurement) {
  return finding_id(report_id, finding) + "m" + std::to_string(measurement + 1);
}

Json patient(const ReportVersion& version) {
  const reporting::Patient& p = version.study.patient;
  Json json{{"resourceType", "Patient"}, {"id", patient_id(p)}};
  Json identifier = Json::object();
  if (!p.issuer.empty()) identifier["assigner"] = {{"display", clean(p.issuer)}};
  put(identifier, "value", p.id.str());
  if (!identifier.empty()) json["identifier"] = {identifier};
  if (!p.name.empty()) json["name"] = {human_name(p.name)};
  json["gender"] = p.sex == "M"   ? "male"
                   : p.sex == "F" ? "female"
                   : p.sex == "O" ? "other"
                                  : "unknown";
  if (p.birth_date) json["birthDate"] = dicom::iso_date(*p.birth_date);
  return json;
}

Json device(const ReportVersion& version) {
  return {{"resourceType", "Device"},
          {"id", "tomoscribe"},
          {"manufacturer", "Tomoscribe"},
          {"deviceName", {{{"name", clean(version.provenance.product)}, {"type", "model-name"}}}},
          {"version",
           {{{"value", version.provenance.code_version.empty()
                           ? "unknown"
                           : clean(version.provenance.code_version)}}}},
          {"note", {{{"text", "Software; not a medical device."}}}}};
}

Json imaging_study(const ReportVersion& version) {
  const reporting::Study& study = version.study;
  Json json{
      {"resourceType", "ImagingStudy"},
      {"id", study.uid.str()},
      {"identifier", {{{"system", "urn:dicom:uid"}, {"value", "urn:oid:" + study.uid.str()}}}},
      {"status", "available"},
      {"modality",
       {{{"system", "http://dicom.nema.org/resources/ontology/DCM"},
         {"code", "CT"},
         {"display", "Computed Tomography"}}}},
      {"subject", reference("Patient", patient_id(study.patient))}};
  if (!study.accession.empty()) json["identifier"].push_back(accession_identifier(version));
  if (study.started) json["started"] = study.started->iso();
  if (version.order)
    json["basedOn"] = {reference("ServiceRequest", service_request_id(*version.order))};
  int instances = 0;
  Json series = Json::array();
  for (const reporting::SeriesUse& use : study.series) {
    instances += use.instances;
    Json one{{"uid", use.uid.str()}};
    if (use.number && *use.number >= 0) one["number"] = *use.number;
    one["modality"] = {{"system", "http://dicom.nema.org/resources/ontology/DCM"},
                       {"code", use.modality.empty() ? "OT" : clean(use.modality)}};
    put(one, "description", use.description);
    one["numberOfInstances"] = use.instances;
    series.push_back(std::move(one));
  }
  json["numberOfSeries"] = study.series.size();
  json["numberOfInstances"] = instances;
  put(json, "description", study.description);
  if (!series.empty()) json["series"] = std::move(series);
  return json;
}

Json service_request(const ReportVersion& version) {
  const reporting::Order& order = *version.order;
  Json json{{"resourceType", "ServiceRequest"}, {"id", service_request_id(order)}};
  const auto identifier = [&json](const char* type, const char* display, const std::string& value) {
    if (value.empty()) return;
    json["identifier"].push_back({{"type",
                                   {{"coding",
                                     {{{"system", "http://terminology.hl7.org/CodeSystem/v2-0203"},
                                       {"code", type},
                                       {"display", display}}}}}},
                                  {"value", clean(value)}});
  };
  identifier("PLAC", "Placer Identifier", order.placer_number);
  identifier("FILL", "Filler Identifier", order.filler_number);
  identifier("ACSN", "Accession ID", order.accession.str());
  json["status"] = order.status == "cancelled" ? "revoked" : "active";
  json["intent"] = "filler-order";
  if (!order.procedure.meaning.empty() || !order.procedure.value.empty())
    json["code"] = {{"text", clean(order.procedure.meaning.empty() ? order.procedure.value
                                                                   : order.procedure.meaning)}};
  json["subject"] = reference("Patient", patient_id(version.study.patient));
  if (!order.indication.empty()) json["reasonCode"] = {{{"text", clean(order.indication)}}};
  if (!order.history.empty()) json["note"] = {{{"text", clean_lines(order.history)}}};
  return json;
}

Json practitioner(const ReportVersion& version) {
  const reporting::Person& signer = version.signature->signer;
  Json json{{"resourceType", "Practitioner"}, {"id", practitioner_id(signer)}};
  if (!signer.id.empty()) json["identifier"] = {{{"value", clean(signer.id)}}};
  json["name"] = {human_name(signer.name)};
  return json;
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
      {"code", named(code, reporting::examination_name(version.study, version.order))},
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

std::vector<Json> observations(const ReportVersion& version) {
  std::vector<Json> all;
  for (std::size_t i = 0; i < version.findings.size(); ++i) {
    if (!reporting::is_outgoing(version, version.findings[i])) continue;
    all.push_back(finding_observation(version, i));
    for (std::size_t j = 0; j < version.findings[i].measurements.size(); ++j)
      all.push_back(measurement_observation(version, i, j));
  }
  return all;
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

Json operation_outcome(const char* severity, const char* code, const std::string& sentence) {
  return {{"resourceType", "OperationOutcome"},
          {"text", generated(sentence)},
          {"issue", {{{"severity", severity}, {"code", code}, {"diagnostics", sentence}}}}};
}

}  // namespace tomoscribe::hl7::detail

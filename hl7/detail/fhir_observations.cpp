// Observation: one for each finding and one for each of its measurements.

#include "hl7/detail/fhir_datatypes.h"
#include "hl7/detail/fhir_resources.h"
#include "reporting/faces.h"

namespace tomoscribe::hl7::detail {
namespace {

using reporting::Code;
using reporting::Finding;
using reporting::Measurement;
using reporting::ReportState;
using reporting::ReportVersion;

std::string observation_status(ReportState state) {
  return std::string(state == ReportState::appended ? "amended" : report_status(state));
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
  const bool by_model = finding.author == reporting::Author::model;
  json["note"] = {{{"text", (by_model ? "Proposed by AI. " : "") + std::string("Verification: ") +
                                std::string(to_text(finding.verification.outcome)) +
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

}  // namespace

std::string finding_id(const std::string& report_id, std::size_t finding) {
  return report_id + "-f" + std::to_string(finding + 1);
}

std::string measurement_id(const std::string& report_id, std::size_t finding,
                           std::size_t measurement) {
  return finding_id(report_id, finding) + "m" + std::to_string(measurement + 1);
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

}  // namespace tomoscribe::hl7::detail

#include "hl7/detail/fhir_resources.h"

#include "hl7/detail/fhir_datatypes.h"
#include "reporting/faces.h"

namespace tomoscribe::hl7::detail {
namespace {

using reporting::ReportVersion;

Json generated(const std::string& sentence) {
  return {{"status", "generated"},
          {"div", "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>" +
                      reporting::escape_markup(sentence) + "</p></div>"}};
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

std::string patient_id(const reporting::Patient& patient) {
  return dicom::uid_from_name("patient|" + patient.issuer + "|" + patient.id.str());
}

std::string service_request_id(const reporting::Order& order) {
  return dicom::uid_from_name("order|" + order.assigning_authority + "|" + order.placer_number +
                              "|" + order.filler_number);
}

std::string practitioner_id(const reporting::Person& person) {
  return dicom::uid_from_name("practitioner|" + person.organisation + "|" + person.id + "|" +
                              person.name.pn());
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

Json operation_outcome(const char* severity, const char* code, const std::string& sentence) {
  return {{"resourceType", "OperationOutcome"},
          {"text", generated(sentence)},
          {"issue", {{{"severity", severity}, {"code", code}, {"diagnostics", sentence}}}}};
}

}  // namespace tomoscribe::hl7::detail

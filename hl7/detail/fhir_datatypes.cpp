#include "hl7/detail/fhir_datatypes.h"

#include "reporting/faces.h"

namespace tomoscribe::hl7::detail {
namespace {

std::string code_system(const std::string& scheme) {
  if (scheme == "SCT") return "http://snomed.info/sct";
  if (scheme == "LN") return "http://loinc.org";
  if (scheme == "UCUM") return "http://unitsofmeasure.org";
  if (scheme == "DCM") return "http://dicom.nema.org/resources/ontology/DCM";
  return "urn:local:" + dicom::uid_from_name("scheme|" + scheme);
}

}  // namespace

std::string clean(const std::string& text) {
  return reporting::clean_text(text, false);
}

std::string clean_lines(const std::string& text) {
  std::string lines = reporting::clean_text(text, true);
  std::erase(lines, '\r');
  return lines;
}

void put(Json& json, const char* name, const std::string& value) {
  if (!value.empty()) json[name] = clean(value);
}

Json concept_of(const reporting::Code& code, const std::string& text) {
  Json json{{"coding",
             {{{"system", code_system(code.scheme)},
               {"code", clean(code.value)},
               {"display", clean(code.meaning)}}}}};
  put(json, "text", text);
  return json;
}

Json reference(const std::string& type, const std::string& id) {
  return {{"reference", type + "/" + id}};
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

Json meta(const reporting::ReportVersion& version) {
  Json json{{"versionId", std::to_string(version.number)}, {"lastUpdated", version.created.iso()}};
  // HL7 AI Transparency on FHIR: asserted by software; kept until a person has signed.
  if (!reporting::is_signed(version.state))
    json["security"] = {{{"system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"},
                         {"code", "AIAST"},
                         {"display", "Artificial Intelligence asserted"}}};
  return json;
}

}  // namespace tomoscribe::hl7::detail

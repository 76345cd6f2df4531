#pragma once
// Values inside FHIR R4 resources (the standard's data types), and the texts they hold. Pure.

#include <string>

#include "dicom/identity.h"
#include "hl7/detail/fhir_resources.h"

namespace tomoscribe::hl7::detail {

/// Text as FHIR may hold it, on one line.
std::string clean(const std::string& text);
/// The same, with its line breaks.
std::string clean_lines(const std::string& text);

/// Drops what is empty: FHIR forbids empty strings, arrays and objects.
void put(Json& json, const char* name, const std::string& value);

/// CodeableConcept of one code.
Json concept_of(const reporting::Code& code, const std::string& text = {});
/// Reference within the server.
Json reference(const std::string& type, const std::string& id);
Json human_name(const dicom::PersonName& name);
/// Meta of a version: its number, its moment, and the mark of software until somebody signed.
Json meta(const reporting::ReportVersion& version);

}  // namespace tomoscribe::hl7::detail

#pragma once
// FHIR R4 resources of one report version, as JSON. Pure.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "reporting/report.h"

namespace tomoscribe::hl7::detail {

using Json = nlohmann::ordered_json;

/// Logical ids (64 characters of [A-Za-z0-9-.] at most), stable over versions.
std::string patient_id(const reporting::Patient& patient);
std::string service_request_id(const reporting::Order& order);
std::string practitioner_id(const reporting::Person& person);
std::string finding_id(const std::string& report_id, std::size_t finding);
std::string measurement_id(const std::string& report_id, std::size_t finding,
                           std::size_t measurement);

Json patient(const reporting::ReportVersion& version);
Json device(const reporting::ReportVersion& version);
Json imaging_study(const reporting::ReportVersion& version);
Json service_request(const reporting::ReportVersion& version);  ///< needs version.order
Json practitioner(const reporting::ReportVersion& version);     ///< needs version.signature
Json diagnostic_report(const reporting::ReportVersion& version);
Json provenance(const reporting::ReportVersion& version);
/// One for each finding, then one for each of its measurements.
std::vector<Json> observations(const reporting::ReportVersion& version);

/// DiagnosticReport.status; Observation.status is the same word, except that R4 has no "appended"
/// there.
std::string_view report_status(reporting::ReportState state);

/// A standard answer that names no data.
Json operation_outcome(const char* severity, const char* code, const std::string& sentence);

}  // namespace tomoscribe::hl7::detail

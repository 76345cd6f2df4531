#pragma once
// Entity tags of FHIR resources (R4 http, Versioning; RFC 9110 8.8.3.2, 13.1.2). Pure.

#include <string>
#include <string_view>

#include "hl7/detail/fhir_resources.h"

namespace tomoscribe::hl7::detail {

/// W/"VERSION" of a DiagnosticReport, which is versioned; else a weak tag of the content, for
/// several reports share one patient, device or signer.
std::string etag(const reporting::ReportVersion& version, const Json& resource);

/// True when the value of If-None-Match is "*" or lists the tag; weak comparison.
bool names_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace tomoscribe::hl7::detail

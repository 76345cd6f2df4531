#pragma once

#include <string>

#include "dicom/http_message.h"
#include "reporting/report_store.h"

namespace tomoscribe::hl7 {

/// The version as a FHIR R4 collection Bundle: DiagnosticReport, Observations, ImagingStudy,
/// Patient, Device, Provenance, ServiceRequest when there is an order. AI-labelled (AIAST). Pure.
/// `base_url` ("http://h/fhir/R4") makes full URLs.
std::string to_fhir_bundle(const reporting::ReportVersion& version, const std::string& base_url);

/// Handler for /fhir/R4/…: read, vread and search of DiagnosticReport, Observation, ImagingStudy,
/// Patient, Device, ServiceRequest; /metadata. Errors are OperationOutcomes without patient data.
/// `store` must outlive it, thread-safe. Standard: FHIR R4 (4.0.1) http, search.
dicom::HttpHandler fhir_handler(reporting::ReportStore& store);

/// An OperationOutcome for what is refused before the handler is asked.
dicom::HttpResponse fhir_refusal(int status, const std::string& sentence);

}  // namespace tomoscribe::hl7

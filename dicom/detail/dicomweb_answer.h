#pragma once
// How DICOMweb answers: with an entity tag, and "not modified" to whoever has that already.

#include <string>

#include "dicom/http_message.h"

namespace tomoscribe::dicom::detail {

/// Whether the client holds what `etag` names (RFC 9110 13.1.2).
bool unchanged(const HttpRequest& request, const std::string& etag);
HttpResponse not_modified(const std::string& etag);

/// Content under a hash never changes; it is a patient's, so only the reader's own browser may keep
/// it.
HttpResponse immutable(std::string body, std::string content_type, const std::string& etag);

/// \throws Refusal unless the client takes DICOM JSON.
void require_json(const HttpRequest& request);

/// DICOM JSON that may be another the next time.
HttpResponse json_answer(std::string body, const std::string& etag);

}  // namespace tomoscribe::dicom::detail

#include "hl7/detail/fhir_etag.h"

#include "dicom/identity.h"

namespace tomoscribe::hl7::detail {
namespace {

/// What stands between the quotes.
std::string_view opaque(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  return tag.size() < 2 ? std::string_view() : tag.substr(1, tag.size() - 2);
}

}  // namespace

std::string etag(const reporting::ReportVersion& version, const Json& resource) {
  if (resource["resourceType"] == "DiagnosticReport")
    return "W/\"" + std::to_string(version.number) + "\"";
  return "W/\"" +
         dicom::uid_from_name(resource.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\"";
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    const std::size_t begin = if_none_match.find_first_not_of(" \t,");
    if (begin == std::string_view::npos) return false;
    if_none_match.remove_prefix(begin);
    if (if_none_match.front() == '*') return true;
    // A tag may hold commas: it ends with its second quote.
    const std::size_t quote = if_none_match.find('"');
    const std::size_t end =
        quote == std::string_view::npos ? quote : if_none_match.find('"', quote + 1);
    if (end == std::string_view::npos) return false;
    if (opaque(if_none_match.substr(0, end + 1)) == opaque(etag)) return true;
    if_none_match.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace tomoscribe::hl7::detail

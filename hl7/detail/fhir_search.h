#pragma once
// What a FHIR search asks for (R4 search, http): its parameters understood, and resources held
// against them. Pure.

#include <string>
#include <utility>
#include <vector>

#include "dicom/http_message.h"
#include "hl7/detail/fhir_resources.h"

namespace tomoscribe::hl7::detail {

/// Something the client asked for cannot be done; becomes an OperationOutcome. Never repeats the
/// client's text.
struct Refused {
  int status;
  const char* code;  ///< IssueType
  std::string sentence;
  std::string allow;  ///< methods that 405 must name (RFC 9110 15.5.6)
};

using SearchPairs = std::vector<std::pair<std::string, std::string>>;

/// The fields of a posted search (application/x-www-form-urlencoded), decoded.
SearchPairs form_fields(std::string_view body);

struct Search {
  SearchPairs values;    ///< known parameters as they were asked: all must fit
  bool ignored = false;  ///< something else was asked too
  int count = 0, offset = 0;

  /// Lenient unless the client prefers strict handling; a modifier or a chain that is not known is
  /// refused always (R4 search, Modifiers: it may turn the question round). \throws Refused
  static Search understood(const dicom::HttpRequest& request,
                           const std::vector<const char*>& parameters, const SearchPairs& query);
  /// A value that the parameter must have; empty when it is absent or always has several, parted by
  /// commas.
  std::string only(const char* parameter) const;
  /// Every parameter fits the resource; of several values any one (R4 search 3.1.1.4.10).
  bool matches(const Json& resource) const;
  /// This search at another offset.
  std::string link(const std::string& type_url, int at_offset) const;

 private:
  void take(const std::string& name, const std::string& value);
};

/// What an identifier names, without system and "urn:oid:".
std::string identifier_value(const std::string& text);
}  // namespace tomoscribe::hl7::detail

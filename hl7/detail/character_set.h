#pragma once
// The character sets that HL7 v2 messages come in (table 0211).

#include <string>
#include <string_view>

namespace tomoscribe::hl7::detail {

/// \throws Rejected when the text does not fit the set, as iconv calls it.
std::string to_utf8(std::string_view text, const char* set);

/// The first repetition of MSH-18 as iconv calls it; nullptr: ASCII or UTF-8 as it is. \throws
/// Rejected for a set that is not supported.
const char* iconv_name(std::string_view set);

}  // namespace tomoscribe::hl7::detail

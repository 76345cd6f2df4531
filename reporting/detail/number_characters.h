#pragma once

namespace tomoscribe::reporting::detail {

/// Whether Unicode calls it a digit, a letter that is a number, or another number: 7, Ⅷ, ², ½, ٣.
bool is_number_character(char32_t character);

}  // namespace tomoscribe::reporting::detail

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tomoscribe::model::detail {

/// What the pre-tokenizer's regular expression tells apart, in the order of unicode_table.cpp.
enum class CharClass : std::uint8_t {
  other,
  space,   ///< White_Space
  number,  ///< N
  upper,   ///< Lu, Lt
  lower,   ///< Ll
  letter,  ///< Lm, Lo: belongs to either case
  mark,    ///< M
};

/// The generated table: code point * 8 + class, ascending, first entry at code point 0.
std::span<const std::uint32_t> class_starts();

/// The class of a code point up to U+10FFFF.
CharClass char_class(char32_t code);

/// One well-formed UTF-8 sequence, or the longest start of one that something else follows.
struct Utf8Step {
  std::size_t length = 1;
  bool valid = false;
  bool cut = false;  ///< the text ends where the sequence could still go on
};

/// Reads at `at` < text.size() (Unicode 15, table 3-7 and the recommendation after D93b).
Utf8Step utf8_step(std::string_view text, std::size_t at);

/// The code point of a well-formed sequence of that length.
char32_t code_point(std::string_view text, std::size_t at, std::size_t length);

/// Offset of the first ill-formed sequence; text.size() when there is none.
std::size_t first_invalid(std::string_view text);

/// Every ill-formed sequence becomes one U+FFFD: what Python's errors="replace" and browsers do.
std::string replace_invalid(std::string_view text);

inline constexpr std::string_view replacement = "\xEF\xBF\xBD";

}  // namespace tomoscribe::model::detail

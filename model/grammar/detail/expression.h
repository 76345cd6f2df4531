#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace tomoscribe::model::grammar {

// What a grammar may not exceed; docs/grammar.md lists them.
inline constexpr std::size_t most_text_bytes = std::size_t{1} << 18U;
inline constexpr std::size_t most_rules = 1024;
inline constexpr std::size_t most_nesting = 64;
inline constexpr std::uint32_t most_repeats = 10'000;
inline constexpr std::size_t most_size = std::size_t{1} << 17U;
inline constexpr std::size_t most_shortest = 65'536;

inline constexpr std::uint32_t unbounded = std::numeric_limits<std::uint32_t>::max();

/// Where something stands in the text, counted from 1; columns in characters.
struct Place {
  std::uint32_t line = 1, column = 1;
};

/// Code points, both ends included.
struct CodeRange {
  char32_t first = 0, last = 0;
};

/// One expression; what it is made of has lower indices.
struct Expression {
  enum class Kind : std::uint8_t { literal, char_class, reference, sequence, choice, repeat };

  Kind kind = Kind::literal;
  Place place;
  std::string text;                   ///< literal: bytes; reference: name
  std::vector<CodeRange> ranges;      ///< char_class: ascending, apart, without surrogates
  std::vector<std::uint32_t> parts;   ///< sequence, choice; repeat has one
  std::uint32_t rule = 0;             ///< reference
  std::uint32_t least = 0, most = 0;  ///< repeat
};

struct Rule {
  std::string name;
  Place place;
  std::uint32_t body = 0;
};

/// A grammar as it was written.
struct Rules {
  std::vector<Expression> expressions;
  std::vector<Rule> rules;
  std::uint32_t start = 0;
};

/// Reads the text; names are resolved.
/// \throws BadGrammar
Rules read_rules(std::string_view text);

/// Throws BadGrammar: "line 3, column 9: what".
[[noreturn]] void refuse(Place place, const std::string& what);

}  // namespace tomoscribe::model::grammar

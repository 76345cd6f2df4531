#pragma once

#include <cstddef>
#include <string_view>

namespace tomoscribe::model::detail {

/// The regular expression of every tekken.json so far; another one is refused at load.
inline constexpr std::string_view tekken_pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
    R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

/// End of the match of tekken_pattern that begins at `at`: one scan, no backtracking further than
/// the run of letters or blanks it stands in.
/// `text` is well-formed UTF-8, `at` < text.size() and begins a code point; the result is > at.
std::size_t piece_end(std::string_view text, std::size_t at);

}  // namespace tomoscribe::model::detail

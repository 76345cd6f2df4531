#pragma once

#include <cstdint>
#include <vector>

#include "model/grammar/detail/expression.h"

namespace tomoscribe::model::grammar {

/// What is known of a grammar before it is built.
struct Analysis {
  std::vector<bool> nullable;       ///< by expression: it has the empty text
  std::vector<std::uint32_t> rank;  ///< by rule: lower than that of every rule it can begin with
};

/// Finds what makes a grammar unusable: left recursion, rules without a text, repetitions of
/// nothing, texts that are all too long.
/// \throws BadGrammar
Analysis analyse(const Rules& rules);

}  // namespace tomoscribe::model::grammar

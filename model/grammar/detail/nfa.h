#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/grammar/detail/analysis.h"

namespace tomoscribe::model::grammar {

/// The expressions of one rule, with choices still open.
struct Nfa {
  struct Node {
    enum class Kind : std::uint8_t { end, byte, call, split };

    Kind kind = Kind::end;
    std::uint8_t first = 0, last = 0;  ///< byte
    std::uint32_t rule = 0;            ///< call
    std::uint32_t to = 0, other = 0;   ///< where it goes on; split has both
  };

  std::vector<Node> nodes;  ///< the first is the end
  std::uint32_t start = 0;
};

/// More than a limit allows.
struct TooLarge {};

/// Builds one rule. Throws TooLarge where `most_nodes` are not enough.
Nfa build_nfa(const Rules& rules, const Analysis& analysis, std::uint32_t rule,
              std::size_t most_nodes);

}  // namespace tomoscribe::model::grammar

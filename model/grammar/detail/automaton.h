#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "model/grammar/detail/analysis.h"

namespace tomoscribe::model::grammar {

inline constexpr std::uint32_t no_state = std::numeric_limits<std::uint32_t>::max();

/// One automaton for each rule that is called, over bytes and calls of rules. Both are
/// deterministic: a state has at most one way for a byte, and one for a rule. That leaves byte
/// against call, call against call and call against return, which Stacks follows side by side.
/// Every state can reach the end of its rule.
struct Automaton {
  struct Edge {
    std::uint8_t first = 0, last = 0;
    std::uint32_t to = 0;
  };

  struct Call {
    std::uint32_t rule = 0, to = 0;
  };

  struct State {
    std::uint32_t edge = 0, call = 0;  ///< where its own begin; the next state's begin is the end
    bool final = false;                ///< the rule may end here
    std::uint32_t shortest = 0;        ///< bytes to the end of the rule
  };

  std::vector<State> states;  ///< and one more at the end, which only ends the lists
  std::vector<Edge> edges;
  std::vector<Call> calls;
  std::vector<std::uint32_t> begin;  ///< by rule; no_state where it is never called
  std::vector<std::uint32_t> rank;   ///< by rule, as Analysis
  std::uint32_t start = 0;           ///< the state where texts begin

  std::size_t size() const { return states.size() - 1; }

  std::span<const Edge> edges_of(std::uint32_t state) const {
    return {edges.data() + states[state].edge, edges.data() + states[state + 1].edge};
  }

  std::span<const Call> calls_of(std::uint32_t state) const {
    return {calls.data() + states[state].call, calls.data() + states[state + 1].call};
  }

  /// no_state where there is no way.
  std::uint32_t next(std::uint32_t state, std::uint8_t byte) const {
    for (const Edge& edge : edges_of(state))
      if (byte <= edge.last) return byte >= edge.first ? edge.to : no_state;
    return no_state;
  }

  /// True for a state where a rule can only end.
  bool only_ends(std::uint32_t state) const {
    return states[state].final && edges_of(state).empty() && calls_of(state).empty();
  }
};

/// \throws BadGrammar when it gets too large.
Automaton build_automaton(const Rules& rules, const Analysis& analysis);

/// Fills State::shortest.
void find_shortest(Automaton& automaton);

}  // namespace tomoscribe::model::grammar

#include "model/grammar/detail/classes.h"

#include <numeric>
#include <string>
#include <unordered_map>

namespace tomoscribe::model::grammar {

namespace {

/// Classes for longer than this are too long to find: each state is one of its own.
constexpr std::size_t most_length = 256;

/// Steps of the search; a grammar so large that they do not suffice gets the same.
constexpr std::size_t most_steps = std::size_t{1} << 26U;

/// What a state does next, its targets given by their classes of the round before. Neighbouring
/// edges into one class are one.
void describe(const Automaton& automaton, std::uint32_t state,
              const std::vector<std::uint32_t>& classes, std::u32string& text) {
  text.assign(1, automaton.states[state].final ? U'\1' : U'\0');
  bool joins = false;
  unsigned next_byte = 0;
  for (const auto& edge : automaton.edges_of(state)) {
    const auto to = static_cast<char32_t>(classes[edge.to]);
    joins = joins && edge.first == next_byte && text.back() == to;
    if (joins) {
      text[text.size() - 2] = edge.last;
    } else {
      text += {edge.first, edge.last, to};
    }
    joins = true;
    next_byte = edge.last + 1U;
  }
  for (const auto& call : automaton.calls_of(state))
    text += {0x100, static_cast<char32_t>(call.rule), static_cast<char32_t>(classes[call.to])};
}

std::vector<std::uint32_t> each_its_own(const Automaton& automaton) {
  std::vector<std::uint32_t> classes(automaton.size());
  std::iota(classes.begin(), classes.end(), 0U);
  return classes;
}

}  // namespace

std::vector<std::uint32_t> alike(const Automaton& automaton, std::size_t length) {
  if (length > most_length) return each_its_own(automaton);
  const std::size_t round_steps =
      automaton.size() + automaton.edges.size() + automaton.calls.size();
  std::vector<std::uint32_t> classes(automaton.size());
  std::size_t count = 1;
  std::u32string text;
  for (std::size_t round = 0; round < length; ++round) {
    if (round * round_steps > most_steps) return each_its_own(automaton);
    std::unordered_map<std::u32string, std::uint32_t> known;
    std::vector<std::uint32_t> finer(automaton.size());
    for (std::uint32_t s = 0; s < automaton.size(); ++s) {
      describe(automaton, s, classes, text);
      finer[s] = known.try_emplace(text, static_cast<std::uint32_t>(known.size())).first->second;
    }
    classes = std::move(finer);
    // Each round splits classes and never joins them: the same number is the same classes.
    if (known.size() == count) break;
    count = known.size();
  }
  return classes;
}

}  // namespace tomoscribe::model::grammar

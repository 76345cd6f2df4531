// The shortest way from each state to the end of its rule: Knuth's generalisation of Dijkstra's
// algorithm, for a call is as long as its rule and what follows together.

#include <functional>
#include <queue>
#include <utility>

#include "model/grammar/detail/automaton.h"

namespace tomoscribe::model::grammar {

namespace {

class Shortest {
 public:
  explicit Shortest(Automaton& automaton) : automaton_{automaton}, before_(automaton.size()) {
    for (std::uint32_t s = 0; s < automaton.size(); ++s) {
      automaton_.states[s].shortest = unknown;
      for (const auto& edge : automaton.edges_of(s)) before_[edge.to].push_back({s, no_state});
      for (const auto& call : automaton.calls_of(s)) {
        const std::uint32_t begin = automaton.begin[call.rule];
        before_[call.to].push_back({s, begin});
        before_[begin].push_back({s, call.to});
      }
    }
  }

  void run() {
    for (std::uint32_t s = 0; s < automaton_.size(); ++s)
      if (automaton_.states[s].final) open_.emplace(0, s);
    while (!open_.empty()) {
      const auto [length, state] = open_.top();
      open_.pop();
      if (automaton_.states[state].shortest != unknown) continue;
      automaton_.states[state].shortest = length;
      for (const Before& before : before_[state]) relax(before, length);
    }
  }

 private:
  static constexpr std::uint32_t unknown = no_state;

  /// A state that has a way here: by a byte, or by a call of which the other half must be known.
  struct Before {
    std::uint32_t state = 0, other = no_state;
  };

  void relax(const Before& before, std::uint32_t length) {
    std::uint32_t more = 1;
    if (before.other != no_state) {
      more = automaton_.states[before.other].shortest;
      if (more == unknown) return;
    }
    open_.emplace(length + more, before.state);
  }

  using Entry = std::pair<std::uint32_t, std::uint32_t>;  ///< length, state

  Automaton& automaton_;
  std::vector<std::vector<Before>> before_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open_;
};

}  // namespace

void find_shortest(Automaton& automaton) {
  Shortest(automaton).run();
}

}  // namespace tomoscribe::model::grammar

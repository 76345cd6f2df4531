#include "model/grammar/detail/automaton.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "model/grammar/detail/nfa.h"
#include "model/grammar/grammar.h"

namespace tomoscribe::model::grammar {

namespace {

/// Steps of determinising a whole grammar: about a second.
constexpr std::size_t most_steps = std::size_t{1} << 24U;

using Set = std::vector<std::uint32_t>;  ///< nodes of an Nfa, ascending, no splits

struct SetHash {
  std::size_t operator()(const Set& set) const {
    std::size_t hash = set.size();
    for (const auto node : set) hash = (hash ^ node) * 0x9E3779B97F4A7C15U;
    return hash ^ hash >> 32U;
  }
};

/// Makes one rule deterministic and appends it to the automaton.
class Determiniser {
 public:
  Determiniser(const Nfa& nfa, Automaton& automaton, std::size_t& steps_left)
      : nfa_{nfa}, automaton_{automaton}, steps_left_{steps_left}, seen_(nfa.nodes.size()) {}

  /// The state where the rule begins.
  std::uint32_t run() {
    base_ = static_cast<std::uint32_t>(automaton_.states.size());
    id_of({nfa_.start});
    for (std::size_t done = 0; done < sets_.size();) {
      const Set& set = *sets_[done++];  // the map does not move it
      automaton_.states.push_back({static_cast<std::uint32_t>(automaton_.edges.size()),
                                   static_cast<std::uint32_t>(automaton_.calls.size()),
                                   set.front() == 0});
      add_edges(set);
      add_calls(set);
    }
    return base_;
  }

 private:
  void spend(std::size_t steps) {
    if (steps > steps_left_) throw TooLarge{};
    steps_left_ -= steps;
  }

  /// The state of the nodes reached from these without a byte.
  std::uint32_t id_of(Set open) {
    Set set;
    ++round_;
    while (!open.empty()) {
      const std::uint32_t index = open.back();
      open.pop_back();
      spend(1);
      if (seen_[index] == round_) continue;
      seen_[index] = round_;
      const Nfa::Node& node = nfa_.nodes[index];
      if (node.kind == Nfa::Node::Kind::split) {
        open.push_back(node.other);
        open.push_back(node.to);
      } else {
        set.push_back(index);
      }
    }
    std::ranges::sort(set);
    const auto next = base_ + static_cast<std::uint32_t>(sets_.size());
    const auto [found, fresh] = ids_.try_emplace(std::move(set), next);
    if (fresh) {
      if (next >= most_size) throw TooLarge{};
      spend(found->first.size());
      sets_.push_back(&found->first);
    }
    return found->second;
  }

  void add_edges(const Set& set) {
    std::vector<const Nfa::Node*> nodes;
    std::vector<unsigned> cuts;
    for (const auto index : set) {
      const Nfa::Node& node = nfa_.nodes[index];
      if (node.kind != Nfa::Node::Kind::byte) continue;
      nodes.push_back(&node);
      cuts.push_back(node.first);
      cuts.push_back(node.last + 1U);
    }
    std::ranges::sort(cuts);
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    spend(nodes.size() * cuts.size());
    const std::size_t own = automaton_.edges.size();
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      Set targets;
      for (const Nfa::Node* node : nodes)
        if (node->first <= cuts[i] && cuts[i] <= node->last) targets.push_back(node->to);
      if (targets.empty()) continue;
      add_edge(own, cuts[i], cuts[i + 1] - 1, id_of(std::move(targets)));
    }
  }

  void add_edge(std::size_t own, unsigned first, unsigned last, std::uint32_t to) {
    auto& edges = automaton_.edges;
    if (edges.size() > own && edges.back().to == to && edges.back().last + 1U == first)
      edges.back().last = static_cast<std::uint8_t>(last);
    else
      edges.push_back({static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(last), to});
  }

  void add_calls(const Set& set) {
    std::map<std::uint32_t, Set> targets;
    for (const auto index : set) {
      const Nfa::Node& node = nfa_.nodes[index];
      if (node.kind == Nfa::Node::Kind::call) targets[node.rule].push_back(node.to);
    }
    for (auto& [rule, to] : targets) {
      const std::uint32_t id = id_of(std::move(to));
      automaton_.calls.push_back({rule, id});
    }
  }

  const Nfa& nfa_;
  Automaton& automaton_;
  std::size_t& steps_left_;
  std::uint32_t base_ = 0, round_ = 0;
  std::vector<std::uint32_t> seen_;
  std::unordered_map<Set, std::uint32_t, SetHash> ids_;
  std::vector<const Set*> sets_;
};

/// Throws TooLarge.
Automaton build(const Rules& rules, const Analysis& analysis) {
  Automaton automaton;
  automaton.rank = analysis.rank;
  automaton.begin.assign(rules.rules.size(), no_state);
  std::size_t steps = most_steps, room = most_size;
  std::vector<std::uint32_t> open{rules.start};
  std::vector<bool> wanted(rules.rules.size());
  wanted[rules.start] = true;
  while (!open.empty()) {
    const std::uint32_t rule = open.back();
    open.pop_back();
    const Nfa nfa = build_nfa(rules, analysis, rule, room);
    room -= nfa.nodes.size();
    automaton.begin[rule] = Determiniser(nfa, automaton, steps).run();
    for (const Nfa::Node& node : nfa.nodes) {
      if (node.kind != Nfa::Node::Kind::call || wanted[node.rule]) continue;
      wanted[node.rule] = true;
      open.push_back(node.rule);
    }
  }
  automaton.start = automaton.begin[rules.start];
  automaton.states.push_back({static_cast<std::uint32_t>(automaton.edges.size()),
                              static_cast<std::uint32_t>(automaton.calls.size())});
  find_shortest(automaton);
  return automaton;
}

}  // namespace

Automaton build_automaton(const Rules& rules, const Analysis& analysis) {
  try {
    return build(rules, analysis);
  } catch (const TooLarge&) {
    throw BadGrammar("the grammar is too large: its automaton has more than " +
                     std::to_string(most_size) + " states or takes too long to build");
  }
}

}  // namespace tomoscribe::model::grammar

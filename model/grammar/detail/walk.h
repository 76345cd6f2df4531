#pragma once

#include <cstdint>
#include <vector>

#include "model/grammar/detail/stacks.h"
#include "model/grammar/detail/trie.h"

namespace tomoscribe::model::grammar {

/// Walks the trie with one state on an empty stack. Rows of the table are sets of stacks, each
/// with its ways for all bytes as far as they were asked for.
class Walk {
 public:
  Walk(const Automaton& automaton, const Trie& trie, std::uint32_t state);

  /// Goes through all below a node of the trie, the state standing at that node. Sets the bits of
  /// the tokens admitted and appends the nodes, with others below, where the stack has been empty.
  void below(std::uint32_t node, std::vector<std::uint64_t>& words,
             std::vector<std::uint32_t>& ends);

 private:
  struct Row {
    std::uint32_t set = 0;
    bool has_ended = false;
  };

  static constexpr std::uint32_t dead = 0, first = 1, unknown = 0xFFFFFFFF;

  void clear();
  std::uint32_t row_of(Stacks::Id set);
  std::uint32_t find_next(std::uint32_t row, std::uint8_t byte);
  std::uint32_t enter(std::uint32_t node, std::uint32_t root);
  void restart(std::uint32_t root, std::uint32_t last);

  const Automaton& automaton_;
  const Trie& trie_;
  std::uint32_t state_;
  Stacks stacks_;
  std::vector<Row> rows_;
  std::vector<std::uint32_t> table_;   ///< row, byte
  std::vector<std::uint32_t> by_set_;  ///< row of a set
  std::vector<std::uint32_t> path_;    ///< rows by depth
};

}  // namespace tomoscribe::model::grammar

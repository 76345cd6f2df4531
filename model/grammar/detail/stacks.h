#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/grammar/detail/automaton.h"

namespace tomoscribe::model::grammar {

/// Sets of stacks of an automaton, each set once: equal sets have equal ids. A set is a list of
/// frames, one for each state on top, with the set of stacks that lie below that state; and
/// whether the empty stack belongs to it. Not thread-safe; the automaton must outlive it.
class Stacks {
 public:
  using Id = std::uint32_t;

  struct Frame {
    std::uint32_t state = 0;
    Id below = 0;

    bool operator==(const Frame&) const = default;
    auto operator<=>(const Frame&) const = default;
  };

  static constexpr Id none = 0;    ///< no stack
  static constexpr Id bottom = 1;  ///< the empty stack alone

  explicit Stacks(const Automaton& automaton);

  /// One state upon a set.
  Id upon(std::uint32_t state, Id below);

  /// The stacks after a byte. Calls and returns are made before the next byte, not after this one.
  /// \throws std::length_error for stacks higher than 4,096.
  Id next(Id set, std::uint8_t byte);

  /// The set with all calls and returns made that need no byte; only states with bytes are on top.
  Id closed(Id set);

  std::span<const Frame> frames(Id set) const {
    return {frames_.data() + sets_[set].first, sets_[set].count};
  }

  bool has_empty(Id set) const { return sets_[set].has_empty; }

  /// The fewest bytes that empty one of the stacks; the set is not `none`.
  std::uint32_t shortest(Id set) const { return sets_[set].shortest; }

  /// Those bytes.
  std::string shortest_way(Id set) const;

  /// How many sets there are.
  std::size_t size() const { return sets_.size(); }

  /// Forgets all sets but this and those below; gives its new id.
  Id keep(Id set);

 private:
  struct Set {
    std::uint32_t first = 0, count = 0;
    std::uint32_t shortest = 0, height = 0;
    Id closed = unknown;
    bool has_empty = false;
  };

  static constexpr Id unknown = 0xFFFFFFFF;

  class Closing;

  /// Takes frames in any order, also several of one state.
  Id set_of(std::vector<Frame>& frames, bool has_empty);
  Id intern(std::span<const Frame> frames, bool has_empty);
  Id united(Id a, Id b);
  Id add(std::span<const Frame> frames, bool has_empty);
  std::size_t hash(std::span<const Frame> frames, bool has_empty) const;
  void grow_table();
  void shortest_step(std::vector<std::uint32_t>& open, std::string& bytes) const;

  const Automaton* automaton_;
  std::vector<Set> sets_;
  std::vector<Frame> frames_;
  std::vector<Id> table_;  ///< by hash; 0 where free
  std::map<std::pair<Id, Id>, Id> unions_;
};

}  // namespace tomoscribe::model::grammar

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "model/grammar/detail/stacks.h"
#include "model/grammar/detail/trie.h"

namespace tomoscribe::model::grammar {

/// Finds masks, piece by piece, and keeps the pieces. A piece is what one state on top of a stack
/// admits, whatever lies below: the tokens that end before the state's rule has ended, and the
/// places in the trie where it has, from which the state below goes on. Thread-safe; automaton and
/// trie must outlive it.
class Masks {
 public:
  /// Keeps at most so many bytes of pieces; others are found again each time.
  Masks(const Automaton& automaton, const Trie& trie, std::size_t most_bytes);

  /// Sets the bits of the tokens that a set of stacks admits.
  /// \throws std::length_error as Stacks::next.
  void add(const Stacks& stacks, Stacks::Id set, std::vector<std::uint64_t>& words);

  /// Bytes of the pieces kept.
  std::size_t kept_bytes() const;

 private:
  /// Nodes of one trie, ascending, from which to go on.
  struct Places {
    std::vector<std::uint32_t> nodes;
    std::uint32_t trie = Trie::short_tokens;
    std::uint32_t id = 0;
  };

  struct Piece {
    std::vector<std::uint64_t> words;  ///< or, where few tokens are admitted:
    std::vector<std::uint32_t> ids;
    const Places* ends = nullptr;  ///< where the rule has ended; none: nullptr
  };

  /// What did not fit, for one call.
  struct Loose {
    std::vector<std::unique_ptr<const Piece>> pieces;
    std::vector<std::unique_ptr<const Places>> places;
  };

  const Piece& piece(std::uint32_t state, const Places& from, Loose& loose);
  const Piece& keep(std::uint64_t key, const Places& from, Piece piece,
                    std::vector<std::uint32_t> ends, Loose& loose);
  const Places& places(std::vector<std::uint32_t> nodes, std::uint32_t trie);

  const Automaton& automaton_;
  const Trie& trie_;
  const std::size_t most_bytes_;
  std::array<std::vector<std::uint32_t>, 2>
      class_of_;  ///< of states, for short and for long tokens
  std::array<Places, 2> roots_;

  mutable std::mutex mutex_;                                                ///< guards what follows
  std::unordered_map<std::uint64_t, std::unique_ptr<const Piece>> pieces_;  ///< class, places
  std::map<std::vector<std::uint32_t>, std::unique_ptr<const Places>> places_;
  std::uint32_t next_places_ = 2;
  std::size_t bytes_ = 0;
};

}  // namespace tomoscribe::model::grammar

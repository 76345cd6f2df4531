#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/grammar/detail/stacks.h"

namespace tomoscribe::model::grammar {

/// One text on its way through an automaton, which must outlive it. Copied at will; the copy is as
/// large as the stacks are high. Not thread-safe.
class Recogniser {
 public:
  explicit Recogniser(const Automaton& automaton);

  /// Takes bytes as long as the text can still be completed; how many it took.
  /// \throws std::length_error as Matcher::accept_bytes.
  std::size_t take(std::string_view bytes);

  bool is_accepting() { return stacks_.has_empty(stacks_.closed(at_)); }
  std::string forced_bytes() const;
  std::string shortest_completion() const { return stacks_.shortest_way(at_); }
  std::size_t shortest_completion_length() const { return stacks_.shortest(at_); }

  const Stacks& stacks() const { return stacks_; }
  Stacks::Id at() const { return at_; }

 private:
  /// The only byte that can come next, and the text cannot end here; else -1.
  int forced_byte();

  const Automaton* automaton_;
  Stacks stacks_;
  Stacks::Id at_;
  std::size_t kept_ = 0;   ///< sets at the last cleaning
  std::size_t taken_ = 0;  ///< bytes
};

}  // namespace tomoscribe::model::grammar

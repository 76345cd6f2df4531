#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/refused.h"
#include "model/tokenizer/tokenizer.h"

namespace tomoscribe::model {

namespace grammar {
struct Automaton;
class Masks;
class Trie;
}  // namespace grammar

/// A grammar that cannot be used; what() is one sentence, with line, column and cause where it is
/// about the text of the grammar.
struct BadGrammar : Refused {
  using Refused::Refused;
};

/// A set of texts, written as docs/grammar.md says. Immutable, thread-safe.
class Grammar {
 public:
  /// Reads the rules.
  /// \throws BadGrammar
  static Grammar parse(std::string_view text);

  ~Grammar();
  Grammar(Grammar&& other) noexcept;
  Grammar& operator=(Grammar&& other) noexcept;
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;

  /// True for a text of the grammar, whole.
  /// \throws std::length_error as Matcher::accept_bytes.
  bool accepts(std::string_view text) const;

  /// Bytes of the shortest text of the grammar.
  std::size_t shortest_length() const;

 private:
  friend class Constraint;
  explicit Grammar(std::unique_ptr<const grammar::Automaton> automaton);

  std::unique_ptr<const grammar::Automaton> automaton_;
};

/// The bytes of all tokens, "" for control tokens, as TokenTrie takes them.
std::vector<std::string> token_bytes(const Tokenizer& tokenizer);

/// The tokens of one vocabulary, ordered for search. Immutable, thread-safe.
class TokenTrie {
 public:
  /// `bytes` by id; a token of no bytes is never admitted. `end` is the token that ends a text,
  /// whatever its bytes.
  /// \throws std::invalid_argument for an end that is no id of `bytes`, a token of over 65,535
  /// bytes, or over 4 million tokens.
  TokenTrie(std::vector<std::string> bytes, TokenId end);

  ~TokenTrie();
  TokenTrie(TokenTrie&& other) noexcept;
  TokenTrie& operator=(TokenTrie&& other) noexcept;
  TokenTrie(const TokenTrie&) = delete;
  TokenTrie& operator=(const TokenTrie&) = delete;

  /// How many ids there are.
  std::size_t size() const;

  /// Tokens that are these bytes, the longest that fits each time: not what a tokenizer would
  /// choose, but also of bytes that are no whole characters.
  /// \throws std::invalid_argument where no token fits.
  std::vector<TokenId> spell(std::string_view bytes) const;

 private:
  friend class Constraint;
  std::unique_ptr<const grammar::Trie> trie_;
};

/// A grammar over a vocabulary, with the masks found so far. Thread-safe: matchers share it.
/// Grammar and trie must outlive it.
class Constraint {
 public:
  /// At most so many bytes of masks are kept; what does not fit is found again each time.
  static constexpr std::size_t usual_cache_bytes = std::size_t{64} << 20U;

  /// \throws BadGrammar when the grammar can ask for a byte that is no token by itself: a text
  /// begun with longer tokens might then have no end.
  Constraint(const Grammar& grammar, const TokenTrie& trie,
             std::size_t most_cached_bytes = usual_cache_bytes);

  ~Constraint();
  Constraint(const Constraint&) = delete;
  Constraint& operator=(const Constraint&) = delete;

  /// Words of a mask: one bit for each id, 64 to a word, the lowest id lowest.
  std::size_t mask_words() const;

  /// Bytes that the masks found so far take.
  std::size_t cached_bytes() const;

 private:
  friend class Matcher;
  const grammar::Automaton* automaton_;
  const grammar::Trie* trie_;
  std::unique_ptr<grammar::Masks> masks_;
};

/// Where one text stands in a grammar. Every token that a mask admits leaves it where the text can
/// still be completed, token by token. A copy costs a few kilobytes. Not thread-safe; the
/// constraint must outlive it.
class Matcher {
 public:
  explicit Matcher(const Constraint& constraint);
  ~Matcher();
  Matcher(const Matcher& other);
  Matcher& operator=(const Matcher& other);
  Matcher(Matcher&& other) noexcept;
  Matcher& operator=(Matcher&& other) noexcept;

  /// The tokens that may come next; the end only where the text is complete. None after the end.
  /// `words` is resized to Constraint::mask_words().
  /// \throws std::length_error as accept_bytes, where a token would nest too deep.
  void mask(std::vector<std::uint64_t>& words) const;

  /// Takes one token; false, and nothing changed, where the mask does not admit it.
  /// \throws std::length_error as accept_bytes.
  [[nodiscard]] bool accept(TokenId token);

  /// Takes bytes from the front for as long as the text can still be completed; how many it took.
  /// \throws std::length_error for texts over 16 MiB and for rules nested deeper than 4,096; the
  /// bytes before that have been taken.
  [[nodiscard]] std::size_t accept_bytes(std::string_view bytes);

  /// True where the text is complete: it may end here.
  bool is_accepting() const;

  /// True when the end has been accepted.
  bool has_ended() const;

  /// The bytes that must come next, up to where there is a choice or the text may end.
  /// \throws std::length_error as accept_bytes.
  std::string forced_bytes() const;

  /// The only token that the mask admits, where it is one.
  std::optional<TokenId> forced_token() const;

  /// The fewest bytes that complete the text: "" where it is complete.
  std::string shortest_completion() const;

  /// Their number, at once: not less than the number of tokens that they are.
  std::size_t shortest_completion_length() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tomoscribe::model

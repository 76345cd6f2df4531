#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/generator.h"

namespace tomoscribe::model::detail {

/// What an answer may hold next: the grammar's mask, or all tokens that text makes and the end.
class Admission {
 public:
  /// \throws Refused when the shortest text of the grammar may need more than `most_tokens`.
  Admission(const Tokenizer& tokenizer, const TokenTrie& trie, const Grammar* grammar, TokenId end,
            std::size_t most_tokens);

  /// One bit an id, 64 to a word.
  const std::vector<std::uint64_t>& mask();
  /// The only id of the mask.
  std::optional<TokenId> only() const;

  /// Ids that must come next whichever the model would like, as its own tokenizer would cut them;
  /// the last is left out, for it may be the beginning of a longer one.
  std::vector<TokenId> forced();
  /// Ids of the shortest end.
  std::vector<TokenId> closing();

  /// Takes a token that was chosen. False, and nothing is taken, when the text could no longer be
  /// closed with `left` tokens after it.
  bool take(TokenId id, std::size_t left);

 private:
  std::vector<TokenId> as_tokenized(std::string_view bytes) const;
  void accept_all(const std::vector<TokenId>& ids);

  const Tokenizer& tokenizer_;
  const TokenTrie& trie_;
  TokenId end_;
  std::optional<Constraint> constraint_;
  std::optional<Matcher> matcher_;
  std::vector<std::uint64_t> mask_;
};

/// Puts together text, tokens and passages.
class Answer {
 public:
  /// \param image_places  positions of the prompt's image tokens.
  /// \param exact         bytes as they are (a grammar made them), else as UTF-8 with U+FFFD.
  Answer(const Tokenizer& tokenizer, std::vector<std::size_t> image_places, bool exact);

  /// \param attention  that led to the choice, over all positions; empty: not known.
  void add(const GeneratedToken& token, const std::vector<float>& attention);
  Generation finish();

 private:
  void end_passage(std::size_t end);

  const Tokenizer& tokenizer_;
  StreamDecoder decoder_;
  std::vector<std::size_t> image_places_;
  bool exact_;
  Generation generation_;
  Passage passage_;
  std::size_t watched_ = 0;  ///< chosen tokens of the passage whose attention is known
};

}  // namespace tomoscribe::model::detail

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/grammar/detail/expression.h"

namespace tomoscribe::model::grammar {

/// Walks over the text of a grammar, character by character, and knows where it is.
class Scanner {
 public:
  /// The text must outlive it. \throws BadGrammar for a text too long or not UTF-8.
  explicit Scanner(std::string_view text);

  Place place() const { return place_; }
  bool at_end() const { return at_ == text_.size(); }

  /// The next byte, '\0' at the end.
  char peek() const { return at_end() ? '\0' : text_[at_]; }

  /// Moves past one character. \throws BadGrammar at the end, where `wanted` should be.
  char32_t take(std::string_view wanted);

  /// Moves past this ASCII character if it comes next.
  bool take_if(char c);

  /// Moves past blanks, line ends and comments.
  void skip_blanks();

  /// Letters, digits, '_' and '-', from a letter or '_' on; "" when none comes.
  std::string take_name();

  /// Decimal digits. \throws BadGrammar where none comes or the number exceeds `most`.
  std::uint32_t take_number(std::uint32_t most);

  /// "'x'" or "the end of the text": what comes next.
  std::string next_shown() const;

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  Place place_;
};

/// What comes between quotes. \throws BadGrammar
std::string take_literal(Scanner& scanner);

/// What comes between brackets. \throws BadGrammar
std::vector<CodeRange> take_class(Scanner& scanner);

}  // namespace tomoscribe::model::grammar

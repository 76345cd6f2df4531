#include "model/tokenizer/detail/pretokenizer.h"

#include "model/tokenizer/detail/unicode.h"

namespace tomoscribe::model::detail {

namespace {

/// Walks over code points; past the end it stands on a character of no class.
class Cursor {
 public:
  Cursor(std::string_view text, std::size_t at) : text_{text}, at_{at} { read(); }

  std::size_t at() const { return at_; }
  bool at_end() const { return at_ == text_.size(); }
  bool is(CharClass wanted) const { return !at_end() && class_ == wanted; }
  bool is(char32_t wanted) const { return !at_end() && code_ == wanted; }
  bool is_break() const { return is(U'\r') || is(U'\n'); }
  /// [\p{Lm}\p{Lo}\p{M}]
  bool is_caseless() const { return is(CharClass::letter) || is(CharClass::mark); }
  /// [^\s\p{L}\p{N}]
  bool is_sign() const { return is(CharClass::other) || is(CharClass::mark); }
  void next() {
    at_ += length_;
    read();
  }

 private:
  void read() {
    if (at_end()) return;
    length_ = utf8_step(text_, at_).length;
    code_ = code_point(text_, at_, length_);
    class_ = char_class(code_);
  }

  std::string_view text_;
  std::size_t at_ = 0, length_ = 0;
  char32_t code_ = 0;
  CharClass class_ = CharClass::other;
};

/// Ends of the first two alternatives without their optional first character; 0: no match.
struct Word {
  std::size_t ends_lower = 0;  ///< [upper, caseless]*[lower, caseless]+
  std::size_t ends_upper = 0;  ///< [upper, caseless]+[lower, caseless]*, where the first fails
};

Word word_at(Cursor cursor) {
  const std::size_t begin = cursor.at();
  std::size_t caseless_end = 0;
  while (cursor.is(CharClass::upper) || cursor.is_caseless()) {
    const bool caseless = cursor.is_caseless();
    cursor.next();
    if (caseless) caseless_end = cursor.at();
  }
  if (!cursor.is(CharClass::lower)) {
    // The second half takes back the last character that belongs to both halves.
    if (caseless_end != 0) return {.ends_lower = caseless_end};
    return {.ends_upper = cursor.at() > begin ? cursor.at() : 0};
  }
  while (cursor.is(CharClass::lower) || cursor.is_caseless()) cursor.next();
  return {.ends_lower = cursor.at()};
}

/// The first two alternatives where no letter stands first.
std::size_t word_after_prefix(const Cursor& first) {
  Cursor after = first;
  after.next();
  const Word word = word_at(after);
  if (word.ends_lower != 0) return word.ends_lower;
  if (first.is(CharClass::mark)) return word_at(first).ends_lower;
  return word.ends_upper;
}

/// ` ?[^\s\p{L}\p{N}]+[\r\n/]*`; 0: no match.
std::size_t signs(Cursor cursor) {
  if (cursor.is(U' ')) cursor.next();
  if (!cursor.is_sign()) return 0;
  while (cursor.is_sign()) cursor.next();
  while (cursor.is_break() || cursor.is(U'/')) cursor.next();
  return cursor.at();
}

/// `\s*[\r\n]+|\s+(?!\S)|\s+`
std::size_t blanks(Cursor cursor) {
  const std::size_t begin = cursor.at();
  std::size_t break_end = 0, last = begin;
  while (cursor.is(CharClass::space)) {
    const bool line_break = cursor.is_break();
    last = cursor.at();
    cursor.next();
    if (line_break) break_end = cursor.at();
  }
  if (break_end != 0) return break_end;
  return cursor.at_end() || last == begin ? cursor.at() : last;
}

}  // namespace

std::size_t piece_end(std::string_view text, std::size_t at) {
  const Cursor first(text, at);
  if (first.is(CharClass::number)) {
    Cursor one = first;
    one.next();
    return one.at();
  }
  if (first.is_sign() || first.is(CharClass::space)) {
    if (first.is_break()) return blanks(first);
    if (const std::size_t end = word_after_prefix(first); end != 0) return end;
    if (const std::size_t end = signs(first); end != 0) return end;
    return blanks(first);
  }
  const Word word = word_at(first);
  return word.ends_lower != 0 ? word.ends_lower : word.ends_upper;
}

}  // namespace tomoscribe::model::detail

#include "model/grammar/detail/scanner.h"

#include "model/grammar/grammar.h"
#include "model/tokenizer/detail/unicode.h"

namespace tomoscribe::model::grammar {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

void refuse(Place place, const std::string& what) {
  throw BadGrammar("line " + std::to_string(place.line) + ", column " +
                   std::to_string(place.column) + ": " + what);
}

Scanner::Scanner(std::string_view text) : text_{text} {
  if (text.size() > most_text_bytes)
    throw BadGrammar("the grammar is longer than " + std::to_string(most_text_bytes) + " bytes");
  const std::size_t valid = detail::first_invalid(text);
  if (valid == text.size()) return;
  text_ = text.substr(0, valid);
  while (!at_end()) take("");
  refuse(place_, "this is not UTF-8");
}

char32_t Scanner::take(std::string_view wanted) {
  if (at_end()) refuse(place_, "the text ends where " + std::string(wanted) + " should be");
  const std::size_t length = detail::utf8_step(text_, at_).length;
  const char32_t code = detail::code_point(text_, at_, length);
  at_ += length;
  ++place_.column;
  if (code == U'\n') place_ = {place_.line + 1, 1};
  return code;
}

bool Scanner::take_if(char c) {
  if (at_end() || text_[at_] != c) return false;
  take("");
  return true;
}

void Scanner::skip_blanks() {
  while (!at_end()) {
    const char c = peek();
    if (c == '#') {
      while (!at_end() && peek() != '\n') take("");
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      take("");
    } else {
      return;
    }
  }
}

std::string Scanner::take_name() {
  std::string name;
  if (!begins_name(peek())) return name;
  while (begins_name(peek()) || is_digit(peek()) || peek() == '-')
    name += static_cast<char>(take(""));
  return name;
}

std::uint32_t Scanner::take_number(std::uint32_t most) {
  const Place begin = place_;
  if (!is_digit(peek())) refuse(begin, "a number should be where " + next_shown() + " is");
  std::uint32_t value = 0;
  while (is_digit(peek())) {
    value = value * 10 + static_cast<std::uint32_t>(take("") - U'0');
    if (value > most) refuse(begin, "a repetition of more than " + std::to_string(most));
  }
  return value;
}

std::string Scanner::next_shown() const {
  if (at_end()) return "the end of the text";
  return "'" + std::string(text_.substr(at_, detail::utf8_step(text_, at_).length)) + "'";
}

}  // namespace tomoscribe::model::grammar

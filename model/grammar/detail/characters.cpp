// What stands between quotes and between brackets.

#include <algorithm>

#include "model/grammar/detail/scanner.h"

namespace tomoscribe::model::grammar {

namespace {

constexpr char32_t last_code = 0x10FFFF;
constexpr CodeRange surrogates{0xD800, 0xDFFF};

std::uint32_t hex_digit(Scanner& scanner) {
  const Place place = scanner.place();
  const char32_t c = scanner.take("a hexadecimal digit");
  if (c >= U'0' && c <= U'9') return c - U'0';
  if (c >= U'a' && c <= U'f') return c - U'a' + 10;
  if (c >= U'A' && c <= U'F') return c - U'A' + 10;
  refuse(place, "this is no hexadecimal digit");
}

char32_t braced_code(Scanner& scanner) {
  const Place place = scanner.place();
  if (!scanner.take_if('{')) refuse(place, "\\u needs a code point in braces, as in \\u{1F600}");
  char32_t code = hex_digit(scanner);
  while (!scanner.take_if('}')) {
    code = code * 16 + hex_digit(scanner);
    if (code > last_code) refuse(place, "code points end at 10FFFF");
  }
  if (code >= surrogates.first && code <= surrogates.last)
    refuse(place, "a surrogate is no character");
  return code;
}

/// What follows a backslash.
struct Escaped {
  char32_t code = 0;
  bool is_byte = false;  ///< \xNN
};

Escaped take_escape(Scanner& scanner, Place place, std::string_view marks) {
  const char32_t c = scanner.take("the rest of an escape");
  switch (c) {
    case U'n': return {U'\n'};
    case U'r': return {U'\r'};
    case U't': return {U'\t'};
    case U'u': return {braced_code(scanner)};
    case U'x': {
      const std::uint32_t high = hex_digit(scanner);
      return {high * 16 + hex_digit(scanner), true};
    }
    default: break;
  }
  if (c < 0x80 && marks.find(static_cast<char>(c)) != marks.npos) return {c};
  refuse(place, "this escape is not known");
}

void append_utf8(std::string& text, char32_t code) {
  const auto add = [&text](char32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0U | code >> 6U);
  } else if (code < 0x10000) {
    add(0xE0U | code >> 12U);
    add(0x80U | (code >> 6U & 0x3FU));
  } else {
    add(0xF0U | code >> 18U);
    add(0x80U | (code >> 12U & 0x3FU));
    add(0x80U | (code >> 6U & 0x3FU));
  }
  add(0x80U | (code & 0x3FU));
}

char32_t class_member(Scanner& scanner) {
  const Place place = scanner.place();
  const char32_t c = scanner.take("']'");
  if (c == U'\n' || c == U'\r') refuse(place, "the class is not closed on its line");
  if (c == U'[') refuse(place, "'[' inside a class is written \\[");
  if (c != U'\\') return c;
  const Escaped escaped = take_escape(scanner, place, "\"\\[]^-");
  if (escaped.is_byte && escaped.code >= 0x80)
    refuse(place, "classes hold characters, not bytes: write \\u{…} from 80 on");
  return escaped.code;
}

/// Ascending and apart; the surrogates, which are no characters, cut out.
std::vector<CodeRange> tidy(const std::vector<CodeRange>& ranges) {
  std::vector<CodeRange> apart;
  for (const CodeRange& range : ranges) {
    if (range.first < surrogates.first)
      apart.push_back({range.first, std::min<char32_t>(range.last, surrogates.first - 1)});
    if (range.last > surrogates.last)
      apart.push_back({std::max<char32_t>(range.first, surrogates.last + 1), range.last});
  }
  std::ranges::sort(apart, {}, &CodeRange::first);
  std::vector<CodeRange> result;
  for (const CodeRange& range : apart) {
    if (!result.empty() && range.first <= result.back().last + 1)
      result.back().last = std::max(result.back().last, range.last);
    else
      result.push_back(range);
  }
  return result;
}

std::vector<CodeRange> inverted(const std::vector<CodeRange>& ranges) {
  std::vector<CodeRange> gaps;
  char32_t next = 0;
  for (const CodeRange& range : ranges) {
    if (range.first > next) gaps.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= last_code) gaps.push_back({next, last_code});
  return gaps;
}

}  // namespace

std::string take_literal(Scanner& scanner) {
  std::string bytes;
  while (!scanner.take_if('"')) {
    const Place place = scanner.place();
    const char32_t c = scanner.take("the closing quote");
    if (c == U'\n' || c == U'\r') refuse(place, "the literal is not closed on its line");
    if (c != U'\\') {
      append_utf8(bytes, c);
      continue;
    }
    const Escaped escaped = take_escape(scanner, place, "\"\\");
    if (escaped.is_byte)
      bytes += static_cast<char>(escaped.code);
    else
      append_utf8(bytes, escaped.code);
  }
  return bytes;
}

std::vector<CodeRange> take_class(Scanner& scanner) {
  const Place begin = scanner.place();
  const bool invert = scanner.take_if('^');
  std::vector<CodeRange> ranges;
  while (!scanner.take_if(']')) {
    const Place place = scanner.place();
    const char32_t first = class_member(scanner);
    CodeRange range{first, first};
    if (scanner.take_if('-')) {
      if (scanner.peek() == ']') refuse(place, "'-' at the end of a class is written \\-");
      range.last = class_member(scanner);
    }
    if (range.last < range.first) refuse(place, "the range goes backwards");
    ranges.push_back(range);
  }
  ranges = tidy(ranges);
  if (invert) ranges = tidy(inverted(ranges));
  if (ranges.empty()) refuse(begin, "the class has no character");
  return ranges;
}

}  // namespace tomoscribe::model::grammar

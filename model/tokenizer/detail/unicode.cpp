#include "model/tokenizer/detail/unicode.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace tomoscribe::model::detail {

namespace {

CharClass search(char32_t code) {
  const auto starts = class_starts();
  const auto after =
      std::ranges::upper_bound(starts, code, {}, [](std::uint32_t start) { return start >> 3U; });
  return CharClass(*std::prev(after) & 7U);
}

constexpr std::size_t dense_end = 0x20000;  // beyond it: rare ideographs, searched for

std::vector<CharClass> dense() {
  std::vector<CharClass> table(dense_end);
  for (std::size_t code = 0; code < dense_end; ++code) table[code] = search(char32_t(code));
  return table;
}

unsigned byte(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

struct Range {
  unsigned low = 0x80, high = 0xBF;
};

/// No overlong form, surrogate or code point beyond U+10FFFF begins like that.
Range second_byte(unsigned lead) {
  switch (lead) {
    case 0xE0: return {.low = 0xA0};
    case 0xED: return {.high = 0x9F};
    case 0xF0: return {.low = 0x90};
    case 0xF4: return {.high = 0x8F};
    default: return {};
  }
}

}  // namespace

CharClass char_class(char32_t code) {
  static const std::vector<CharClass> table = dense();
  return code < dense_end ? table[code] : search(code);
}

Utf8Step utf8_step(std::string_view text, std::size_t at) {
  const unsigned lead = byte(text, at);
  if (lead < 0x80) return {.length = 1, .valid = true};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  Range allowed = second_byte(lead);
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i == text.size()) return {.length = i, .cut = true};
    const unsigned next = byte(text, at + i);
    if (next < allowed.low || next > allowed.high) return {.length = i};
    allowed = {};
  }
  return {.length = length, .valid = true};
}

char32_t code_point(std::string_view text, std::size_t at, std::size_t length) {
  const unsigned lead = byte(text, at);
  if (length == 1) return lead;
  char32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) code = code << 6U | (byte(text, at + i) & 0x3FU);
  return code;
}

std::size_t first_invalid(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (std::uint64_t eight = 0; at + 8 <= text.size()) {
      std::memcpy(&eight, text.data() + at, 8);
      if ((eight & 0x8080808080808080U) == 0) {
        at += 8;
        continue;
      }
    }
    const Utf8Step step = utf8_step(text, at);
    if (!step.valid) return at;
    at += step.length;
  }
  return at;
}

std::string replace_invalid(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t good = first_invalid(text);
    valid += text.substr(0, good);
    if (good == text.size()) break;
    valid += replacement;
    text.remove_prefix(good + utf8_step(text, good).length);
  }
  return valid;
}

}  // namespace tomoscribe::model::detail

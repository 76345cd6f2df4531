#include "dicom/utf8.h"

#include <algorithm>
#include <array>

namespace tomoscribe::dicom {
namespace {

/// A row of Unicode's table 3-7: which second byte may follow a first one.
struct Utf8Row {
  unsigned char first_from, first_to, second_from, second_to;
  std::size_t length;
};
constexpr std::array<Utf8Row, 9> utf8_rows{{{0x00, 0x7F, 0x00, 0xFF, 1},
                                            {0xC2, 0xDF, 0x80, 0xBF, 2},
                                            {0xE0, 0xE0, 0xA0, 0xBF, 3},
                                            {0xE1, 0xEC, 0x80, 0xBF, 3},
                                            {0xED, 0xED, 0x80, 0x9F, 3},
                                            {0xEE, 0xEF, 0x80, 0xBF, 3},
                                            {0xF0, 0xF0, 0x90, 0xBF, 4},
                                            {0xF1, 0xF3, 0x80, 0xBF, 4},
                                            {0xF4, 0xF4, 0x80, 0x8F, 4}}};

}  // namespace

std::size_t utf8_length(std::string_view text) {
  const auto within = [&](std::size_t i, unsigned char from, unsigned char to) {
    const auto byte = static_cast<unsigned char>(text[i]);
    return byte >= from && byte <= to;
  };
  const auto* const row = std::ranges::find_if(
      utf8_rows, [&](const Utf8Row& one) { return within(0, one.first_from, one.first_to); });
  if (row == utf8_rows.end() || text.size() < row->length) return 0;
  if (row->length > 1 && !within(1, row->second_from, row->second_to)) return 0;
  for (std::size_t i = 2; i < row->length; ++i)
    if (!within(i, 0x80, 0xBF)) return 0;
  return row->length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_storable_text(std::string_view text) {
  return is_utf8(text) && text.find('\0') == std::string_view::npos;
}

}  // namespace tomoscribe::dicom

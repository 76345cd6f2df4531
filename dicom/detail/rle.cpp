#include "dicom/detail/rle.h"

#include <algorithm>

#include "dicom/identity.h"

namespace tomoscribe::dicom::detail {
namespace {

constexpr std::size_t header_bytes = 64;

std::size_t word_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  return bytes[at] | (std::size_t{bytes[at + 1]} << 8U) | (std::size_t{bytes[at + 2]} << 16U) |
         (std::size_t{bytes[at + 3]} << 24U);
}

[[noreturn]] void broken() {
  throw Malformed("the RLE frame is cut or contradicts its header");
}

/// PackBits (PS3.5 G.3.2) into every `stride`-th byte from `to`.
void decode_segment(std::span<const std::uint8_t> packed, std::uint8_t* to, std::size_t stride,
                    std::size_t pixels) {
  std::size_t at = 0, done = 0;
  while (done < pixels) {
    if (at >= packed.size()) broken();
    const auto control = static_cast<std::int8_t>(packed[at++]);
    if (control == -128) continue;
    const bool literal = control >= 0;
    const auto count = static_cast<std::size_t>(literal ? control + 1 : 1 - control);
    const std::size_t used = literal ? count : 1;
    if (at + used > packed.size()) broken();
    const std::size_t step = literal ? 1 : 0, end = std::min(done + count, pixels);
    for (std::size_t from = at; done < end; ++done, from += step) to[done * stride] = packed[from];
    at += used;
  }
}

}  // namespace

std::vector<std::uint8_t> decode_rle(std::span<const std::uint8_t> frame, std::size_t pixels,
                                     std::size_t word_bytes) {
  if (frame.size() < header_bytes || word_at(frame, 0) != word_bytes) broken();
  std::vector<std::uint8_t> words(pixels * word_bytes);
  for (std::size_t segment = 0; segment < word_bytes; ++segment) {
    const std::size_t begin = word_at(frame, 4 * (segment + 1));
    const std::size_t end =
        segment + 1 < word_bytes ? word_at(frame, 4 * (segment + 2)) : frame.size();
    if (begin < header_bytes || begin > end || end > frame.size()) broken();
    // The most significant byte's segment comes first (PS3.5 G.2).
    decode_segment(frame.subspan(begin, end - begin), words.data() + (word_bytes - 1 - segment),
                   word_bytes, pixels);
  }
  return words;
}

}  // namespace tomoscribe::dicom::detail

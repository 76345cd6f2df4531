#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tomoscribe::dicom::detail {

/// Decodes one RLE frame of one sample a pixel into little-endian words of `word_bytes` bytes.
/// DCMTK's decoder fills what is missing with zeros; a missing byte is a fault here. \throws
/// Malformed. Standard: PS3.5 G.
std::vector<std::uint8_t> decode_rle(std::span<const std::uint8_t> frame, std::size_t pixels,
                                     std::size_t word_bytes);

}  // namespace tomoscribe::dicom::detail

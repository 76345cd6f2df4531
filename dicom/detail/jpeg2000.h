#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tomoscribe::dicom::detail {

/// Decodes one grey JPEG 2000 codestream (bare or in a JP2 box; HTJ2K too), as stored values of the
/// codestream's own precision and sign. Shape: [rows, columns], columns fastest. \throws Malformed.
std::vector<std::int32_t> decode_jpeg2000(std::span<const std::uint8_t> bytes, int rows,
                                          int columns);

}  // namespace tomoscribe::dicom::detail

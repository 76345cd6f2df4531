#pragma once
// UTF-8 as Unicode's table 3-7 has it. Standard library only.

#include <cstddef>
#include <string_view>

namespace tomoscribe::dicom {

/// Bytes of the well-formed character that the text begins with, 0 when there is none.
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);
/// Well-formed and without NUL: what a database can hold.
bool is_storable_text(std::string_view text);

}  // namespace tomoscribe::dicom

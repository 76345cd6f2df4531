#pragma once
// Reading DCMTK items into plain values. DCMTK stays inside dicom/*.cpp.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

namespace tomoscribe::dicom::detail {

/// The whole value as stored (backslashes kept), padding trimmed; empty when absent or not text.
std::string text(DcmItem& item, const DcmTagKey& tag);
/// The value at `index` of a multi-valued attribute, trimmed; empty when absent.
std::string text_at(DcmItem& item, const DcmTagKey& tag, unsigned long index);
std::vector<std::string> texts(DcmItem& item, const DcmTagKey& tag);

/// A finite number, whatever VR holds it (DS, FD, FL, IS, US, SS, UL, SL); nullopt when absent or
/// no number.
std::optional<double> number(DcmItem& item, const DcmTagKey& tag, unsigned long index = 0);
std::optional<int> integer(DcmItem& item, const DcmTagKey& tag);
/// All of `count` numbers, or nullopt when one of them is missing.
template <std::size_t Count>
std::optional<std::array<double, Count>> numbers(DcmItem& item, const DcmTagKey& tag) {
  std::array<double, Count> values{};
  for (std::size_t i = 0; i < Count; ++i) {
    const auto value = number(item, tag, static_cast<unsigned long>(i));
    if (!value) return std::nullopt;
    values[i] = *value;
  }
  return values;
}

/// First item of a sequence, or nullptr.
DcmItem* first_item(DcmItem& item, const DcmTagKey& sequence);

}  // namespace tomoscribe::dicom::detail

#pragma once
// A data set in the DICOM JSON model (PS3.18 F). Written here rather than by DCMTK, whose writer
// gives up on the whole file when one value is not what its VR allows.

#include <string>
#include <string_view>
#include <vector>

class DcmItem;

namespace tomoscribe::dicom::detail {

/// The elements of `item` as one JSON object; pixel data and binary values over 4 KiB have no
/// value. Text is converted to UTF-8 first, so `item` changes.
std::string dicom_json(DcmItem& item);

/// `text` as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);

/// `items`, JSON already, as one array with a line each.
std::string json_array(const std::vector<std::string>& items);

}  // namespace tomoscribe::dicom::detail

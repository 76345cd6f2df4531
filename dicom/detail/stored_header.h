#pragma once
// What DICOMweb tells of stored files besides their pixels.

#include <filesystem>
#include <string>
#include <vector>

namespace tomoscribe::dicom::detail {

/// The headers of `files`, in their order, as an array of DICOM JSON; reads on every core.
/// \throws Malformed.
std::string metadata_of(const std::vector<std::filesystem::path>& files);

/// The transfer syntax a file is stored in.  \throws Malformed.
std::string stored_syntax(const std::filesystem::path& file);

}  // namespace tomoscribe::dicom::detail

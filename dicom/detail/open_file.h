#pragma once

#include <filesystem>
#include <memory>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

namespace tomoscribe::dicom::detail {

/// Most bytes a deflated data set may expand to.
inline constexpr std::uint64_t deflate_limit = 256ULL << 20;

/// Opens a Part 10 file or a bare data set. Values over 4 KiB stay on disk until asked for. With
/// `pixels` false, reading stops before Pixel Data. \throws Malformed with one sentence.
std::unique_ptr<DcmFileFormat> open_file(const std::filesystem::path& file, bool pixels);

/// True where a value in force makes the pixels lossy (transfer syntax).
bool is_lossy(E_TransferSyntax syntax);

}  // namespace tomoscribe::dicom::detail

#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

namespace tomoscribe::dicom::detail {

/// Most bytes a deflated data set may expand to.
inline constexpr std::uint64_t deflate_limit = 256ULL << 20;

/// Opens a Part 10 file or a bare data set. Values over 4 KiB stay on disk until asked for. With
/// `pixels` false, reading stops before Pixel Data. \throws Malformed with one sentence.
std::unique_ptr<DcmFileFormat> open_file(const std::filesystem::path& file, bool pixels);

/// Preamble, prefix and the group length element of group 0002 (PS3.10 7.1).
inline constexpr std::size_t meta_head = 132 + 12;
/// Where the data set begins, from the first `meta_head` bytes of a Part 10 file; 0 when it is
/// none.
std::size_t data_set_offset(std::string_view head);

/// DCMTK logs values of the data set when it complains; nothing of a patient may reach a log, so it
/// says nothing at all. Elements written with VR UN whose tag is known get the tag's VR back.
void prepare_dcmtk();

/// True where a value in force makes the pixels lossy (transfer syntax).
bool is_lossy(E_TransferSyntax syntax);

}  // namespace tomoscribe::dicom::detail

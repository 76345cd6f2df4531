#include "dicom/detail/open_file.h"

#include <array>
#include <fstream>
#include <zlib.h>

#include "dicom/identity.h"

namespace tomoscribe::dicom::detail {
namespace {

constexpr Uint32 longest_value_in_memory = 4096;

/// Where the data set of a Part 10 file begins and whether it is deflated; offset 0: no Part 10
/// file.
struct Start {
  std::uint64_t offset = 0;
  bool deflated = false;
};

Start data_set_start(const std::filesystem::path& file) {
  DcmMetaInfo meta;
  if (meta.loadFile(file.c_str()).bad()) return {};
  OFString syntax;
  meta.findAndGetOFString(DCM_TransferSyntaxUID, syntax);
  std::ifstream input(file, std::ios::binary);
  std::array<char, 132> preamble{};
  input.read(preamble.data(), preamble.size());
  const bool has_preamble = input && std::string_view(&preamble[128], 4) == "DICM";
  return {.offset = (has_preamble ? preamble.size() : 0) +
                    meta.calcElementLength(EXS_LittleEndianExplicit, EET_ExplicitLength),
          .deflated = syntax == UID_DeflatedExplicitVRLittleEndianTransferSyntax};
}

/// Inflates and counts, keeping nothing (PS3.5 A.5: raw deflate).
bool expands_beyond(const std::filesystem::path& file, std::uint64_t offset, std::uint64_t limit) {
  std::ifstream input(file, std::ios::binary);
  input.seekg(static_cast<std::streamoff>(offset));
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return true;
  std::array<unsigned char, 1 << 15> packed{};
  std::array<unsigned char, 1 << 16> plain{};
  std::uint64_t total = 0;
  int status = Z_OK;
  while (status == Z_OK && total <= limit) {
    if (stream.avail_in == 0) {
      input.read(reinterpret_cast<char*>(packed.data()), packed.size());  // NOLINT: bytes are bytes
      stream.avail_in = static_cast<unsigned>(input.gcount());
      stream.next_in = packed.data();
      if (stream.avail_in == 0) break;
    }
    stream.next_out = plain.data();
    stream.avail_out = plain.size();
    status = inflate(&stream, Z_NO_FLUSH);
    total += plain.size() - stream.avail_out;
  }
  inflateEnd(&stream);
  return total > limit;
}

}  // namespace

std::unique_ptr<DcmFileFormat> open_file(const std::filesystem::path& file, bool pixels) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || !std::filesystem::is_regular_file(file, error))
    throw Malformed("the file cannot be read");
  if (size < 16) throw Malformed("the file is too short to be DICOM");
  const Start start = data_set_start(file);
  if (start.deflated && expands_beyond(file, start.offset, deflate_limit))
    throw Malformed("the deflated data set expands beyond 256 MiB");
  auto format = std::make_unique<DcmFileFormat>();
  const OFCondition loaded =
      pixels ? format->loadFile(file.c_str(), EXS_Unknown, EGL_noChange, longest_value_in_memory)
             : format->loadFileUntilTag(file.c_str(), EXS_Unknown, EGL_noChange,
                                        longest_value_in_memory, ERM_autoDetect, DCM_PixelData);
  if (loaded.bad()) throw Malformed(std::string("not readable as DICOM: ") + loaded.text());
  return format;
}

bool is_lossy(E_TransferSyntax syntax) {
  switch (syntax) {
    case EXS_JPEGProcess1:
    case EXS_JPEGProcess2_4:
    case EXS_JPEGLSLossy:
    case EXS_JPEG2000: return true;
    default: return false;
  }
}

}  // namespace tomoscribe::dicom::detail

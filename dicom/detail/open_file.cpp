#include "dicom/detail/open_file.h"

#include <array>
#include <fstream>
#include <zlib.h>

#include "dicom/identity.h"

namespace tomoscribe::dicom::detail {
namespace {

constexpr Uint32 longest_value_in_memory = 4096;

std::string head_of(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::string head(meta_head, '\0');
  input.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(input.gcount()));
  return head;
}

bool is_deflated(const std::filesystem::path& file) {
  DcmMetaInfo meta;
  OFString syntax;
  return meta.loadFile(file.c_str()).good() &&
         meta.findAndGetOFString(DCM_TransferSyntaxUID, syntax).good() &&
         syntax == UID_DeflatedExplicitVRLittleEndianTransferSyntax;
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

std::size_t data_set_offset(std::string_view head) {
  if (head.size() < meta_head || head.substr(128, 4) != "DICM") return 0;
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i)
    length |= std::size_t{static_cast<unsigned char>(head[140 + i])} << (8 * i);
  return meta_head + length;
}

void prepare_dcmtk() {
  static const bool prepared = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    dcmEnableUnknownVRConversion.set(OFTrue);  // PS3.5 6.2.2: UN of a known tag has the tag's VR
    return true;
  }();
  static_cast<void>(prepared);
}

std::unique_ptr<DcmFileFormat> open_file(const std::filesystem::path& file, bool pixels) {
  prepare_dcmtk();
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || !std::filesystem::is_regular_file(file, error))
    throw Malformed("the file cannot be read");
  if (size < 16) throw Malformed("not DICOM");
  if (is_deflated(file) && expands_beyond(file, data_set_offset(head_of(file)), deflate_limit))
    throw Malformed("the deflated data set expands beyond 256 MiB");
  auto format = std::make_unique<DcmFileFormat>();
  const OFCondition loaded =
      pixels ? format->loadFile(file.c_str(), EXS_Unknown, EGL_noChange, longest_value_in_memory)
             : format->loadFileUntilTag(file.c_str(), EXS_Unknown, EGL_noChange,
                                        longest_value_in_memory, ERM_autoDetect, DCM_PixelData);
  if (loaded.bad())
    throw Malformed(data_set_offset(head_of(file)) == 0
                        ? std::string("not DICOM")
                        : std::string("broken DICOM (") + loaded.text() + ")");
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

#include "dicom/detail/spooled_instance.h"

#include <array>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <openssl/evp.h>
#include <unistd.h>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>

#include "dicom/detail/open_file.h"

namespace tomoscribe::dicom::detail {
namespace {

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  BlobId finish() {
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    std::string hex;
    for (const unsigned char byte : digest) {
      hex.push_back("0123456789abcdef"[byte >> 4U]);
      hex.push_back("0123456789abcdef"[byte & 15U]);
    }
    return BlobId(hex);
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

/// Asks the kernel to start writing the file out, so that the disk works while we read and hash it;
/// the sink's fsync then waits for less. Only a hint: durability is the sink's.
void begin_writing_out(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  (void)::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  ::close(fd);
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::string bytes(std::filesystem::file_size(file), '\0');
  input.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!input) throw OutOfResources("the spooled file cannot be read back");
  return bytes;
}

template <class T>
void add_values(Digest& digest, const T& values) {
  for (const double value : values) digest.add(std::to_string(value) + ' ');
}

void add_geometry(Digest& digest, const InstanceHeader& header) {
  digest.add(header.transfer_syntax + ' ' + std::to_string(header.rows) + ' ' +
             std::to_string(header.columns) + ' ' + std::to_string(header.frames) + ' ' +
             std::to_string(header.bits_stored) + ' ' +
             std::to_string(static_cast<int>(header.pixel_is_signed)) + '\n');
  for (const PlaneHeader& plane : header.planes) {
    if (plane.image_position_patient) add_values(digest, *plane.image_position_patient);
    if (plane.image_orientation_patient)
      for (const Vec3& direction : *plane.image_orientation_patient) add_values(digest, direction);
    if (plane.pixel_spacing_mm) add_values(digest, *plane.pixel_spacing_mm);
    add_values(digest,
               std::array{plane.rescale_slope.value_or(0), plane.rescale_intercept.value_or(0)});
  }
}

/// The last bytes of the data set, as many as Pixel Data are long: its value, where nothing follows
/// it (the rule in CT). Where something does, all of the data set: any difference then counts as
/// one of pixels, and both are kept, the careful answer.
std::string_view pixel_bytes(std::string_view data_set, DcmDataset& parsed) {
  DcmElement* element = nullptr;
  if (parsed.findAndGetElement(DCM_PixelData, element).bad()) return data_set;
  if (parsed.getElement(parsed.card() - 1) != element) return data_set;
  const Uint32 length = element->getLength(parsed.getOriginalXfer(), EET_ExplicitLength);
  return data_set.substr(data_set.size() - std::min<std::size_t>(length, data_set.size()));
}

}  // namespace

ReceivedInstance examine(const std::filesystem::path& spool_file, const std::string& command_class,
                         const std::string& command_instance) {
  begin_writing_out(spool_file);
  InstanceHeader header = read_header(spool_file);
  if (header.sop_class != command_class || header.sop_instance.str() != command_instance)
    throw IdentityMismatch("the data set's SOP class or instance is not the one the command names");
  const std::string bytes = bytes_of(spool_file);
  const std::string_view data_set =
      std::string_view(bytes).substr(std::min(bytes.size(), data_set_offset(bytes)));
  Digest content, image;
  content.add(header.transfer_syntax + '\n');
  content.add(data_set);
  add_geometry(image, header);
  if (header.frames > 0) {
    const auto format = open_file(spool_file, true);
    image.add(pixel_bytes(data_set, *format->getDataset()));
  } else {
    image.add(data_set);  // no pixels: any difference is a difference
  }
  return {.spool_file = spool_file,
          .file_hash = sha256(bytes),
          .content_hash = content.finish(),
          .image_hash = image.finish(),
          .bytes = bytes.size(),
          .header = std::move(header)};
}

}  // namespace tomoscribe::dicom::detail

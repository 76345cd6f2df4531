#include "dicom/detail/picture.h"

#include <algorithm>
#include <png.h>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "dicom/detail/open_file.h"
#include "dicom/pixels.h"

namespace tomoscribe::dicom::detail {
namespace {

constexpr std::uint64_t largest_frame_bytes = 1ULL << 30U;

/// The header, once it is sure that frame `number` is there.
std::optional<InstanceHeader> header_of_frame(const std::filesystem::path& file,
                                              std::uint32_t number) {
  InstanceHeader header = read_header(file);
  if (header.frames == 0) throw NotRenderable("this instance has no pixels");
  if (number == 0 || number > static_cast<std::uint32_t>(header.frames)) return std::nullopt;
  return header;
}

/// As stored, little endian; the sign fills the bits above BitsStored, which may not matter
/// (PS3.5 8.1.1).
std::string packed(const StoredFrame& frame, int bits_allocated) {
  const auto width = static_cast<std::size_t>(bits_allocated / 8);
  std::string bytes(frame.values.size() * width, '\0');
  for (std::size_t i = 0; i < frame.values.size(); ++i)
    for (std::size_t byte = 0; byte < width; ++byte)
      bytes[i * width + byte] =
          static_cast<char>(static_cast<std::uint32_t>(frame.values[i]) >> (8U * byte) & 0xFFU);
  return bytes;
}

std::string colour_frame(const std::filesystem::path& file, const InstanceHeader& header,
                         std::uint32_t number) {
  const auto format = open_file(file, true);
  DcmElement* element = nullptr;
  if (format->getDataset()->findAndGetElement(DCM_PixelData, element).bad())
    throw NotRenderable("this instance has no pixels");
  auto* pixels = dynamic_cast<DcmPixelData*>(element);
  const std::uint64_t size = std::uint64_t{static_cast<unsigned>(header.rows)} *
                             static_cast<unsigned>(header.columns) *
                             static_cast<unsigned>(header.samples_per_pixel) *
                             static_cast<unsigned>((header.bits_allocated + 7) / 8);
  if (pixels == nullptr || size == 0 || size > largest_frame_bytes)
    throw Malformed("the pixels are not as the header says");
  std::string bytes(size + size % 2, '\0');  // DCMTK wants room for the padding byte
  Uint32 fragment = 0;
  OFString colour;
  if (pixels
          ->getUncompressedFrame(format->getDataset(), number - 1, fragment, bytes.data(),
                                 static_cast<Uint32>(bytes.size()), colour)
          .bad())
    throw Malformed("the pixels cannot be decoded");
  bytes.resize(size);
  return bytes;
}

/// The window that the file itself asks for (PS3.3 C.11.2.1.2).
std::optional<Window> own_window(const std::filesystem::path& file) {
  const auto format = open_file(file, false);
  Float64 centre = 0, width = 0;
  DcmDataset& set = *format->getDataset();
  if (set.findAndGetFloat64(DCM_WindowCenter, centre).bad() ||
      set.findAndGetFloat64(DCM_WindowWidth, width).bad() || !(width >= 1))
    return std::nullopt;
  return Window{centre, width};
}

Window full_range(const std::vector<double>& values) {
  const auto [low, high] = std::ranges::minmax(values);
  return {(low + high + 1) / 2, std::max(high - low + 1, 2.0)};
}

std::uint8_t grey(double value, const Window& window, bool inverted) {
  const double centre = window.centre - 0.5, width = window.width - 1;
  double level = 0;
  if (value > centre + width / 2) {
    level = 255;
  } else if (value > centre - width / 2) {
    level = ((value - centre) / width + 0.5) * 255;
  }
  const auto byte = static_cast<std::uint8_t>(std::clamp(level + 0.5, 0.0, 255.0));
  return inverted ? static_cast<std::uint8_t>(255 - byte) : byte;
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): libpng's macro, not ours
std::string png(const std::vector<std::uint8_t>& picture, unsigned columns, unsigned rows) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = columns;
  image.height = rows;
  image.format = PNG_FORMAT_GRAY;
  image.flags = PNG_IMAGE_FLAG_FAST;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string file(size, '\0');
  if (png_image_write_to_memory(&image, file.data(), &size, 0, picture.data(), 0, nullptr) == 0)
    throw std::runtime_error("the picture cannot be written");
  file.resize(size);
  return file;
}

}  // namespace

std::optional<std::string> decoded_frame(const std::filesystem::path& file, std::uint32_t number) {
  const auto header = header_of_frame(file, number);
  if (!header) return std::nullopt;
  if (header->samples_per_pixel != 1) return colour_frame(file, *header, number);
  const auto frame = read_frame(file, static_cast<int>(number));
  if (!frame) return std::nullopt;
  return packed(*frame, header->bits_allocated);
}

std::optional<std::string> rendered_png(const std::filesystem::path& file, std::uint32_t number,
                                        std::optional<Window> window) {
  const auto header = header_of_frame(file, number);
  if (!header) return std::nullopt;
  if (header->samples_per_pixel != 1)
    throw NotRenderable("only grey-scale images are rendered; this one is in colour");
  const auto frame = read_frame(file, static_cast<int>(number));
  if (!frame) return std::nullopt;
  const PlaneHeader& plane = header->planes.at(number - 1);
  const double slope = plane.rescale_slope.value_or(1);
  const double intercept = plane.rescale_intercept.value_or(0);
  std::vector<double> values(frame->values.size());
  std::ranges::transform(frame->values, values.begin(), [&](std::int32_t stored) {
    return static_cast<double>(stored) * slope + intercept;
  });
  if (!window) window = own_window(file);
  const Window used = window ? *window : full_range(values);
  const bool inverted = header->photometric == "MONOCHROME1";
  std::vector<std::uint8_t> picture(values.size());
  std::ranges::transform(values, picture.begin(),
                         [&](double value) { return grey(value, used, inverted); });
  return png(picture, static_cast<unsigned>(header->columns), static_cast<unsigned>(header->rows));
}

}  // namespace tomoscribe::dicom::detail

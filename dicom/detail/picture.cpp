#include "dicom/detail/picture.h"

#include <algorithm>
#include <limits>
#include <png.h>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "dicom/identity.h"

namespace tomoscribe::dicom::detail {
namespace {

constexpr std::uint64_t largest_frame_bytes = 1ULL << 30U;

struct Pixels {
  unsigned rows = 0, columns = 0, samples = 1, allocated = 0, stored = 0;
  bool is_signed = false, inverted = false;
  double slope = 1, intercept = 0;
  std::optional<Window> window;
  std::string bytes;
};

unsigned required(DcmItem& item, const DcmTagKey& tag) {
  Uint16 value = 0;
  if (item.findAndGetUint16(tag, value).bad() || value == 0)
    throw NotRenderable("this instance has no pixels");
  return value;
}

std::optional<double> real(DcmItem& item, const DcmTagKey& tag) {
  Float64 value = 0;
  if (item.findAndGetFloat64(tag, value).bad()) return std::nullopt;
  return value;
}

void describe(DcmItem& item, Pixels& pixels) {
  pixels.rows = required(item, DCM_Rows);
  pixels.columns = required(item, DCM_Columns);
  pixels.allocated = required(item, DCM_BitsAllocated);
  pixels.stored = required(item, DCM_BitsStored);
  Uint16 value = 0;
  if (item.findAndGetUint16(DCM_SamplesPerPixel, value).good() && value != 0)
    pixels.samples = value;
  if (item.findAndGetUint16(DCM_PixelRepresentation, value).good()) pixels.is_signed = value == 1;
  OFString text;
  if (item.findAndGetOFString(DCM_PhotometricInterpretation, text).good())
    pixels.inverted = text == "MONOCHROME1";
  pixels.slope = real(item, DCM_RescaleSlope).value_or(1);
  pixels.intercept = real(item, DCM_RescaleIntercept).value_or(0);
  const auto centre = real(item, DCM_WindowCenter), width = real(item, DCM_WindowWidth);
  if (centre && width && *width >= 1) pixels.window = Window{*centre, *width};
}

std::optional<Pixels> read_pixels(const std::filesystem::path& file, std::uint32_t number) {
  DcmFileFormat format;
  if (format.loadFile(file.c_str()).bad()) throw Malformed("the stored file cannot be read");
  DcmDataset& set = *format.getDataset();
  Pixels pixels;
  describe(set, pixels);
  Sint32 frames = 1;
  (void)set.findAndGetSint32(DCM_NumberOfFrames, frames);
  if (number == 0 || number > static_cast<std::uint32_t>(std::max(frames, 1))) return std::nullopt;
  const std::uint64_t size =
      std::uint64_t{pixels.rows} * pixels.columns * pixels.samples * ((pixels.allocated + 7) / 8);
  DcmElement* element = nullptr;
  if (set.findAndGetElement(DCM_PixelData, element).bad())
    throw NotRenderable("this instance has no pixels");
  if (size > largest_frame_bytes) throw Malformed("the frame is larger than 1 GiB");
  pixels.bytes.resize(size + size % 2);  // DCMTK wants room for the padding byte
  Uint32 fragment = 0;
  OFString colour;
  const OFCondition result = dynamic_cast<DcmPixelData&>(*element).getUncompressedFrame(
      &set, number - 1, fragment, pixels.bytes.data(), static_cast<Uint32>(pixels.bytes.size()),
      colour);
  if (result.bad()) throw Malformed("the pixels cannot be decoded");
  pixels.bytes.resize(size);
  return pixels;
}

/// The value of pixel `i` in the modality's units; bits above BitsStored are not part of it
/// (PS3.5 8.1.1).
double value_at(const Pixels& pixels, std::size_t i) {
  std::uint32_t raw = 0;
  const std::size_t width = pixels.allocated / 8;
  for (std::size_t byte = 0; byte < width; ++byte)
    raw |= std::uint32_t{static_cast<unsigned char>(pixels.bytes[i * width + byte])} << (8U * byte);
  const std::uint32_t mask = (1U << pixels.stored) - 1U, sign = 1U << (pixels.stored - 1U);
  raw &= mask;
  const double stored = pixels.is_signed && (raw & sign) != 0
                            ? static_cast<double>(raw) - static_cast<double>(mask) - 1.0
                            : static_cast<double>(raw);
  return stored * pixels.slope + pixels.intercept;
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
  auto pixels = read_pixels(file, number);
  if (!pixels) return std::nullopt;
  return std::move(pixels->bytes);
}

std::optional<std::string> rendered_png(const std::filesystem::path& file, std::uint32_t number,
                                        std::optional<Window> window) {
  const auto pixels = read_pixels(file, number);
  if (!pixels) return std::nullopt;
  if (pixels->samples != 1)
    throw NotRenderable("only grey-scale images are rendered; this one is in colour");
  if ((pixels->allocated != 8 && pixels->allocated != 16) || pixels->stored > pixels->allocated)
    throw NotRenderable("only images of 8 or 16 bits are rendered");
  std::vector<double> values(std::size_t{pixels->rows} * pixels->columns);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = value_at(*pixels, i);
  const Window used = window ? *window : pixels->window ? *pixels->window : full_range(values);
  std::vector<std::uint8_t> picture(values.size());
  std::ranges::transform(values, picture.begin(),
                         [&](double value) { return grey(value, used, pixels->inverted); });
  return png(picture, pixels->columns, pixels->rows);
}

}  // namespace tomoscribe::dicom::detail

#include "pipeline/language/read_image.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <png.h>
#include <vector>

#include "dicom/instance_header.h"
#include "dicom/pixels.h"
#include "model/views/presets.h"
#include "pipeline/series/load_volume.h"

namespace tomoscribe::pipeline::language {

namespace {

using model::UnfitImage;

bool is_png(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored))
    throw UnfitImage(file.string() + " is not a file");
  std::string bytes(8, '\0');
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw UnfitImage(file.string() + " cannot be opened");
  stream.read(bytes.data(), 8);
  return bytes == "\x89PNG\r\n\x1a\n";
}

/// Frees what libpng holds, however reading ends.
struct PngReader {
  png_image image{};
  PngReader() { image.version = PNG_IMAGE_VERSION; }
  ~PngReader() { png_image_free(&image); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
};

model::Image read_png(const std::filesystem::path& file) {
  PngReader reader;
  png_image& image = reader.image;
  if (png_image_begin_read_from_file(&image, file.c_str()) == 0)
    throw UnfitImage(file.string() + " is no PNG that can be read: " + image.message);
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // 16 bits mean what 8 bits mean
  const auto most = static_cast<png_uint_32>(model::longest_side_px);
  constexpr double most_pixels = 64e6;
  if (static_cast<double>(image.width) * image.height > most_pixels)
    throw UnfitImage(file.string() + " has " + std::to_string(image.width) + " x " +
                     std::to_string(image.height) + " pixels: more than 64 million");
  if (image.width > most || image.height > most)
    throw UnfitImage(file.string() + " has " + std::to_string(image.width) + " x " +
                     std::to_string(image.height) + " pixels; a side has at most " +
                     std::to_string(most));
  const bool alpha = (image.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  image.format = alpha ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
  model::Image result{static_cast<int>(image.width), static_cast<int>(image.height), alpha ? 4 : 3,
                      std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
  if (png_image_finish_read(&image, nullptr, result.values.data(), 0, nullptr) == 0)
    throw UnfitImage(file.string() + " is no PNG that can be read: " + image.message);
  return result;
}

std::uint8_t level(const model::Channel& channel, std::int16_t hu) {
  const double share = (hu - channel.low_hu) / (channel.high_hu - channel.low_hu);
  return static_cast<std::uint8_t>(std::lround(std::clamp(share, 0.0, 1.0) * 255));
}

const model::WindowPreset& preset_named(const std::string& name) {
  const auto& presets = model::standard_presets();
  const auto found = std::ranges::find(presets, name, &model::WindowPreset::name);
  if (found != presets.end()) return *found;
  std::string names;
  for (const auto& preset : presets) names += (names.empty() ? "" : ", ") + preset.name;
  throw UnfitImage("there is no window preset " + name + "; there are " + names);
}

model::Image read_dicom(const std::filesystem::path& file, const std::string& preset_name) {
  const model::WindowPreset& preset = preset_named(preset_name);
  const dicom::InstanceHeader header = dicom::read_header(file);
  const auto frame = dicom::read_frame(file, 1);
  if (!frame || header.planes.empty()) throw UnfitImage(file.string() + " has no image");
  std::vector<std::int16_t> hu(frame->values.size());
  rescale(*frame, header, header.planes.front(), hu.data());
  model::Image image{frame->columns, frame->rows, 3, {}};
  image.values.reserve(3 * hu.size());
  for (const std::int16_t value : hu)
    for (const model::Channel* channel : {&preset.red, &preset.green, &preset.blue})
      image.values.push_back(level(*channel, value));
  return image;
}

}  // namespace

model::Image read_image(const std::filesystem::path& file, const std::string& preset) {
  if (is_png(file)) return read_png(file);
  try {
    return read_dicom(file, preset);
  } catch (const dicom::Malformed& why) {
    throw UnfitImage(file.string() +
                     " is neither PNG nor a DICOM image that can be read: " + why.what());
  }
}

}  // namespace tomoscribe::pipeline::language

#pragma once
// Pixels of one frame: as they are, or as a picture for people.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace tomoscribe::dicom::detail {

/// The file is sound but this cannot be made of it (colour, no pixels): one sentence.
class NotRenderable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Window {
  double centre = 40, width = 400;  ///< in the modality's units: HU for CT
};

/// Stored values of frame `number` (from 1), Explicit VR Little Endian, decoded where they were
/// compressed. nullopt when there is no such frame. \throws Malformed, NotRenderable.
std::optional<std::string> decoded_frame(const std::filesystem::path& file, std::uint32_t number);

/// An 8-bit grey PNG of that frame; without `window` the file's own, else the full range of its
/// values. Standard: PS3.3 C.11.2.1.2.1 (linear). \throws as above.
std::optional<std::string> rendered_png(const std::filesystem::path& file, std::uint32_t number,
                                        std::optional<Window> window);

}  // namespace tomoscribe::dicom::detail

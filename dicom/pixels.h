#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "dicom/instance_header.h"

namespace tomoscribe::dicom {

/// The stored values of one frame (before rescale), sign-extended from BitsStored, overlay bits
/// cleared. Shape: [rows, columns], columns fastest.
struct StoredFrame {
  int rows = 0, columns = 0;
  std::vector<std::int32_t> values;
};

/// Registers the decompression codecs (JPEG and JPEG-LS from DCMTK; RLE and JPEG 2000 need none)
/// for as long as it lives. One per process, made in main before any thread reads pixels.
class Codecs {
 public:
  Codecs();
  ~Codecs();
  Codecs(const Codecs&) = delete;
  Codecs& operator=(const Codecs&) = delete;
};

/// Decodes every frame of a single-sample image (frame by frame, so memory stays at one frame plus
/// the file). \param each called with (frame index from 0, frame). \throws Malformed when pixel
/// data are absent, cut, colour, larger than `rows*columns` say, or cannot be decoded. Standard:
/// PS3.5 8, A.4; PS3.3 C.7.6.3.
std::vector<StoredFrame> read_frames(const std::filesystem::path& file);

/// The same for frame `number` alone, from 1; nullopt when there is no such frame.
std::optional<StoredFrame> read_frame(const std::filesystem::path& file, int number);

}  // namespace tomoscribe::dicom

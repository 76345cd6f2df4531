#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "dicom/instance_header.h"

namespace tomoscribe::dicom {

/// Writes one CT Image Storage instance as Part 10, Explicit VR Little Endian, HU with slope 1 and
/// intercept -1024. Pure: the same arguments give the same bytes. `stored` is [rows, columns],
/// columns fastest, 12-bit unsigned. Of `header` the identities, study values, series texts,
/// numbers, rows, columns and the one plane are used. \throws std::system_error when the file
/// cannot be written. Standard: PS3.3 A.3 (passes dciodvfy).
void write_ct_slice(const std::filesystem::path& file, const InstanceHeader& header,
                    std::span<const std::uint16_t> stored);

}  // namespace tomoscribe::dicom

#pragma once
// Decodes the chosen slices into one volume of Hounsfield units.

#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "dicom/pixels.h"
#include "pipeline/series/select_series.h"

namespace tomoscribe::pipeline {

/// Value of everything that is no measurement: padding and outside the scanner's circle.
inline constexpr std::int16_t padding_hu = -1024;

/// HU of one decoded frame by its own slope and intercept; padding is compared before the rescale
/// and becomes -1024; the rest is clamped to int16 (floor -1024). `out` has rows*columns values.
/// Standard: PS3.3 C.11.1.1.2, C.7.5.1.1.2.
void rescale(const dicom::StoredFrame& frame, const dicom::InstanceHeader& header,
             const dicom::PlaneHeader& plane, std::int16_t* out);

/// Why volumes on these grids are more than this version can hold; empty: they are not. One grid,
/// or several that are held at once: the limits are those of one volume.
std::string why_too_large(const std::vector<Grid>& grids);

/// Reads every image of the slices, two files at a time, and interpolates where the stack asks for
/// it. Memory: the volume and two decoded files; the images once more where it interpolates.
/// Unsuitable when a slice cannot be decoded, when two images at one position differ, or when the
/// values are not Hounsfield units. \throws Cancelled.
std::variant<Volume, Unsuitable> load_volume(const std::vector<InstanceFile>& instances,
                                             const SeriesSlices& slices,
                                             const std::stop_token& stop);

}  // namespace tomoscribe::pipeline

#include "pipeline/series/instance_gates.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "pipeline/series/stack_slices.h"

namespace tomoscribe::pipeline {
namespace {

constexpr std::string_view storage = "1.2.840.10008.5.1.4.1.1.";

bool has_word(const dicom::InstanceHeader& header, std::string_view word) {
  return std::ranges::any_of(header.image_type, [&](const std::string& value) {
    return value.find(word) != std::string::npos;
  });
}

std::string sop_class_fault(const std::string& sop_class) {
  if (!std::string_view(sop_class).starts_with(storage)) return "not an image storage class";
  const std::string_view kind = std::string_view(sop_class).substr(storage.size());
  if (kind == "2" || kind == "2.1" || kind == "2.2") return "";
  if (kind == "7" || kind.starts_with("7.")) return "secondary capture (dose page or screen copy)";
  if (kind.starts_with("88.67")) return "radiation dose report";
  if (kind.starts_with("88.")) return "structured report, no images";
  return "not a CT image class";
}

std::string pixel_fault(const dicom::InstanceHeader& header) {
  if (header.frames <= 0 || header.rows <= 0 || header.columns <= 0) return "no pixel data";
  if (header.samples_per_pixel > 1) return "colour picture";
  if (!header.photometric.starts_with("MONOCHROME"))
    return "colour map, not Hounsfield units";  // e.g. PALETTE COLOR
  if (header.bits_stored > 0 && header.bits_stored <= 8) return "8-bit picture, already windowed";
  if (header.planes.empty()) return "no pixel data";
  return "";
}

std::string plane_fault(const dicom::PlaneHeader& plane) {
  if (!plane.image_position_patient) return "no image position";
  if (!plane.image_orientation_patient) return "no image orientation";
  if (!plane.pixel_spacing_mm) return "no pixel spacing";
  // PS3.3 C.11.1.1.2: HU_MOD are Hounsfield units of a modified (monoenergetic) image; US is
  // "unspecified".
  static constexpr std::array<std::string_view, 4> hounsfield{"", "HU", "HU_MOD", "US"};
  if (std::ranges::find(hounsfield, plane.rescale_type) == hounsfield.end())
    return "values are not Hounsfield units (rescale type " + plane.rescale_type + ")";
  if (!plane.rescale_slope || !plane.rescale_intercept) return "no rescale to Hounsfield units";
  if (!std::isfinite(*plane.rescale_slope) || *plane.rescale_slope == 0 ||
      !std::isfinite(*plane.rescale_intercept))
    return "impossible rescale to Hounsfield units";
  return "";
}

std::string modality_fault(const std::string& modality) {
  if (modality == "CT") return "";
  return modality.empty() ? "no modality" : "modality " + modality + ", not CT";
}

}  // namespace

std::string why_not_ct(const dicom::InstanceHeader& header) {
  if (std::string fault = modality_fault(header.modality); !fault.empty()) return fault;
  if (std::string fault = sop_class_fault(header.sop_class); !fault.empty()) return fault;
  if (has_word(header, "LOCALIZER")) return "localizer, not a volume";
  if (has_word(header, "SCREEN SAVE")) return "screen copy, not a volume";
  static constexpr std::array<std::string_view, 7> reformats{
      "REFORMATTED", "MPR", "MIP", "MINIP", "AVERAGE", "PROJECTION IMAGE", "VOLUME_RENDER"};
  static constexpr std::array<std::string_view, 6> maps{"PERFUSION", "IODINE", "EFF_ATOMIC_NUM",
                                                        "ELECTRON",  "MAT_",   "SUBTRACT"};
  for (const std::string_view word : reformats)
    if (has_word(header, word)) return "reformat, for display only";
  for (const std::string_view word : maps)
    if (has_word(header, word)) return "derived map, not Hounsfield units";
  return "";
}

std::string why_no_slice(const dicom::InstanceHeader& header) {
  // A picture of the wrong kind says more than the words of its type.
  std::string fault = why_not_ct(header);
  const bool by_words = fault.starts_with("reformat") || fault.starts_with("derived");
  if (!fault.empty() && !by_words) return fault;
  if (std::string pixels = pixel_fault(header); !pixels.empty()) return pixels;
  if (!fault.empty()) return fault;
  for (const dicom::PlaneHeader& plane : header.planes)
    if (std::string why = plane_fault(plane); !why.empty()) return why;
  return "";
}

std::string orientation_word(const std::array<Vec3, 2>& orientation) {
  static constexpr std::array<const char*, 3> words{"sagittal", "coronal", "axial"};
  const Vec3 normal = cross(orientation[0], orientation[1]);
  const double cos_limit = std::cos(20.0 * 3.14159265358979 / 180.0);
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (std::abs(normal[axis]) >= cos_limit) return words[axis];
  return "oblique";
}

}  // namespace tomoscribe::pipeline

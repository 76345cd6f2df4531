#pragma once

#include <string>

#include "dicom/instance_header.h"

namespace tomoscribe::pipeline {

/// Why this instance cannot be a slice of a CT volume; empty when it can. A clause without a full
/// stop, such as "localizer". Standard: PS3.3 C.7.6.2, C.8.2.1, C.8.15.2.
std::string why_no_slice(const dicom::InstanceHeader& header);

/// Of that, what modality, class and image type say: no pictures, no geometry.
std::string why_not_ct(const dicom::InstanceHeader& header);

/// Where the planes lie: "axial", "coronal", "sagittal" or "oblique" (more than 20 degrees off).
std::string orientation_word(const std::array<dicom::Vec3, 2>& orientation);

}  // namespace tomoscribe::pipeline

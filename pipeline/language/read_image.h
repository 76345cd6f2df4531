#pragma once

#include <filesystem>
#include <string>

#include "model/generator.h"

namespace tomoscribe::pipeline::language {

/// A picture for a model: PNG as it is (grey, RGB or RGBA), or the first frame of a DICOM CT image
/// in the colours of a window preset (model/views/presets.h).
/// \throws model::UnfitImage when it is neither, or larger than a model takes, and why.
model::Image read_image(const std::filesystem::path& file, const std::string& preset);

}  // namespace tomoscribe::pipeline::language

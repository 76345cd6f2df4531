#pragma once

#include <filesystem>
#include <variant>

#include "dicom/instance_header.h"
#include "model/phantom/background.h"
#include "pipeline/analyse.h"

namespace tomoscribe::pipeline {

struct RealBackground {
  model::phantom::Background ct;
  dicom::InstanceHeader header;  ///< of the series; nothing of it that names a person is kept
};

/// Reads the study in a folder as `report` does, and finds its lungs.
/// Unsuitable as there; also when the series is not axial with rows to the patient's left, or when
/// no lungs are found.
std::variant<RealBackground, Unsuitable> read_background(const std::filesystem::path& folder);

}  // namespace tomoscribe::pipeline

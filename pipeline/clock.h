#pragma once

#include <string>

#include "dicom/identity.h"

namespace tomoscribe::pipeline {

/// The one clock of the programs: now, with the offset of the local time zone.
dicom::Moment now();

/// Makes `zone` ("Europe/Berlin"; empty: the machine's) the local one of this process and its
/// children. Call before any thread starts.
void set_timezone(const std::string& zone);

/// The program's version, "0.1.0" or "0.1.0+1a2b3c4": part of every draft's provenance.
std::string code_version();

}  // namespace tomoscribe::pipeline

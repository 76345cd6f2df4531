#pragma once

#include "pipeline/drafter.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// Where the body and its regions lie, along the patient's axes; together they are all of the scan.
/// A region of less than a twentieth of it is left out, as in the report.
ScanMap scan_map(const Scene& scene);

}  // namespace tomoscribe::pipeline::measure

#pragma once
// What was measured of one phantom beside what was painted.

#include <nlohmann/json.hpp>

#include "model/phantom/phantom.h"
#include "reporting/report.h"

namespace tomoscribe::evaluation {

/// One line of the results: strata of the study; "values" (truth, measured, uncertainty or the
/// reason why not), "lesions" (found, side right), "false" candidates by kind.
nlohmann::json compared(const model::phantom::Phantom& phantom,
                        const std::vector<reporting::Finding>& findings);

}  // namespace tomoscribe::evaluation

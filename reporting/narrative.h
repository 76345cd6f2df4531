#pragma once

#include <optional>
#include <vector>

#include "reporting/report.h"

namespace tomoscribe::reporting {

/// The draft in English, made of measured findings alone: pure, in reading order; every number
/// comes from a Measurement. The first statement says how the draft was made. Findings that nothing
/// is said about are listed as not assessed.
std::vector<Statement> compose_statements(const Study& study, const std::optional<Order>& order,
                                          const std::vector<Finding>& findings,
                                          const Provenance& provenance);

/// "Right lung: aerated volume".
std::string full_name(const Finding&, const Measurement&);

/// "2431 mL ± 73 mL", or value_text alone where no uncertainty is known.
std::string value_with_uncertainty(const Measurement&);

}  // namespace tomoscribe::reporting

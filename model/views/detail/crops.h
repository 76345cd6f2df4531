#pragma once

#include <vector>

#include "model/views/detail/frame.h"
#include "model/views/detail/relevance.h"
#include "model/views/detail/steps.h"
#include "model/views/plan.h"

namespace tomoscribe::model::detail {

/// Close looks at the weightiest candidates, one for those that lie within 10 mm of one another,
/// and at control places away from all candidates, drawn by the seed. A control is worth less than
/// the first crop, so none comes without one.
void add_crops(const PlanRequest& request, const Frame& frame, const Interest& interest,
               std::vector<Offer>& offers);

}  // namespace tomoscribe::model::detail

#pragma once

#include <string>
#include <vector>

#include "model/generator.h"
#include "model/views/plan.h"
#include "pipeline/language/pointing.h"
#include "reporting/draft_language.h"

namespace tomoscribe::pipeline::language {

/// What there is to know of one draft, as JSON: every claim with the probability of its words and
/// where the model looked (an attribution, not a proof), the plan of views, the text. For people
/// who check and for those who build: it holds report text.
std::string record_json(const model::ViewPlan& plan, const model::Generation& generation,
                        const std::vector<reporting::Proposal>& proposals,
                        const model::ImageRule& rule);

}  // namespace tomoscribe::pipeline::language

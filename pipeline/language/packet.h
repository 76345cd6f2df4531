#pragma once
// What a model is shown of a study: the plan of its views, and the conversation made of it.

#include <cstdint>
#include <string>
#include <vector>

#include "model/generator.h"
#include "model/views/plan.h"
#include "model/views/render.h"
#include "pipeline/drafter.h"

namespace tomoscribe::pipeline::language {

/// The volume as `model` sees it. It must outlive the result.
model::CtVolume ct_volume(const Volume& volume);

/// What the plan is made from: regions, body, measurements as rows, critical findings as
/// candidates, the order's words. Patient identity is in none of it.
model::PlanRequest plan_request(const Volume& volume, const ScanMap& map,
                                const reporting::ReportVersion& measured,
                                const model::Generator& generator, std::int64_t budget_tokens,
                                std::uint64_t seed);

/// What of the study the model was not shown, in sentences for the limitations.
std::vector<std::string> coverage_notes(const model::ViewPlan& plan);

/// The views as the draft language names them.
std::vector<reporting::DraftView> draft_views(const model::ViewPlan& plan);

/// Draws every view of the plan, in order.
std::vector<model::Image> draw(const Volume& volume, const model::ViewPlan& plan,
                               const Progress& progress, const std::stop_token& stop);

/// Instructions, then the order's words, the table and the views with their captions. `images` must
/// outlive the result.
model::Prompt prompt(const model::ViewPlan& plan, const std::vector<model::Image>& images,
                     const reporting::DraftContext& context,
                     const std::optional<reporting::Order>& order);

}  // namespace tomoscribe::pipeline::language

#include "pipeline/language/packet.h"

#include <algorithm>
#include <cmath>

#include "reporting/narrative.h"

namespace tomoscribe::pipeline::language {

namespace {

/// The box of patient millimetres around an outline on its slice, one slice thick.
std::optional<model::BoxMm> box_of(const Volume& volume, const reporting::Evidence& evidence) {
  const int slice = volume.slice_of(evidence.instance, evidence.frame);
  if (slice < 0 || evidence.regions.empty()) return std::nullopt;
  Vec3 least{1e9, 1e9, 1e9}, most{-1e9, -1e9, -1e9};
  for (const reporting::Region2D& region : evidence.regions)
    for (const auto& [column, row] : region.outline)
      for (const double deep : {slice - 0.5, slice + 0.5}) {
        const Vec3 point = volume.grid.point_mm(column - 0.5, row - 0.5, deep);
        for (std::size_t axis = 0; axis < 3; ++axis) {
          least[axis] = std::min(least[axis], point[axis]);
          most[axis] = std::max(most[axis], point[axis]);
        }
      }
  model::BoxMm box;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    box.centre_mm[axis] = (least[axis] + most[axis]) / 2;
    box.size_mm[axis] = most[axis] - least[axis];
  }
  return box;
}

void add_finding(model::PlanRequest& request, const Volume& volume,
                 const reporting::Finding& finding) {
  const auto where =
      finding.evidence.empty() ? std::nullopt : box_of(volume, finding.evidence.front());
  for (const reporting::Measurement& measurement : finding.measurements)
    if (measurement.value)
      request.rows.push_back({.id = measurement.id,
                              .name = reporting::full_name(finding, measurement),
                              .value = reporting::value_with_uncertainty(measurement),
                              .where = where,
                              .words = {}});
  const bool open = finding.presence == reporting::Presence::present ||
                    finding.presence == reporting::Presence::indeterminate;
  if (finding.critical && where && open)
    request.candidates.push_back(
        {.id = finding.id, .box = *where, .weight = 1, .words = finding.title});
}

/// So much of what the order says at most, in whole characters: more would crowd out the views, and
/// the decoder reads it all for each study.
std::string shortened(const std::string& text) {
  constexpr std::size_t most = 4000;
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + " (cut here)";
}

std::string exam_words(const std::optional<reporting::Order>& order) {
  if (!order) return "No order is known.";
  std::string words;
  if (!order->procedure.meaning.empty())
    words += "Examination: " + shortened(order->procedure.meaning) + "\n";
  if (!order->indication.empty()) words += "Indication: " + shortened(order->indication) + "\n";
  if (!order->history.empty()) words += "History: " + shortened(order->history) + "\n";
  return words.empty() ? "The order says nothing." : words;
}

}  // namespace

model::CtVolume ct_volume(const Volume& volume) {
  return {.geometry = {.size = volume.grid.size,
                       .origin_mm = volume.grid.origin_mm,
                       .step_mm = volume.grid.step_mm},
          .hu = volume.hu.data(),
          .count = volume.hu.size()};
}

model::PlanRequest plan_request(const Volume& volume, const ScanMap& map,
                                const reporting::ReportVersion& measured,
                                const model::Generator& generator, std::int64_t budget_tokens,
                                std::uint64_t seed) {
  model::PlanRequest request;
  request.geometry = ct_volume(volume).geometry;
  for (const ScanMap::Span& span : map.regions)
    if (const auto region = model::region_of(span.region))
      request.regions.push_back({.region = *region, .z_mm = span.z_mm});
  if (map.body_mm) {
    model::BoxMm body;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      body.centre_mm[axis] = ((*map.body_mm)[0][axis] + (*map.body_mm)[1][axis]) / 2;
      body.size_mm[axis] = (*map.body_mm)[1][axis] - (*map.body_mm)[0][axis];
    }
    request.body = body;
  }
  for (const reporting::Finding& finding : measured.findings) add_finding(request, volume, finding);
  if (measured.order)
    request.exam = {.indication = shortened(measured.order->indication) + "\n" +
                                  shortened(measured.order->history),
                    .question = shortened(measured.order->indication)};
  request.rule = generator.image_rule();
  request.budget_tokens = budget_tokens;
  request.seed = seed;
  request.text_tokens = [&generator](const std::string& text) {
    return static_cast<std::int64_t>(generator.tokenizer().encode(text).size());
  };
  return request;
}

std::vector<std::string> coverage_notes(const model::ViewPlan& plan) {
  const auto millimetres = [](double mm) { return std::to_string(std::lround(mm)) + " mm"; };
  std::vector<std::string> notes{
      "the language model saw " + std::to_string(plan.views.size()) +
      (plan.views.size() == 1 ? " picture" : " pictures") + " made of the images: slices of " +
      millimetres(plan.axial_mm) + " of " + millimetres(plan.region_mm) +
      " along the body, the rest in small coronal and sagittal pictures only"};
  double unseen = 0;
  for (const auto& [head, feet] : plan.not_shown.outside_region_mm) unseen += std::abs(head - feet);
  if (unseen >= 1)
    notes.push_back("the language model saw nothing of " + millimetres(unseen) +
                    " of the scan along the body");
  if (!plan.not_shown.candidates.empty())
    notes.push_back("the language model got no close look at " +
                    std::to_string(plan.not_shown.candidates.size()) + " marked places");
  return notes;
}

std::vector<reporting::DraftView> draft_views(const model::ViewPlan& plan) {
  std::vector<reporting::DraftView> views;
  for (const model::View& view : plan.views)
    views.push_back(
        {.id = view.id, .columns = view.width, .rows = view.height, .words = model::caption(view)});
  return views;
}

std::vector<model::Image> draw(const Volume& volume, const model::ViewPlan& plan,
                               const Progress& progress, const std::stop_token& stop) {
  std::vector<model::Image> images;
  for (const model::View& view : plan.views) {
    if (stop.stop_requested()) throw Cancelled();
    progress("drawing views",
             static_cast<double>(images.size()) / static_cast<double>(plan.views.size()));
    model::RgbImage drawn = model::render(ct_volume(volume), view);
    images.push_back({drawn.width, drawn.height, 3, std::move(drawn.values)});
  }
  return images;
}

model::Prompt prompt(const model::ViewPlan& plan, const std::vector<model::Image>& images,
                     const reporting::DraftContext& context,
                     const std::optional<reporting::Order>& order) {
  model::Turn user{model::Role::user, {exam_words(order)}};
  if (!plan.table.empty()) user.content.emplace_back(plan.table);
  user.content.emplace_back(plan.legend);
  for (std::size_t i = 0; i < images.size(); ++i) {
    user.content.emplace_back(model::caption(plan.views[i]));
    user.content.emplace_back(&images[i]);
  }
  user.content.emplace_back("Write the draft.");
  return {{model::Role::system, {reporting::draft_instructions(context)}}, std::move(user)};
}

}  // namespace tomoscribe::pipeline::language

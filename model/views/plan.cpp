#include "model/views/plan.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "model/views/detail/crops.h"
#include "model/views/detail/layout.h"
#include "model/views/detail/steps.h"
#include "model/views/detail/text.h"
#include "model/views/detail/vector.h"

namespace tomoscribe::model {

namespace {

using detail::BodyRange;
using detail::Frame;
using detail::Interest;
using detail::Menu;
using detail::Offer;
using detail::Step;

constexpr std::size_t most_items = 100'000;  ///< candidates or measurements of one request
constexpr double farthest_mm = 1e6, largest_box_mm = 1e5;

bool usable(const BoxMm& box) {
  return std::ranges::all_of(box.centre_mm,
                             [](double mm) { return std::abs(mm) <= farthest_mm; }) &&
         std::ranges::all_of(box.size_mm,
                             [](double mm) { return mm >= 0 && mm <= largest_box_mm; });
}

void check_presets(const std::vector<WindowPreset>& presets) {
  for (const WindowPreset& preset : presets)
    for (const Channel* channel : {&preset.red, &preset.green, &preset.blue})
      if (!std::isfinite(channel->low_hu) || !std::isfinite(channel->high_hu) ||
          channel->high_hu - channel->low_hu < 1)
        throw UnfitViews("preset " + detail::clean(preset.name, 60) +
                         " has a window without width");
}

void check(const PlanRequest& request) {
  check_geometry(request.geometry);
  token_grid(1, 1, request.rule);  // refuses what is no rule
  check_presets(request.presets);
  if (request.candidates.size() > most_items || request.rows.size() > most_items)
    throw UnfitViews("a request of over 100,000 candidates or measurements is not one of a study");
  for (const Candidate& candidate : request.candidates) {
    if (!usable(candidate.box))
      throw UnfitViews("candidate " + detail::clean(candidate.id, 24) +
                       " has no usable place or size");
    if (std::isnan(candidate.weight))
      throw UnfitViews("the weight of candidate " + detail::clean(candidate.id, 24) +
                       " is not a number");
  }
  if (request.body && !usable(*request.body))
    throw UnfitViews("the body has no usable place or size");
  for (const MeasurementRow& row : request.rows)
    if (row.where && !usable(*row.where))
      throw UnfitViews("measurement " + detail::clean(row.id, 24) + " has no usable place or size");
}

/// How many steps fit, and what they take. A step that does not fit ends the plan: what comes after
/// would make a smaller budget show what a larger one does not.
std::size_t affordable(const Menu& menu, std::int64_t budget, std::int64_t& tokens) {
  if (menu.steps.front().tokens > budget)
    throw UnfitViews("a budget of " + std::to_string(budget) +
                     " tokens does not hold the scout, which takes " +
                     std::to_string(menu.steps.front().tokens));
  std::size_t count = 0;
  while (count < menu.steps.size() && tokens + menu.steps[count].tokens <= budget)
    tokens += menu.steps[count++].tokens;
  return count;
}

std::vector<BodyRange> joined(std::vector<BodyRange> ranges) {
  std::ranges::sort(ranges, {}, &BodyRange::from_mm);
  std::vector<BodyRange> result;
  for (const BodyRange& range : ranges)
    if (!result.empty() && range.from_mm <= result.back().to_mm + 1e-6)
      result.back().to_mm = std::max(result.back().to_mm, range.to_mm);
    else
      result.push_back(range);
  return result;
}

/// What of `whole` is not in `parts`, which are joined.
std::vector<BodyRange> gaps(const BodyRange& whole, const std::vector<BodyRange>& parts) {
  std::vector<BodyRange> result;
  double from = whole.from_mm;
  for (const BodyRange& part : parts) {
    if (part.from_mm > from + 1e-6)
      result.push_back({.from_mm = from, .to_mm = std::min(part.from_mm, whole.to_mm)});
    from = std::max(from, part.to_mm);
    if (from >= whole.to_mm) return result;
  }
  if (from < whole.to_mm - 1e-6) result.push_back({.from_mm = from, .to_mm = whole.to_mm});
  return result;
}

double length_of(const std::vector<BodyRange>& ranges) {
  double sum = 0;
  for (const BodyRange& range : ranges) sum += range.to_mm - range.from_mm;
  return sum;
}

void account(const Frame& frame, const Interest& interest, ViewPlan& plan) {
  std::vector<BodyRange> regions, axial;
  for (const detail::Span& span : interest.spans()) regions.push_back(span.body);
  regions = joined(std::move(regions));
  for (const View& view : plan.views)
    if (view.kind == ViewKind::scout || view.kind == ViewKind::systematic)
      for (const Tile& tile : view.tiles)
        if (tile.plane == Plane::axial)
          axial.push_back(frame.body_of({.first = tile.first, .last = tile.last}));
  axial = joined(std::move(axial));
  const auto in_z = [&](const BodyRange& range) -> std::array<double, 2> {
    return {frame.z_at(range.from_mm), frame.z_at(range.to_mm)};
  };
  plan.region_mm = plan.axial_mm = length_of(regions);
  for (const BodyRange& region : regions) {
    const std::vector<BodyRange> missing = gaps(region, axial);
    plan.axial_mm -= length_of(missing);
    for (const BodyRange& gap : missing) plan.not_shown.axial_gaps_mm.push_back(in_z(gap));
  }
  for (const BodyRange& outside : gaps({.from_mm = 0, .to_mm = frame.body_mm()}, regions))
    plan.not_shown.outside_region_mm.push_back(in_z(outside));
}

/// Whether some crop holds the place in all its first three tiles.
bool looked_at(const ViewPlan& plan, const Vec3& point_mm) {
  return std::ranges::any_of(plan.views, [&](const View& view) {
    if (view.kind != ViewKind::candidate && view.kind != ViewKind::control) return false;
    return std::all_of(view.tiles.begin(), view.tiles.begin() + 3, [&](const Tile& tile) {
      const TilePosition at = position_of(tile, point_mm);
      const PixelRect& rect = tile.pixels;
      return at.x >= rect.x && at.x <= rect.x + rect.width && at.y >= rect.y &&
             at.y <= rect.y + rect.height;
    });
  });
}

void add_views(const Menu& menu, std::size_t steps, ViewPlan& plan) {
  std::vector<std::ptrdiff_t> size(menu.offers.size(), -1);
  for (std::size_t i = 0; i < steps; ++i) {
    const Step& step = menu.steps[i];
    if (step.kind == Step::Kind::view) size[step.which] = static_cast<std::ptrdiff_t>(step.size);
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < size.size(); ++i)
    if (size[i] >= 0) order.push_back(i);
  // Scout, slabs, then close looks, controls among them; each from head to feet.
  const auto place = [&](std::size_t i) {
    const Offer& offer = menu.offers[i];
    const ViewKind kind = offer.sizes.front().kind;
    return std::pair(kind == ViewKind::control ? ViewKind::candidate : kind, offer.body_mm);
  };
  std::ranges::stable_sort(order, {}, place);
  for (const std::size_t i : order) {
    View view = menu.offers[i].sizes[static_cast<std::size_t>(size[i])];
    view.id = "V" + std::to_string(plan.views.size() + 1);
    plan.views.push_back(std::move(view));
  }
}

void add_table(const PlanRequest& request, const Menu& menu, std::size_t steps, ViewPlan& plan) {
  if (request.rows.empty()) return;
  std::int64_t tokens = detail::text_tokens(request, detail::table_head()) +
                        detail::text_tokens(request, detail::table_foot(request.rows.size()));
  for (std::size_t i = 0; i < steps; ++i)
    if (menu.steps[i].kind == Step::Kind::row) {
      plan.rows.push_back(menu.steps[i].which);
      tokens += menu.steps[i].tokens;
    }
  std::ranges::sort(plan.rows);
  plan.not_shown.rows = request.rows.size() - plan.rows.size();
  plan.table = detail::table_head();
  for (const std::size_t row : plan.rows) plan.table += detail::table_line(request.rows[row]);
  if (plan.not_shown.rows > 0) plan.table += detail::table_foot(plan.not_shown.rows);
  plan.table_tokens = static_cast<int>(tokens);
}

}  // namespace

ViewPlan plan_views(const PlanRequest& request) {
  check(request);
  const Frame frame(request.geometry, request.body);
  const Interest interest(request, frame);
  const Menu menu = detail::menu_of(request, frame, interest);
  ViewPlan plan{
      .legend = menu.legend, .budget_tokens = request.budget_tokens, .seed = request.seed};
  const std::size_t steps = affordable(menu, request.budget_tokens, plan.tokens);
  plan.legend_tokens = static_cast<int>(detail::text_tokens(request, menu.legend));
  add_views(menu, steps, plan);
  add_table(request, menu, steps, plan);
  for (const detail::Found& found : interest.found())
    if (std::ranges::find(plan.question_words, found.word) == plan.question_words.end())
      plan.question_words.push_back(found.word);
  account(frame, interest, plan);
  for (const Candidate& candidate : request.candidates)
    if (!looked_at(plan, candidate.box.centre_mm))
      plan.not_shown.candidates.push_back(detail::clean(candidate.id, 24));
  return plan;
}

std::vector<std::size_t> complete_views(const ViewPlan& plan, const std::vector<bool>& present) {
  const auto there = [&](const SliceRange& range) {
    for (int slice = range.first; slice <= range.last; ++slice)
      if (slice < 0 || static_cast<std::size_t>(slice) >= present.size() ||
          !present[static_cast<std::size_t>(slice)])
        return false;
    return true;
  };
  std::vector<std::size_t> complete;
  for (std::size_t i = 0; i < plan.views.size(); ++i)
    if (std::ranges::all_of(slices_of(plan.views[i]), there)) complete.push_back(i);
  return complete;
}

}  // namespace tomoscribe::model

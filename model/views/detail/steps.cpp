#include "model/views/detail/steps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "model/views/detail/crops.h"
#include "model/views/detail/layout.h"
#include "model/views/detail/text.h"

namespace tomoscribe::model::detail {

namespace {

constexpr double most_positions = 400;  ///< along the body; longer ones are cut more coarsely
/// What a slab tells that its neighbours do not, by how fine a row it belongs to: every 16th, 8th,
/// 4th, 2nd position, and those in between, drawn in the second preset. The first three come before
/// anything is enlarged.
constexpr std::array<double, 5> novelty{4, 3, 2, 0.85, 0.25};
constexpr double novelty_asked = 0.5;  ///< in between, where the order asks
constexpr double benefit_small = 0.5, benefit_large = 0.5, novelty_of_pixels = 0.85;
constexpr std::array<int, 3> scout_px{96, 144, 192};  ///< of a tile
constexpr std::array<double, 3> scout_benefit{100, 2.2, 1.6};
constexpr std::array<int, 2> slab_px{256, 512};
constexpr double row_benefit = 0.4, remarked_row_benefit = 2;

int tokens_of(const View& view, const ImageRule& rule) {
  const ImageGrid grid = token_grid(view.width, view.height, rule);
  return grid.rows * (grid.columns + 1);
}

Offer scout_offer(const PlanRequest& request, const Frame& frame, const Interest& interest) {
  Offer offer;
  for (std::size_t i = 0; i < scout_px.size(); ++i) {
    const int side = side_px(scout_px[i] * scout_grid, scout_grid, request.rule);
    if (side == 0)
      throw UnfitViews("an image of at most " + std::to_string(request.rule.longest_edge) +
                       " pixels does not hold the 5 by 5 tiles of the scout");
    if (!offer.sizes.empty() && offer.sizes.back().width >= side) continue;
    View view = scout_view(frame, interest.body(), side);
    view.preset = interest.scout_preset();
    view.relevance = 1;
    view.why = "the whole region at a glance";
    offer.sizes.push_back(std::move(view));
    offer.benefit.push_back(scout_benefit[i]);
  }
  return offer;
}

/// 0: one of every 16 positions … 4: in between.
std::size_t fineness(int from_middle) {
  const int distance = std::abs(from_middle);
  if (distance % 2 != 0) return 4;
  if (distance % 16 == 0) return 0;
  if (distance % 8 == 0) return 1;
  return distance % 4 == 0 ? 2 : 3;
}

bool projects(const WindowPreset& preset) {
  return preset.red.projection != Projection::mean || preset.green.projection != Projection::mean ||
         preset.blue.projection != Projection::mean;
}

/// The positions of the systematic pass, every 5 mm.
struct Row {
  BodyRange body;
  double pitch_mm = slab_mm;
  int count = 1;
  double at(int position) const { return body.from_mm + (position + 0.5) * pitch_mm; }
};

Row row_of(const Frame& frame, const BodyRange& body) {
  const double extent = body.to_mm - body.from_mm;
  Row row{.body = body};
  row.pitch_mm = std::max({slab_mm, frame.depth_mm(Plane::axial), extent / most_positions});
  row.count = std::max(1, static_cast<int>(std::ceil(extent / row.pitch_mm - 1e-6)));
  return row;
}

Offer slab_offer(const PlanRequest& request, const Frame& frame, const Interest& interest,
                 const Row& row, int position) {
  const std::size_t level = fineness(position - row.count / 2);
  const double at = row.at(position);
  const bool between = level == 4;
  const WindowPreset& preset = between ? interest.second_preset(at) : interest.first_preset(at);
  const double half = row.pitch_mm / 2 * (between && projects(preset) ? projected_mm / slab_mm : 1);
  const SliceRange slab = frame.axial_slab({.from_mm = std::max(at - half, row.body.from_mm),
                                            .to_mm = std::min(at + half, row.body.to_mm)});
  const Relevance relevance = interest.at(at);
  const double news = between && interest.asked(at) ? novelty_asked : novelty[level];
  const double every_mm = row.pitch_mm * (between ? 1 : 16 >> level);
  Offer offer{.body_mm = at};
  for (const int wanted : slab_px) {
    const int side = side_px(wanted, 1, request.rule);
    if (!offer.sizes.empty() && offer.sizes.back().width >= side) continue;
    offer.benefit.push_back(relevance.value *
                            (offer.sizes.empty()
                                 ? benefit_small * news
                                 : benefit_large * std::min(news, novelty_of_pixels)));
    View view = slab_view(frame, slab, side);
    view.preset = preset;
    view.relevance = relevance.value;
    view.why = "every " + short_number(every_mm) + " mm" + relevance.why;
    offer.sizes.push_back(std::move(view));
  }
  return offer;
}

/// Coarse rows first, so that equal worth is spread over the body.
void add_slabs(const PlanRequest& request, const Frame& frame, const Interest& interest,
               std::vector<Offer>& offers) {
  const Row row = row_of(frame, interest.body());
  const auto in_region = [&](double at) {
    return std::ranges::any_of(interest.spans(), [&](const Span& span) {
      return at + row.pitch_mm / 2 > span.body.from_mm && at - row.pitch_mm / 2 < span.body.to_mm;
    });
  };
  for (std::size_t level = 0; level < novelty.size(); ++level)
    for (int position = 0; position < row.count; ++position)
      if (fineness(position - row.count / 2) == level && in_region(row.at(position)))
        offers.push_back(slab_offer(request, frame, interest, row, position));
}

void add_rows(const PlanRequest& request, std::vector<Step>& steps) {
  std::vector<Step> rows;
  for (std::size_t i = 0; i < request.rows.size(); ++i) {
    const MeasurementRow& row = request.rows[i];
    Step step{.kind = Step::Kind::row, .which = i};
    step.worth = out_of_range(row.words) ? remarked_row_benefit : row_benefit;
    rows.push_back(step);
  }
  std::ranges::stable_sort(rows, std::greater(), &Step::worth);
  if (rows.size() > most_table_rows) rows.resize(most_table_rows);
  for (Step& row : rows) {
    row.tokens = text_tokens(request, table_line(request.rows[row.which]));
    row.worth /= static_cast<double>(std::max<std::int64_t>(row.tokens, 1));
    steps.push_back(row);
  }
}

/// Captions are counted with the longest id there is.
void add_views(const PlanRequest& request, std::vector<Offer>& offers, std::vector<Step>& steps) {
  for (std::size_t i = 0; i < offers.size(); ++i) {
    std::int64_t before = 0;
    double worth = 1e9;
    for (std::size_t size = 0; size < offers[i].sizes.size(); ++size) {
      View& view = offers[i].sizes[size];
      view.id = "V888";
      view.image_tokens = tokens_of(view, request.rule);
      view.text_tokens = static_cast<int>(text_tokens(request, caption(view)));
      const std::int64_t all = std::int64_t{view.image_tokens} + view.text_tokens;
      Step step{.which = i, .size = size, .tokens = all - before};
      // A larger size never comes before the smaller one.
      worth = std::min(worth, offers[i].benefit[size] /
                                  static_cast<double>(std::max<std::int64_t>(step.tokens, 1)));
      step.worth = worth;
      before = all;
      steps.push_back(step);
    }
  }
}

std::string legend_for(const std::vector<Offer>& offers) {
  std::vector<const WindowPreset*> presets;
  for (const Offer& offer : offers) {
    const WindowPreset& preset = offer.sizes.front().preset;
    const auto same = [&](const WindowPreset* other) { return other->name == preset.name; };
    if (std::ranges::none_of(presets, same)) presets.push_back(&preset);
  }
  return legend_of(presets);
}

}  // namespace

std::int64_t text_tokens(const PlanRequest& request, const std::string& text) {
  if (!request.text_tokens) return static_cast<std::int64_t>(text.size());
  const std::int64_t tokens = request.text_tokens(text);
  if (tokens < 0 || tokens > 1'000'000)
    throw std::invalid_argument("the count of a text's tokens is not a number of tokens");
  return tokens;
}

Menu menu_of(const PlanRequest& request, const Frame& frame, const Interest& interest) {
  Menu menu;
  menu.offers.push_back(scout_offer(request, frame, interest));
  add_crops(request, frame, interest, menu.offers);
  add_slabs(request, frame, interest, menu.offers);
  menu.legend = legend_for(menu.offers);
  add_views(request, menu.offers, menu.steps);
  // Controls come right behind the first crop: never without one.
  add_rows(request, menu.steps);
  std::ranges::stable_sort(menu.steps, std::greater(), &Step::worth);
  const auto scout = std::ranges::find_if(menu.steps, [](const Step& step) {
    return step.kind == Step::Kind::view && step.which == 0 && step.size == 0;
  });
  std::rotate(menu.steps.begin(), scout, scout + 1);
  Step& first = menu.steps.front();
  first.tokens += text_tokens(request, menu.legend);
  if (!request.rows.empty())
    first.tokens +=
        text_tokens(request, table_head()) + text_tokens(request, table_foot(request.rows.size()));
  return menu;
}

}  // namespace tomoscribe::model::detail

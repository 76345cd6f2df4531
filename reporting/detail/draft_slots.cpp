#include "reporting/detail/draft_slots.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "reporting/faces.h"
#include "reporting/narrative.h"

namespace tomoscribe::reporting::detail {
namespace {

constexpr std::size_t longest_id = 64;
constexpr int largest_view = 2048;

bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_view_id(std::string_view id) {
  return id.size() >= 2 && id.size() <= 4 && id[0] == 'V' && id[1] != '0' &&
         std::ranges::all_of(id.substr(1), is_digit);
}

int cells(int pixels) {
  return (pixels + grid_px - 1) / grid_px;
}

bool holds_boxes(int pixels) {
  return pixels >= grid_px && pixels <= largest_view;
}

}  // namespace

bool is_slot_id(std::string_view id) {
  return !id.empty() && id.size() <= longest_id && is_small(id.front()) &&
         std::ranges::all_of(id, [](char c) {
           return is_small(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
         });
}

std::vector<Slot> named_measurements(const DraftContext& context) {
  std::vector<Slot> named;
  std::set<std::string> seen;
  for (const Finding& finding : context.measured) {
    if (finding.author == Author::model) continue;
    for (const Measurement& measurement : finding.measurements)
      if (is_slot_id(measurement.id) && seen.insert(measurement.id).second)
        named.push_back({&finding, &measurement});
  }
  return named;
}

std::vector<Slot> slots_of(const DraftContext& context) {
  auto slots = named_measurements(context);
  std::erase_if(slots, [](const Slot& slot) {
    return !slot.measurement->value || !std::isfinite(*slot.measurement->value);
  });
  return slots;
}

std::string filled(const Slot& slot) {
  std::string name = clean_text(full_name(*slot.finding, *slot.measurement), false);
  if (name.size() > 1 && is_small(name[1]) && name[0] >= 'A' && name[0] <= 'Z')
    name[0] = static_cast<char>(name[0] - 'A' + 'a');
  return value_text(*slot.measurement) + " (" + name + ")";
}

std::vector<NamedView> views_of(const DraftContext& context) {
  std::vector<NamedView> views;
  std::set<std::string> seen;
  for (const DraftView& view : context.views) {
    if (!is_view_id(view.id) || !seen.insert(view.id).second) continue;
    const bool boxes = holds_boxes(view.columns) && holds_boxes(view.rows);
    views.push_back({.view = &view,
                     .columns = boxes ? cells(view.columns) : 0,
                     .rows = boxes ? cells(view.rows) : 0});
  }
  return views;
}

}  // namespace tomoscribe::reporting::detail

namespace tomoscribe::reporting {

DraftContext draft_context(const ReportVersion& version, std::vector<DraftView> views) {
  DraftContext context{.views = std::move(views), .measured = version.findings};
  const std::string& words = version.study.body_part;
  const auto shows = [&](std::string_view word) { return words.find(word) != words.npos; };
  if (shows("head")) context.parts.push_back(BodyPart::head);
  if (shows("chest")) context.parts.push_back(BodyPart::chest);
  if (shows("abdomen") || shows("pelvis")) context.parts.push_back(BodyPart::abdomen);
  context.asks = version.order && !version.order->indication.empty();
  return context;
}

}  // namespace tomoscribe::reporting

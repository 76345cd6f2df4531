#include "model/views/detail/relevance.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "model/views/detail/text.h"
#include "model/views/detail/vector.h"

namespace tomoscribe::model::detail {

namespace {

constexpr double candidate_pull = 3, remark_pull = 1.5, row_pull = 0.25, question_pull = 1;
constexpr double margin_mm = 5, fade_mm = 15;  ///< around what pulls: full, then falling to nothing

/// Head to feet, and how much of a body each is where nobody says.
struct RegionFacts {
  Region region;
  const char* name;
  double usual_mm;
  const char *first, *second;  ///< presets
};

constexpr std::array<RegionFacts, 5> regions{{{Region::head, "head", 180, "head", "head"},
                                              {Region::neck, "neck", 120, "body", "bone"},
                                              {Region::chest, "chest", 300, "chest", "lung_slab"},
                                              {Region::abdomen, "abdomen", 250, "body", "body"},
                                              {Region::pelvis, "pelvis", 220, "body", "body"}}};
constexpr const char* unknown_preset = "medgemma";

const RegionFacts& facts(Region region) {
  return regions[static_cast<std::size_t>(region)];
}

/// 1 at a place and near it, then less, 0 far from it.
double nearness(const BodyRange& body, double at) {
  const double away = std::max({0.0, body.from_mm - at, at - body.to_mm}) - margin_mm;
  return std::clamp(1 - away / fade_mm, 0.0, 1.0);
}

BodyRange body_of(const BoxMm& box, const Frame& frame) {
  const double centre = frame.body_at(index_at(frame.geometry(), box.centre_mm)),
               half = box.size_mm[2] / 2;
  return {.from_mm = centre - half, .to_mm = centre + half};
}

std::vector<Span> spans_of(const PlanRequest& request, const Frame& frame) {
  std::vector<RegionSpan> asked = request.regions;
  std::ranges::stable_sort(asked, {}, &RegionSpan::region);
  double usual_mm = 0, shared = 0;
  for (const RegionSpan& span : asked)
    if (!span.z_mm) usual_mm += facts(span.region).usual_mm;
  std::vector<Span> spans;
  for (const RegionSpan& span : asked) {
    Span result{.region = span.region};
    if (span.z_mm) {
      const double a = frame.body_at_z((*span.z_mm)[0]), b = frame.body_at_z((*span.z_mm)[1]);
      if (!std::isfinite(a) || !std::isfinite(b))
        throw UnfitViews("the ends of region " + std::string(name_of(span.region)) +
                         " are not numbers");
      result.body = {.from_mm = std::max(0.0, std::min(a, b)),
                     .to_mm = std::min(frame.body_mm(), std::max(a, b))};
      if (result.body.from_mm >= result.body.to_mm)
        throw UnfitViews("region " + std::string(name_of(span.region)) +
                         " lies outside the volume");
    } else {
      result.body.from_mm = frame.body_mm() * shared / usual_mm;
      shared += facts(span.region).usual_mm;
      result.body.to_mm = frame.body_mm() * shared / usual_mm;
    }
    spans.push_back(result);
  }
  if (spans.empty())
    spans.push_back({.region = std::nullopt, .body = {.from_mm = 0, .to_mm = frame.body_mm()}});
  return spans;
}

}  // namespace

Interest::Interest(const PlanRequest& request, const Frame& frame)
    : request_(&request), spans_(spans_of(request, frame)) {
  found_ = concepts_in(request.exam.question + "\n" + request.exam.indication);
  std::erase_if(found_, [&](const Found& found) {
    return std::ranges::none_of(spans_, [&](const Span& span) {
      return !span.region || *span.region == found.line->region;
    });
  });
  add_candidates(request, frame);
  add_rows(request, frame);
}

void Interest::add_candidates(const PlanRequest& request, const Frame& frame) {
  for (const Candidate& candidate : request.candidates)
    candidates_.push_back({.body = body_of(candidate.box, frame),
                           .strength = candidate_pull * std::clamp(candidate.weight, 0.0, 1.0),
                           .why = "candidate " + clean(candidate.id, 24)});
}

void Interest::add_rows(const PlanRequest& request, const Frame& frame) {
  for (const MeasurementRow& row : request.rows) {
    if (!row.where) continue;
    const bool remarked = out_of_range(row.words);
    rows_.push_back({.body = body_of(*row.where, frame),
                     .strength = remarked ? remark_pull : row_pull,
                     .why = "measurement " + clean(row.id, 24)});
  }
}

BodyRange Interest::body() const {
  BodyRange all = spans_.front().body;
  for (const Span& span : spans_) {
    all.from_mm = std::min(all.from_mm, span.body.from_mm);
    all.to_mm = std::max(all.to_mm, span.body.to_mm);
  }
  return all;
}

const Span& Interest::span_at(double body_mm) const {
  const auto distance = [&](const Span& span) {
    return std::max({0.0, span.body.from_mm - body_mm, body_mm - span.body.to_mm});
  };
  return *std::ranges::min_element(spans_, {}, distance);
}

bool Interest::lies_at(const Found& found, double body_mm) const {
  return std::ranges::any_of(spans_, [&](const Span& span) {
    if (!span.region) return true;
    const double part = (body_mm - span.body.from_mm) / (span.body.to_mm - span.body.from_mm);
    return *span.region == found.line->region && part >= found.line->from && part <= found.line->to;
  });
}

const Found* Interest::found_at(double body_mm) const {
  const auto found =
      std::ranges::find_if(found_, [&](const Found& each) { return lies_at(each, body_mm); });
  return found == found_.end() ? nullptr : &*found;
}

bool Interest::asked(double body_mm) const {
  return found_at(body_mm) != nullptr;
}

Relevance Interest::at(double body_mm) const {
  Relevance relevance;
  for (const auto* pulls : {&candidates_, &rows_}) {
    double most = 0;
    const Pull* strongest = nullptr;
    for (const Pull& pull : *pulls)
      if (const double value = pull.strength * nearness(pull.body, body_mm); value > most) {
        most = value;
        strongest = &pull;
      }
    relevance.value += most;
    if (strongest != nullptr) relevance.why += "; near " + strongest->why;
  }
  if (const Found* found = found_at(body_mm)) {
    relevance.value += question_pull;
    relevance.why += "; the order says " + found->word;
  }
  return relevance;
}

const WindowPreset& Interest::named(const std::string& name) const {
  const std::string& wanted = request_->preset.empty() ? name : request_->preset;
  const auto found = std::ranges::find(request_->presets, wanted, &WindowPreset::name);
  if (found == request_->presets.end()) throw UnfitViews("there is no preset " + clean(wanted, 60));
  return *found;
}

const WindowPreset& Interest::first_preset(double body_mm) const {
  const auto& region = span_at(body_mm).region;
  return named(region ? facts(*region).first : unknown_preset);
}

const WindowPreset& Interest::asked_preset(const std::vector<Found>& found, double body_mm,
                                           const WindowPreset& otherwise) const {
  for (const Found& each : found)
    if (each.line->preset[0] != '\0' && span_at(body_mm).region == each.line->region &&
        lies_at(each, body_mm))
      return named(each.line->preset);
  return otherwise;
}

const WindowPreset& Interest::second_preset(double body_mm) const {
  const auto& region = span_at(body_mm).region;
  return asked_preset(found_, body_mm, named(region ? facts(*region).second : unknown_preset));
}

const WindowPreset& Interest::crop_preset(double body_mm, const std::string& words) const {
  const WindowPreset& usual = first_preset(body_mm);
  const WindowPreset& asked = asked_preset(concepts_in(words.substr(0, 200)), body_mm, usual);
  return asked.name == "lung_slab" ? usual : asked;  // crops are thin: no brightest of a slab
}

const WindowPreset& Interest::scout_preset() const {
  const auto length = [](const Span& span) { return span.body.to_mm - span.body.from_mm; };
  const Span& longest = *std::ranges::max_element(spans_, {}, length);
  return first_preset((longest.body.from_mm + longest.body.to_mm) / 2);
}

}  // namespace tomoscribe::model::detail

namespace tomoscribe::model {

const char* name_of(Region region) {
  return detail::facts(region).name;
}

std::optional<Region> region_of(const std::string& name) {
  for (const auto& facts : detail::regions)
    if (name == facts.name) return facts.region;
  return std::nullopt;
}

}  // namespace tomoscribe::model

#include "model/views/detail/crops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "model/views/detail/layout.h"
#include "model/views/detail/text.h"
#include "model/views/detail/vector.h"

namespace tomoscribe::model::detail {

namespace {

constexpr std::array<int, 2> crop_px{256, 512};
constexpr double together_mm = 10;
constexpr double apart_mm =
    80;  ///< of controls from candidates and from each other, where possible
constexpr int control_tries = 200;
constexpr double control_radius = 0.28;  ///< of the plane, around its middle: body, not air
constexpr double control_benefit = 4;

/// SplitMix64: the same numbers on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  /// 0 to 1.
  double roll() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return static_cast<double>((z ^ (z >> 31U)) >> 11U) * 0x1.0p-53;
  }
  /// Evenly within 1 of the middle. No sine: that differs between machines.
  std::array<double, 2> in_circle() {
    while (true) {
      const double x = 2 * roll() - 1, y = 2 * roll() - 1;
      if (x * x + y * y <= 1) return {x, y};
    }
  }

 private:
  std::uint64_t state_;
};

struct Close {
  Vec3 centre_mm{};
  double field_mm = crop_mm;
  ViewKind kind = ViewKind::candidate;
  std::string candidate, words, why;
  double relevance = 1;
  std::array<double, 2> benefit{};
};

Offer offer_of(const PlanRequest& request, const Frame& frame, const Interest& interest,
               const Close& close) {
  const Vec3 index = index_at(frame.geometry(), close.centre_mm);
  Offer offer{.body_mm = frame.body_at(index)};
  for (std::size_t i = 0; i < crop_px.size(); ++i) {
    const int side = side_px(crop_px[i], 2, request.rule);
    if (side == 0 || (!offer.sizes.empty() && offer.sizes.back().width >= side)) continue;
    View view = crop_view(frame, index, close.field_mm, side);
    view.kind = close.kind;
    view.preset = interest.crop_preset(offer.body_mm, close.words);
    view.relevance = close.relevance;
    view.why = close.why;
    view.candidate = close.candidate;
    offer.sizes.push_back(std::move(view));
    offer.benefit.push_back(close.benefit[i]);
  }
  return offer;
}

std::vector<const Candidate*> chosen(const PlanRequest& request, const Frame& frame) {
  std::vector<const Candidate*> order;
  for (const Candidate& candidate : request.candidates)
    if (frame.holds(index_at(frame.geometry(), candidate.box.centre_mm)))
      order.push_back(&candidate);
  std::ranges::stable_sort(order, std::greater(), &Candidate::weight);
  std::vector<const Candidate*> result;
  for (const Candidate* candidate : order) {
    if (result.size() == most_candidate_crops) break;
    const auto near = [&](const Candidate* other) {
      return length(candidate->box.centre_mm - other->box.centre_mm) < together_mm;
    };
    if (std::ranges::none_of(result, near)) result.push_back(candidate);
  }
  return result;
}

/// Of the small and of the large picture.
std::array<double, 2> benefit_of(const Candidate& candidate) {
  const double weight = std::clamp(candidate.weight, 0.0, 1.0);
  return {0.5 + 12 * weight, 0.25 + 0.75 * weight};
}

/// The first of many places that is far enough from all in `avoid`, else the farthest.
Vec3 control_place(const Frame& frame, const BodyRange& body, const std::vector<Vec3>& avoid,
                   Dice& dice) {
  Vec3 best{};
  double best_mm = -1;
  for (int i = 0; i < control_tries && best_mm < apart_mm; ++i) {
    const double at = body.from_mm + (0.1 + 0.8 * dice.roll()) * (body.to_mm - body.from_mm);
    const auto [across, down] = dice.in_circle();
    const Tile plane =
        frame.tile(Plane::axial, {.x = 0, .y = 0, .width = 1, .height = 1}, frame.middle_at(at),
                   frame.extent_mm(Plane::axial), frame.slab(Plane::axial, frame.middle_at(at), 0));
    const Vec3 place =
        patient_mm(plane, 0.5 + control_radius * across, 0.5 + control_radius * down);
    double nearest_mm = std::numeric_limits<double>::max();
    for (const Vec3& other : avoid) nearest_mm = std::min(nearest_mm, length(place - other));
    if (nearest_mm > best_mm) {
      best_mm = nearest_mm;
      best = place;
    }
  }
  return best;
}

}  // namespace

void add_crops(const PlanRequest& request, const Frame& frame, const Interest& interest,
               std::vector<Offer>& offers) {
  const std::vector<const Candidate*> candidates = chosen(request, frame);
  if (candidates.empty() || side_px(crop_px.front(), 2, request.rule) == 0) return;
  for (const Candidate* candidate : candidates) {
    const double weight = std::clamp(candidate->weight, 0.0, 1.0);
    const double largest = std::ranges::max(candidate->box.size_mm);
    offers.push_back(offer_of(request, frame, interest,
                              {.centre_mm = candidate->box.centre_mm,
                               .field_mm = std::clamp(1.5 * largest, crop_mm, largest_crop_mm),
                               .candidate = clean(candidate->id, 24),
                               .words = candidate->words,
                               .why = "close look at candidate " + clean(candidate->id, 24) +
                                      ", weight " + short_number(weight * 100) + " %",
                               .relevance = 1 + 3 * weight,
                               .benefit = benefit_of(*candidate)}));
  }
  std::vector<Vec3> avoid;
  for (const Candidate& candidate : request.candidates) avoid.push_back(candidate.box.centre_mm);
  Dice dice(request.seed);
  const std::array<double, 2> first = benefit_of(*candidates.front());
  for (int i = 0; i < control_crops; ++i) {
    const Vec3 place = control_place(frame, interest.body(), avoid, dice);
    avoid.push_back(place);
    offers.push_back(
        offer_of(request, frame, interest,
                 {.centre_mm = place,
                  .kind = ViewKind::control,
                  .why = "control: a place that nobody pointed at",
                  .benefit = {std::min(control_benefit, 0.9 * first[0]), 0.9 * first[1]}}));
  }
}

}  // namespace tomoscribe::model::detail

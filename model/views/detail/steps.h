#pragma once
// What could be shown, and in which order it is worth its tokens. Nothing here knows the budget.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/views/detail/frame.h"
#include "model/views/detail/relevance.h"
#include "model/views/plan.h"

namespace tomoscribe::model::detail {

/// A view in the sizes that it may have, smallest first.
struct Offer {
  std::vector<View> sizes;
  std::vector<double> benefit;  ///< that each size adds
  double body_mm = 0;           ///< where along the body: the packet's order
};

/// One thing more: a view at its next size, or a line of the table.
struct Step {
  enum class Kind : std::uint8_t { view, row } kind = Kind::view;
  std::size_t which = 0;  ///< place among the offers, or in the request's rows
  std::size_t size = 0;   ///< place among the offer's sizes
  std::int64_t tokens = 0;
  double worth = 0;  ///< benefit per token
};

struct Menu {
  std::vector<Offer> offers;  ///< the first is the scout
  std::vector<Step> steps;    ///< best first; the first is the scout's smallest size
  std::string legend;
};

/// Tokens of a text by the request's count.
std::int64_t text_tokens(const PlanRequest& request, const std::string& text);

/// \throws UnfitViews when the rule's largest image cannot hold the scout.
Menu menu_of(const PlanRequest& request, const Frame& frame, const Interest& interest);

}  // namespace tomoscribe::model::detail

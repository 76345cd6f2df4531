#include "pipeline/series/reconstructions.h"

#include <algorithm>
#include <cmath>

namespace tomoscribe::pipeline {
namespace {

/// Lowest and highest position along the axis of the body.
std::array<double, 2> extent_mm(const Stack& stack) {
  const double from = stack.grid.origin_mm[2];
  const double to = stack.grid.point_mm(0, 0, stack.grid.size[2] - 1)[2];
  return {std::min(from, to), std::max(from, to)};
}

/// Phases of one visit share their frame of reference: number or time of the acquisition must say
/// that it was one, and nothing may speak against it. PS3.3 C.7.6.2, C.8.2.1.
bool acquired_together(const Candidate& one, const Candidate& other) {
  constexpr double same_s = 60;  // images of one helix and their two reconstructions
  const bool numbers = one.acquisition && other.acquisition;
  const bool times = one.acquired_s && other.acquired_s;
  if (numbers && *one.acquisition != *other.acquisition) return false;
  if (times && std::abs(*one.acquired_s - *other.acquired_s) > same_s) return false;
  return (numbers || times) && one.agent == other.agent && one.kvp == other.kvp;
}

/// Two reconstructions of one acquisition: one frame of reference, four fifths of the length
/// shared.
bool same_acquisition(const Candidate& one, const Candidate& other) {
  if (!one.stack || !other.stack || one.frame_of_reference.empty() ||
      one.frame_of_reference != other.frame_of_reference || !acquired_together(one, other))
    return false;
  const auto a = extent_mm(*one.stack), b = extent_mm(*other.stack);
  const double shared = std::min(a[1], b[1]) - std::max(a[0], b[0]);
  return shared > 0.8 * std::max(a[1] - a[0], b[1] - b[0]);
}

/// The best of the candidates that can be read and of which `is` holds; the end when there is none.
template <class Is>
Candidates::iterator best_of(Candidates& candidates, const Is& is) {
  auto best = candidates.end();
  for (auto it = candidates.begin(); it != candidates.end(); ++it)
    if (it->stack && is(*it) && (best == candidates.end() || it->score > best->score)) best = it;
  return best;
}

constexpr double overview_mm = 6;  ///< slices further apart show no more than an overview

}  // namespace

Candidates::iterator main_of(Candidates& candidates) {
  const auto best = best_of(candidates, [](const Candidate&) { return true; });
  if (best == candidates.end() || best->sharp != std::optional(true)) return best;
  const auto smooth = best_of(candidates, [&](const Candidate& other) {
    return other.sharp == std::optional(false) && other.stack->spacing_mm <= overview_mm &&
           other.stack->missing.size() <= best->stack->missing.size() &&
           same_acquisition(*best, other);
  });
  return smooth == candidates.end() ? best : smooth;
}

Candidates::iterator lung_of(Candidates& candidates, const Candidate& main) {
  constexpr double thin_mm = 2.5;  // up to here lungs are measured as well on the smooth one
  if (main.sharp != std::optional(false) || main.stack->spacing_mm <= thin_mm)
    return candidates.end();
  return best_of(candidates, [&](const Candidate& other) {
    return other.sharp == std::optional(true) && other.stack->spacing_mm <= thin_mm &&
           same_acquisition(main, other);
  });
}

std::string why_left(const Candidate& left, const Candidate& chosen, const std::string& name) {
  if (!same_acquisition(left, chosen) || left.sharp != std::optional(true) ||
      chosen.sharp != std::optional(false))
    return "readable, but " + name + " suits measuring better";
  return "the edge-enhancing reconstruction of the same acquisition: for looking at lung and bone; "
         "volumes and densities are measured on " +
         name;
}

}  // namespace tomoscribe::pipeline

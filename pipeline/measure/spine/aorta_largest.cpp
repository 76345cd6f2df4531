#include "pipeline/measure/spine/aorta_largest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double method_mm = 2.5;          // of the rays, twice their SD on phantoms
constexpr std::size_t least_sections = 5;  // 15 mm
constexpr double least_ring = 0.125;       // of the directions
constexpr double most_against = 1.0 / 3, most_apart_mm = 4;

bool is_excluded_aorta(const Scene& scene, int slice) {
  const AortaSlice& at = scene.aorta.at[static_cast<std::size_t>(slice)];
  return is_excluded(scene, scene.work.grid.point_mm(at.column, at.row, slice));
}

/// The section whose diameter is the median of itself and its neighbours, where that is largest.
template <class Section, class Longest>
std::size_t largest_at(const std::vector<Section>& sections, const Longest& longest) {
  std::size_t best = 2;
  double most = 0;
  for (std::size_t i = 2; i + 2 < sections.size(); ++i) {
    std::array<std::size_t, 5> five{i - 2, i - 1, i, i + 1, i + 2};
    std::ranges::sort(five, {}, [&](std::size_t at) { return longest(sections[at]); });
    if (const double middle = longest(sections[five[2]]); middle > most)
      most = middle, best = five[2];
  }
  return best;
}

/// By rays from the track: in the chest lung or fat lies all round.
std::optional<Largest> largest_of_rays(const Scene& scene, int from, int to) {
  std::vector<AortaSection> sections;
  for (int i = std::max(from, 0); i <= to; ++i)
    if (scene.aorta.covers(i) && !is_excluded_aorta(scene, i))
      if (auto section = aorta_section(scene, i)) sections.push_back(*section);
  if (sections.size() < least_sections) return std::nullopt;
  const std::size_t at = largest_at(sections, [](const auto& one) { return one.longest_mm; });
  double spread = 0;
  for (std::size_t i = at - std::min<std::size_t>(at, 1);
       i <= std::min(at + 1, sections.size() - 1); ++i)
    spread = std::max(spread, std::abs(sections[i].longest_mm - sections[at].longest_mm));
  for (const double shift : {-25.0, 25.0})
    if (const auto moved = aorta_section(scene, static_cast<int>(sections[at].slice), shift))
      spread = std::max(spread, std::abs(moved->longest_mm - sections[at].longest_mm));
  return Largest{
      .section = sections[at],
      .uncertainty_mm = std::max(2.0, std::hypot(spread, method_mm)),
      .sections = sections.size(),
      .first = static_cast<int>(sections.front().slice),
      .last = static_cast<int>(sections.back().slice),
      .method =
          "longest diameter of an ellipse through the outer wall, square to the smoothed course; "
          "rays to where soft tissue ends in fat or lung; median of five sections 3 mm apart; "
          "uncertainty: neighbours, border moved by 25 HU, and 2 mm of the method"};
}

/// Median of a section's ring and its neighbours'. Precondition: two on either side.
double ring_at(const std::vector<TubeSection>& tube, std::size_t at) {
  std::array<double, 5> rings{};
  for (std::size_t i = 0; i < rings.size(); ++i) rings[i] = tube[at + i - 2].ring;
  std::ranges::sort(rings);
  return rings[2];
}

}  // namespace

std::optional<Largest> largest_of_chain(const Scene& scene, const TubeField& field, int from,
                                        int to) {
  std::vector<TubeSection> tube = aorta_tube(scene, field, from, to);
  std::erase_if(tube, [&](const TubeSection& one) {
    return !one.usable() ||
           is_excluded(scene, scene.work.grid.point_mm(one.wall.column, one.wall.row, one.slice));
  });
  if (tube.size() < least_sections) return std::nullopt;
  const std::size_t at = largest_at(tube, [](const auto& one) { return one.wall.longest_mm(); });
  const TubeSection& one = tube[at];
  return Largest{
      .section = {.slice = static_cast<double>(one.slice),
                  .middle = {one.wall.column, one.wall.row, static_cast<double>(one.slice)},
                  .longest_mm = one.wall.longest_mm(),
                  .shortest_mm = one.wall.shortest_mm(),
                  .longest_from = one.longest_from,
                  .longest_to = one.longest_to,
                  .seen = one.seen},
      .uncertainty_mm = longest_uncertainty_mm(scene, tube, at),
      .sections = tube.size(),
      .first = tube.front().slice,
      .last = tube.back().slice,
      .method =
          "longest diameter of an ellipse along the outer wall, square to the smoothed course: of "
          "the chains of ellipses along the vertebrae the one with most contrast to fat or lung "
          "(Viterbi); median of five sections 3 mm apart; uncertainty: twice the standard error "
          "when an eighth of the wall is left "
          "out at a time, and 2.5 mm, twice the standard deviation on phantoms",
      .against = one.against,
      .ring = ring_at(tube, at) >= least_ring};
}

namespace {

/// Why the wall found by the two is not certain; empty: nothing speaks against it.
std::string doubt_of(const Largest& rays, const Largest& chain) {
  const double apart_mm = chain.section.longest_mm - rays.section.longest_mm;
  if (chain.ring)
    return "between the enhanced blood and fat or lung lies soft tissue more than 4 mm thick: "
           "thrombus or a thick wall";
  if (std::abs(apart_mm) > most_apart_mm)
    return "rays from the followed course end at " + number_text(rays.section.longest_mm, 0) +
           " mm, the chain of ellipses at " + number_text(chain.section.longest_mm, 0) + " mm";
  if (chain.against > most_against)
    return "tissue as dense lies against " + number_text(100 * chain.against, 0) + " % of the wall";
  return {};
}

}  // namespace

std::optional<Largest> largest_in_chest(const Scene& scene, int from, int to) {
  std::optional<Largest> rays = largest_of_rays(scene, from, to);
  std::optional<Largest> chain = largest_of_chain(scene, thoracic_field, from, to);
  if (!rays && !chain) return std::nullopt;
  if (!rays || !chain) {
    Largest one = rays ? std::move(*rays) : std::move(*chain);
    one.doubt = "seen by one of two methods only";
    return one;
  }
  const double apart = chain->section.longest_mm - rays->section.longest_mm;
  const std::string doubt = doubt_of(*rays, *chain);
  // Thrombus is what rays from the blood miss. Without such a reason the smaller one is sure.
  const bool by_chain = chain->ring ? apart > 0 : apart < -most_apart_mm;
  Largest result = by_chain ? *chain : *rays;
  result.doubt = doubt;
  result.at_least = !chain->ring && std::abs(apart) > most_apart_mm;
  result.uncertainty_mm = doubt.empty() ? std::max(result.uncertainty_mm, std::abs(apart))
                                        : std::hypot(result.uncertainty_mm, apart);
  return result;
}

}  // namespace tomoscribe::pipeline::measure

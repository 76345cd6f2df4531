// Which vertebra is which (QUANTIFICATION A, S7): counted between landmarks, and named only where
// two of them agree. A number too many or too few of vertebrae or ribs is not recognised; the names
// are estimates.
#include <algorithm>
#include <cmath>
#include <map>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "pipeline/measure/scaffold/curve.h"
#include "pipeline/measure/scaffold/discs.h"
#include "pipeline/measure/scaffold/landmarks.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::size_t least_vertebrae = 3;
constexpr int most_counted = 8;  // discs between a landmark and what is named by it

/// The number of the lowest vertebra that most landmarks allow, at least two, and no other as many.
std::optional<int> agreed(const std::vector<Landmark>& marks) {
  std::map<int, int> votes;
  for (const Landmark& mark : marks)
    for (const int number : mark.numbers) ++votes[number + mark.vertebra];
  std::optional<int> best;
  int most = 1;
  for (const auto& [base, count] : votes) {
    if (count > most)
      most = count, best = base;
    else if (count == most)
      best.reset();
  }
  return best;
}

/// Whether a landmark lies where the count from `base` puts it.
bool agrees(const Landmark& mark, int base) {
  return std::ranges::find(mark.numbers, base - mark.vertebra) != mark.numbers.end();
}

/// One disc missed or seen twice moves every name beyond it: what is further from the landmarks
/// that agree is not named.
bool near_a_landmark(const std::vector<Landmark>& marks, int base, int place) {
  return std::ranges::any_of(marks, [&](const Landmark& mark) {
    return agrees(mark, base) && std::abs(mark.vertebra - place) <= most_counted;
  });
}

std::string why_unnamed(const std::vector<Landmark>& marks) {
  if (marks.empty()) return "level uncertain: no landmark for counting is in the scan";
  std::string names;
  for (const Landmark& mark : marks) names += (names.empty() ? "" : ", ") + mark.name;
  return marks.size() == 1 ? "level uncertain: the " + names + " is the only landmark in the scan"
                           : "level uncertain: the landmarks do not agree (" + names + ")";
}

/// The whole vertebrae and, at both ends, what the scan cuts of the next ones: their ribs count.
std::vector<Vertebra> with_cut_ones(const Scene& scene, const std::vector<Vertebra>& whole) {
  std::vector<Vertebra> all = whole;
  const auto height = [](const Vertebra& one) { return one.upper_disc - one.lower_disc; };
  const Vertebra below{.lower_disc = whole.front().lower_disc - height(whole.front()),
                       .upper_disc = whole.front().lower_disc};
  const Vertebra above{.lower_disc = whole.back().upper_disc,
                       .upper_disc = whole.back().upper_disc + height(whole.back())};
  all.insert(all.begin(), below);
  if (above.middle() <= scene.spine.last) all.push_back(above);
  return all;
}

void name_vertebrae(const Scene& scene, Vertebrae& vertebrae) {
  const std::vector<Landmark> marks = landmarks(scene, with_cut_ones(scene, vertebrae.all));
  const std::optional<int> base = agreed(marks);
  if (!base) {
    vertebrae.reason = why_unnamed(marks);
    return;
  }
  vertebrae.named = true;
  for (std::size_t i = 0; i < vertebrae.all.size(); ++i) {  // the base is that of one below
    const int place = static_cast<int>(i) + 1;
    if (near_a_landmark(marks, *base, place)) vertebrae.all[i].number = *base - place;
  }
  for (const Landmark& mark : marks) {
    const Vertebra there{.number = *base - mark.vertebra};
    const bool fits = agrees(mark, *base);
    vertebrae.landmarks.push_back(mark.name + " at " + there.name() +
                                  (fits ? "" : " (does not agree)"));
  }
}

/// The body of one vertebra as a mask: between its discs, inside the curve's ellipse.
Mask body_mask(const Scene& scene, const Vertebra& vertebra) {
  const Grid& grid = scene.work.grid;
  Mask mask(scene.body.size(), 0);
  for (int slice = static_cast<int>(std::ceil(vertebra.lower_disc)); slice <= vertebra.upper_disc;
       ++slice) {
    if (!scene.spine.covers(slice)) continue;
    const SpineSlice& at = scene.spine.at[static_cast<std::size_t>(slice)];
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column)
        if (std::hypot((column - at.body_column) * working_mm / at.half_width_mm,
                       (row - at.body_row) * working_mm / at.half_depth_mm) <= 1)
          mask[grid.offset(column, row, slice)] = 1;
  }
  return mask;
}

std::string title_of(const Scene& scene) {
  const Vertebrae& vertebrae = scene.vertebrae;
  const double length_mm = (scene.spine.last - scene.spine.first + 1) * working_mm;
  std::string title = "Spine, followed over " + number_text(length_mm, 0) + " mm";
  if (vertebrae.named) {
    std::vector<std::string> names;
    names.reserve(vertebrae.all.size());
    for (const Vertebra& one : vertebrae.all)
      if (one.number > 0) names.push_back(one.name());
    if (names.empty()) return title;
    const std::size_t rest = vertebrae.all.size() - names.size();
    return title + ": " + names.back() + " to " + names.front() + " whole (levels estimated)" +
           (rest == 0 ? ""
                      : ", " + std::to_string(rest) + " more not named: over " +
                            std::to_string(most_counted) + " discs from the landmarks");
  }
  return title + (vertebrae.reason.empty() ? "" : "; " + vertebrae.reason);
}

}  // namespace

void levels(Scene& scene, Findings& findings) {
  if (!scene.spine.found()) {
    if (!scene.labels.empty())
      findings.push_back(not_assessed_finding("spine", "spine", codes::presence, codes::spine,
                                              "no spinal canal was found"));
    return;
  }
  const std::vector<int> discs = find_discs(scene, spine_profile(scene));
  Vertebrae& vertebrae = scene.vertebrae;
  for (std::size_t i = 0; i + 1 < discs.size(); ++i)
    vertebrae.all.push_back({.lower_disc = static_cast<double>(discs[i]),
                             .upper_disc = static_cast<double>(discs[i + 1])});
  if (vertebrae.all.size() < least_vertebrae) {
    vertebrae.all.clear();
    vertebrae.reason = "level uncertain: fewer than three whole vertebrae are in the scan";
  } else {
    name_vertebrae(scene, vertebrae);
  }
  reporting::Finding finding =
      measured_finding("spine", title_of(scene), codes::presence, codes::spine);
  const double half = (scene.spine.first + scene.spine.last) / 2.0;
  const Vertebra shown = vertebrae.all.empty()
                             ? Vertebra{.lower_disc = half - 4, .upper_disc = half + 4}
                             : vertebrae.all[vertebrae.all.size() / 2];
  if (auto evidence = mask_section(
          scene, body_mask(scene, shown), "spine.body",
          shown.number > 0 ? "body of " + shown.name() + " (estimated)" : "a vertebral body"))
    finding.evidence.push_back(std::move(*evidence));
  findings.push_back(std::move(finding));
}

}  // namespace tomoscribe::pipeline::measure

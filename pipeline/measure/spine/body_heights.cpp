#include "pipeline/measure/spine/body_heights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double least_gap_mm = 0.5, most_gap_mm = 16;  // of a disc, in its middle
constexpr double touching_mm = -0.8;                    // at its edges: the errors of two plates

/// A place of one box in another's millimetres: across, forward, up.
Vec3 in_box(const BodyBox& box, const Vec3& working) {
  Vec3 from{};
  for (std::size_t i = 0; i < 3; ++i) from[i] = (working[i] - box.plane.body[i]) * working_mm;
  const auto along = [&](const Vec3& v) {
    return from[0] * v[0] + from[1] * v[1] + from[2] * v[2];
  };
  return {along(box.plane.across), along(box.plane.forward), along(box.plane.up)};
}

/// How far the lower plate of the upper body lies above the upper plate of the lower body.
double gap_mm(const BodyBox& below, const Endplate& top, const BodyBox& above,
              const Endplate& bottom, double forward_mm) {
  const Vec3 place = above.plane.at(above.plane.body, 0, forward_mm, -bottom.at(0, forward_mm));
  const Vec3 seen = in_box(below, place);
  return seen[2] - top.at(seen[0], seen[1]);
}

struct Disc {
  Endplate top_of_lower, bottom_of_upper;
};

/// How much a pair looks like the endplates of one disc: both fall off, neither is steep, and they
/// are nearly parallel.
double likeness_hu(const Endplate& top, const Endplate& bottom) {
  constexpr double hu_each = 40;
  const double one = top.likeness_hu(), other = bottom.likeness_hu();
  return one + other + 2 * std::min(one, other) -
         hu_each * (std::abs(top.forward + bottom.forward) + std::abs(top.across + bottom.across));
}

/// The best two endplates with a disc between them. An endplate of the neighbour, seen from the
/// wrong side, lies beyond the neighbour's own: that makes no disc.
std::optional<Disc> disc_between(const BodyBox& below, const BodyBox& above) {
  const auto tops = endplate_candidates(below, End::upper);
  const auto bottoms = endplate_candidates(above, End::lower);
  std::optional<Disc> best;
  double most = 0;
  for (const Endplate& top : tops)
    for (const Endplate& bottom : bottoms) {
      const double gap = gap_mm(below, top, above, bottom, 0);
      if (gap < least_gap_mm || gap > most_gap_mm) continue;
      const double reach = 0.8 * above.plane.half_depth_mm;
      if (std::min(gap_mm(below, top, above, bottom, -reach),
                   gap_mm(below, top, above, bottom, reach)) < touching_mm)
        continue;
      const double score = likeness_hu(top, bottom);
      if (score > most) most = score, best = {top, bottom};
    }
  return best;
}

struct Three {
  double back = 0, middle = 0, front = 0;
};

Three heights(const Endplate& lower, const Endplate& upper) {
  // Along the axis that stands square on both plates, as far as they are parallel.
  const double tilt = (upper.forward - lower.forward) / 2, lean = (upper.across - lower.across) / 2;
  const double scale = 1 / std::sqrt(1 + tilt * tilt + lean * lean);
  return {scale * (upper.edge(-1) + lower.edge(-1)), scale * (upper.central_mm + lower.central_mm),
          scale * (upper.edge(1) + lower.edge(1))};
}

/// Largest change of a height's difference from the others.
double spread(const Three& a, const Three& b) {
  const double mean = (a.back + a.middle + a.front - b.back - b.middle - b.front) / 3;
  return std::max({std::abs(a.back - b.back - mean), std::abs(a.middle - b.middle - mean),
                   std::abs(a.front - b.front - mean)});
}

BodyHeights measured(const BodyBox& box, const Endplate& lower, const Endplate& upper) {
  BodyHeights result;
  result.lower = fitted_endplate(box, End::lower, lower, {});
  result.upper = fitted_endplate(box, End::upper, upper, {});
  const Three here = heights(result.lower, result.upper);
  result.back_mm = here.back, result.middle_mm = here.middle, result.front_mm = here.front;
  result.side_tilt = result.upper.across + result.lower.across;
  for (const Columns& other : {Columns{.window_mm = 1.5}, Columns{.window_mm = 3},
                               Columns{.side = -1}, Columns{.side = 1}}) {
    const Three changed = heights(fitted_endplate(box, End::lower, lower, other),
                                  fitted_endplate(box, End::upper, upper, other));
    result.uncertainty_mm = std::max(result.uncertainty_mm, spread(here, changed));
  }
  return result;
}

/// Why the endplates of one body are not believed; empty: they are.
std::string doubt(const BodyBox& box, const BodyHeights& body, double usual_fall_hu) {
  constexpr double most_residual_mm = 1.05, least_kept = 0.7, least_fall_share = 0.4;
  constexpr double least_height_share = 0.5;  // of the distance from disc to disc
  constexpr double most_side_tilt = 0.2;      // 11 degrees
  for (const Endplate* plate : {&body.lower, &body.upper})
    if (plate->residual_mm > most_residual_mm || plate->kept < least_kept ||
        plate->fall_hu < least_fall_share * usual_fall_hu)
      return "an endplate is not seen clearly";
  if (std::max(body.back_mm, body.front_mm) < least_height_share * 2 * box.half_height_mm)
    return "an endplate is not seen clearly";
  if (std::abs(body.side_tilt) > most_side_tilt)
    return "its endplates are tilted against each other from side to side";
  return "";
}

/// Endplates on both sides of a disc that touch or cross: one of them is wrong.
bool cross(const BodyBox& below, const BodyHeights& lower, const BodyBox& above,
           const BodyHeights& upper) {
  constexpr double seen = 0.8;
  const double reach = seen * above.plane.half_depth_mm;
  return std::ranges::any_of(std::array{-reach, 0.0, reach}, [&](double forward) {
    return gap_mm(below, lower.upper, above, upper.lower, forward) < touching_mm;
  });
}

double usual_fall_hu(const std::vector<BodyHeights>& all) {
  std::vector<double> falls;
  falls.reserve(2 * all.size());
  for (const BodyHeights& body : all)
    if (body.not_assessed.empty())
      falls.push_back(body.lower.fall_hu), falls.push_back(body.upper.fall_hu);
  if (falls.empty()) return 0;
  const auto middle = falls.begin() + static_cast<std::ptrdiff_t>(falls.size() / 2);
  std::ranges::nth_element(falls, middle);
  return *middle;
}

/// Reasons are written beside the heights.
void doubt_all(const std::vector<BodyBox>& boxes, std::vector<BodyHeights>& all) {
  const double fall_hu = usual_fall_hu(all);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].not_assessed.empty()) all[i].not_assessed = doubt(boxes[i], all[i], fall_hu);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (!all[i].not_assessed.empty() || !all[i + 1].not_assessed.empty()) continue;
    if (cross(boxes[i], all[i], boxes[i + 1], all[i + 1]))
      all[i].not_assessed = all[i + 1].not_assessed = "the endplates beside a disc touch";
  }
}

}  // namespace

std::vector<BodyHeights> body_heights(const std::vector<BodyBox>& boxes) {
  std::vector<BodyHeights> all(boxes.size());
  std::optional<Disc> below;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const std::optional<Disc> above =
        i + 1 < boxes.size() ? disc_between(boxes[i], boxes[i + 1]) : std::nullopt;
    if (below && above)
      all[i] = measured(boxes[i], below->bottom_of_upper, above->top_of_lower);
    else
      all[i].not_assessed = "both endplates were not seen";
    below = above;
  }
  doubt_all(boxes, all);
  return all;
}

}  // namespace tomoscribe::pipeline::measure

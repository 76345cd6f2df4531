// Endplates by where the density falls from the dense plate to the disc, in columns along the
// body's axis; a plate over all columns first, then every column by itself.
#include "pipeline/measure/spine/endplates.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double inside_cortex_mm = 3;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

struct Column {
  int across = 0, forward = 0;
  bool central = false;
};

std::vector<Column> columns_of(const BodyBox& box, int side) {
  const double wide = std::min(box.plane.half_width_mm - inside_cortex_mm,
                               static_cast<double>(BodyBox::half_across));
  const double deep = std::min(box.plane.half_depth_mm - inside_cortex_mm,
                               static_cast<double>(BodyBox::half_forward));
  std::vector<Column> columns;
  columns.reserve(index_of(BodyBox::across_count * BodyBox::forward_count));
  for (int y = -BodyBox::half_forward; y <= BodyBox::half_forward; ++y)
    for (int x = -BodyBox::half_across; x <= BodyBox::half_across; ++x) {
      const double u = x / wide, v = y / deep;
      // A rectangle with round corners, not an ellipse: the back wall is straight.
      if (u * u * u * u + v * v * v * v > 1 || x * side < 0) continue;
      columns.push_back({x, y, std::abs(u) < 0.5 && std::abs(v) < 0.35});
    }
  return columns;
}

/// One half of the body, looked at from its middle outward: how much the density falls.
class Falls {
 public:
  Falls(const BodyBox& box, End end, const Columns& how)
      : columns_(columns_of(box, how.side)), falls_(columns_.size() * index_of(count)) {
    const int window = static_cast<int>(std::lround(how.window_mm / BodyBox::up_mm));
    const int direction = end == End::upper ? 1 : -1;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto hu = [&](int k) {
        const int up = direction * std::clamp(k - before, -BodyBox::half_up, BodyBox::half_up);
        return std::clamp(box.hu[BodyBox::at(columns_[i].across, columns_[i].forward, up)], -50.0F,
                          600.0F);
      };
      for (int k = 0; k < count; ++k) {
        float fall = 0;
        for (int n = 0; n < window; ++n) fall += hu(k - n) - hu(k + 1 + n);
        falls_[i * count + index_of(k)] =
            std::clamp(fall / static_cast<float>(window), -most_hu, most_hu);
      }
    }
  }
  const std::vector<Column>& columns() const { return columns_; }
  double fall(std::size_t column, double out_mm) const {
    const double k =
        std::clamp(out_mm / BodyBox::up_mm - 0.5 + before, 0.0, static_cast<double>(count) - 1.001);
    const int low = static_cast<int>(k);
    const float* at = &falls_[column * count + index_of(low)];
    return at[0] + (k - low) * (static_cast<double>(at[1]) - at[0]);
  }
  /// Mean over every `step`th column.
  double mean(const Endplate& plate, std::size_t step) const {
    double sum = 0, taken = 0;
    for (std::size_t i = 0; i < columns_.size(); i += step) {
      sum += fall(i, plate.at(columns_[i].across, columns_[i].forward));
      ++taken;
    }
    return taken > 0 ? sum / taken : 0;
  }

 private:
  static constexpr int before = 16,
                       count = BodyBox::half_up + before;  // from 8 mm behind the middle
  static constexpr float most_hu = 300;
  std::vector<Column> columns_;
  std::vector<float> falls_;
};

/// The best tilt and hollow at one height.
Endplate best_tilt(const Falls& falls, Endplate plate) {
  Endplate best = plate;
  double most = -1e9;
  for (int h = 0; h <= 2; ++h)
    for (int f = -8; f <= 8; ++f)
      for (int a = -3; a <= 3; ++a) {
        plate.hollow_mm = 1.5 * h, plate.forward = 0.1 * f, plate.across = 0.1 * a;
        plate.fall_hu = falls.mean(plate, 3);
        if (plate.likeness_hu() > most) most = plate.likeness_hu(), best = plate;
      }
  return best;
}

Endplate refined(const Falls& falls, const Endplate& from) {
  Endplate best = from;
  best.fall_hu = falls.mean(best, 1);
  for (const double step : {1.0, 0.5, 0.25})
    for (int round = 0; round < 2; ++round) {
      const Endplate start = best;
      for (int i = 0; i < 81; ++i) {
        Endplate plate = start;
        const int out = i % 3 - 1, forward = i / 3 % 3 - 1, across = i / 9 % 3 - 1,
                  hollow = i / 27 - 1;
        plate.out_mm += 0.8 * step * out;
        plate.forward += 0.06 * step * forward;
        plate.across += 0.06 * step * across;
        plate.hollow_mm = std::max(0.0, plate.hollow_mm + 0.8 * step * hollow);
        plate.fall_hu = falls.mean(plate, 1);
        if (plate.likeness_hu() > best.likeness_hu()) best = plate;
      }
    }
  return best;
}

/// Where each column falls most near a plate; `seen` is false where it hardly does.
struct Edges {
  std::vector<double> out_mm;
  std::vector<bool> seen, kept;
};

Edges edges_near(const Falls& falls, const Endplate& plate) {
  constexpr double reach_mm = 2, step_mm = 0.1, least_share = 0.4;
  constexpr int steps = static_cast<int>(2 * reach_mm / step_mm);
  const auto& columns = falls.columns();
  Edges edges{.out_mm = std::vector<double>(columns.size()),
              .seen = std::vector<bool>(columns.size()),
              .kept = {}};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    double most = -1e9;
    const double middle = plate.at(columns[i].across, columns[i].forward);
    for (int s = 0; s <= steps; ++s) {
      const double at = middle - reach_mm + s * step_mm;
      if (const double fall = falls.fall(i, at); fall > most) most = fall, edges.out_mm[i] = at;
    }
    edges.seen[i] = most > least_share * plate.fall_hu;
  }
  edges.kept = edges.seen;
  return edges;
}

constexpr std::size_t unknowns = 4;
using Equations = std::array<std::array<double, unknowns + 1>, unknowns>;

/// Gauss and Jordan; false where the columns do not tell.
bool eliminate(Equations& m) {
  for (std::size_t p = 0; p < unknowns; ++p) {
    if (m[p][p] < 1e-6) return false;
    for (std::size_t r = 0; r < unknowns; ++r) {
      if (r == p) continue;
      const double share = m[r][p] / m[p][p];
      for (std::size_t c = p; c <= unknowns; ++c) m[r][c] -= share * m[p][c];
    }
  }
  return true;
}

/// Least squares over the columns that are kept, for what is left beside `plate`.
void solve(const std::vector<Column>& columns, const Edges& edges, Endplate& plate) {
  Equations m{};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!edges.kept[i]) continue;
    const double x = columns[i].across, y = columns[i].forward;
    const double u = x / plate.half_width_mm, v = y / plate.half_depth_mm;
    const std::array<double, unknowns + 1> terms{1, y, x, u * u + v * v - 1,
                                                 edges.out_mm[i] - plate.at(x, y)};
    for (std::size_t r = 0; r < unknowns; ++r)
      for (std::size_t c = 0; c <= unknowns; ++c) m[r][c] += terms[r] * terms[c];
  }
  if (!eliminate(m)) return;
  plate.out_mm += m[0][unknowns] / m[0][0];
  plate.forward += m[1][unknowns] / m[1][1];
  plate.across += m[2][unknowns] / m[2][2];
  plate.hollow_mm += m[3][unknowns] / m[3][3];
}

double off(const Falls& falls, const Edges& edges, const Endplate& plate, std::size_t i) {
  return edges.out_mm[i] - plate.at(falls.columns()[i].across, falls.columns()[i].forward);
}

/// Columns further off than three robust standard deviations are left out.
void trim(const Falls& falls, const Endplate& plate, Edges& edges) {
  std::vector<double> all;
  all.reserve(edges.seen.size());
  for (std::size_t i = 0; i < edges.seen.size(); ++i)
    if (edges.seen[i]) all.push_back(std::abs(off(falls, edges, plate, i)));
  const double limit = std::max(0.5, 3 * 1.48 * median(std::move(all)));
  for (std::size_t i = 0; i < edges.seen.size(); ++i)
    edges.kept[i] = edges.seen[i] && std::abs(off(falls, edges, plate, i)) <= limit;
}

/// What the fit is worth, and the middle of the plate.
void judge(const Falls& falls, const Edges& edges, Endplate& plate) {
  double squares = 0, count = 0;
  std::vector<double> central;
  central.reserve(edges.seen.size());
  for (std::size_t i = 0; i < edges.seen.size(); ++i) {
    if (edges.seen[i] && falls.columns()[i].central) central.push_back(edges.out_mm[i]);
    if (!edges.kept[i]) continue;
    squares += std::pow(off(falls, edges, plate, i), 2), ++count;
  }
  plate.kept = count / std::max(1.0, static_cast<double>(edges.seen.size()));
  plate.residual_mm = count > 0 ? std::sqrt(squares / count) : 1e9;
  plate.central_mm = central.empty() ? plate.at(0, 0) : median(std::move(central));
}

}  // namespace

double Endplate::likeness_hu() const {
  constexpr double steep = 0.15, hu_each = 40;
  return fall_hu - hu_each * (std::max(0.0, std::abs(forward) - steep) +
                              std::max(0.0, std::abs(across) - steep));
}

std::vector<Endplate> endplate_candidates(const BodyBox& box, End end) {
  constexpr double least_share = 0.3, beyond_mm = 7, least_of_most = 0.2, from_end_mm = 4;
  constexpr std::size_t apart = 2, least_columns = 40;
  const Falls falls(box, end, {});
  if (falls.columns().size() < least_columns) return {};
  std::vector<Endplate> all, best;
  const int first = static_cast<int>(least_share * box.half_height_mm);
  const double held_mm =
      (end == End::upper ? box.last_up : -box.first_up) * BodyBox::up_mm - from_end_mm;
  const int last = static_cast<int>(std::min(box.half_height_mm + beyond_mm, held_mm));
  if (last <= first) return {};
  all.reserve(index_of(last - first + 1));
  for (int out = first; out <= last; ++out)
    all.push_back(best_tilt(falls, {.out_mm = static_cast<double>(out),
                                    .half_depth_mm = box.plane.half_depth_mm,
                                    .half_width_mm = box.plane.half_width_mm}));
  const double most = std::ranges::max_element(all, {}, &Endplate::likeness_hu)->likeness_hu();
  for (std::size_t i = 0; i < all.size(); ++i) {
    bool highest = all[i].likeness_hu() >= least_of_most * most;
    for (std::size_t k = i < apart ? 0 : i - apart; k <= std::min(i + apart, all.size() - 1); ++k)
      highest = highest && all[k].likeness_hu() <= all[i].likeness_hu();
    if (highest) best.push_back(refined(falls, all[i]));
  }
  return best;
}

Endplate fitted_endplate(const BodyBox& box, End end, const Endplate& candidate,
                         const Columns& columns) {
  const Falls falls(box, end, columns);
  Endplate plate = candidate;
  Edges edges = edges_near(falls, plate);
  for (int round = 0; round < 4; ++round) {
    solve(falls.columns(), edges, plate);
    trim(falls, plate, edges);
  }
  judge(falls, edges, plate);
  return plate;
}

}  // namespace tomoscribe::pipeline::measure

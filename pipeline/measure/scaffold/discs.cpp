// Discs by two signs (QUANTIFICATION A, S7): their endplates are dense (a pair of peaks, one in
// thick slices), and beside the canal the foramina lie open while the pedicles above and below
// close it. A row of discs at nearly equal distances is chosen that looks most like discs, with
// vertebrae between them.
#include "pipeline/measure/scaffold/discs.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/measure/scaffold/curve.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double least_height_mm = 13.5, most_height_mm = 48;  // disc to disc
constexpr int least_height = static_cast<int>(least_height_mm / working_mm);
constexpr int most_height = static_cast<int>(most_height_mm / working_mm);
constexpr double search_share =
    0.16;  // of a vertebra: how far the row may lie beside a disc's middle
constexpr int heights = most_height - least_height + 1;

double body_hu(const Scene& scene, const CurvePlane& plane) {
  double sum = 0, count = 0;
  const double wide = 0.75 * plane.half_width_mm, deep = 0.75 * plane.half_depth_mm;
  // NOLINTNEXTLINE(cert-flp30-c,clang-analyzer-security.FloatLoopCounter): a step more is no harm
  for (double x = -wide; x <= wide; x += working_mm)
    // NOLINTNEXTLINE(cert-flp30-c,clang-analyzer-security.FloatLoopCounter): a step more is no harm
    for (double y = -deep; y <= deep; y += working_mm) {
      if (std::hypot(x / wide, y / deep) > 1) continue;
      sum += std::clamp(hu_between(scene.work, plane.at(plane.body, x, y)), -100.0, 600.0);
      ++count;
    }
  return count > 0 ? sum / count : 0;
}

double pedicle_hu(const Scene& scene, const CurvePlane& plane) {
  double sum = 0, count = 0;
  // NOLINTNEXTLINE(cert-flp30-c,clang-analyzer-security.FloatLoopCounter): a step more is no harm
  for (double x = 9; x <= 16; x += working_mm)
    // NOLINTNEXTLINE(cert-flp30-c,clang-analyzer-security.FloatLoopCounter): a step more is no harm
    for (double y = 0; y <= 9; y += working_mm)
      for (const double side : {-1.0, 1.0}) {
        sum += std::clamp(hu_between(scene.work, plane.at(plane.canal, side * x, y)), 0.0, 400.0);
        ++count;
      }
  return sum / count;
}

std::vector<double> mean_over(const std::vector<double>& values, int reach) {
  std::vector<double> result(values.size());
  const int count = static_cast<int>(values.size());
  for (int i = 0; i < count; ++i) {
    double sum = 0, weight = 0;
    for (int k = std::max(0, i - reach); k <= std::min(count - 1, i + reach); ++k)
      sum += values[static_cast<std::size_t>(k)], ++weight;
    result[static_cast<std::size_t>(i)] = sum / weight;
  }
  return result;
}

/// Values less their surroundings, in units of their spread there.
std::vector<double> standardised(const std::vector<double>& values) {
  constexpr int reach = static_cast<int>(36 / working_mm);
  std::vector<double> result = mean_over(values, reach);
  std::ranges::transform(values, result, result.begin(), std::minus<>());
  std::vector<double> squares(values.size());
  std::ranges::transform(result, squares.begin(), [](double v) { return v * v; });
  squares = mean_over(squares, reach);
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = std::clamp(result[i] / std::max(8.0, std::sqrt(squares[i])), -2.0, 2.0) / 2;
  return result;
}

/// Dense on both sides at the same distance of 0 to 7 mm.
std::vector<double> endplates(const std::vector<double>& body) {
  constexpr int reach = static_cast<int>(7 / working_mm);
  std::vector<double> result(body.size());
  const int count = static_cast<int>(body.size());
  for (int i = 0; i < count; ++i) {
    double best = -1e9;
    for (int w = 0; w <= reach; ++w) {
      const auto low = static_cast<std::size_t>(std::max(0, i - w));
      const auto high = static_cast<std::size_t>(std::min(count - 1, i + w));
      best = std::max(best, (body[low] + body[high]) / 2);
    }
    result[static_cast<std::size_t>(i)] = best;
  }
  return result;
}

/// The place within `reach` that lies best between two endplates, or on the one that thick slices
/// make of them: dense on both sides, less dense in between. The pedicles alone place a disc too
/// high or too low.
int between_endplates(const std::vector<double>& body, int disc, int reach) {
  constexpr int half = static_cast<int>(7 / working_mm);
  const int last = static_cast<int>(body.size()) - 1;
  const auto at = [&](int i) { return body[static_cast<std::size_t>(std::clamp(i, 0, last))]; };
  double most = -1e9;
  int best = disc;
  for (int i = std::max(0, disc - reach); i <= std::min(last, disc + reach); ++i)
    for (int w = 0; w <= half; ++w) {
      const double walls = std::min(at(i - w), at(i + w));
      const double score = walls + 0.5 * std::max(0.0, walls - at(i)) - 6.0 * std::abs(i - disc);
      if (score > most) most = score, best = i;
    }
  return best;
}

/// Best row of discs by dynamic programming over place and height of the vertebra below it.
class DiscRow {
 public:
  explicit DiscRow(const std::vector<double>& disc)
      : disc_{disc},
        count_{static_cast<int>(disc.size())},
        best_(static_cast<std::size_t>(count_ * heights), 0),
        from_(static_cast<std::size_t>(count_ * heights), -1) {}

  std::vector<int> run() {
    for (int place = 0; place < count_; ++place)
      for (int h = 0; h < heights; ++h) extend(place, h);
    const auto end = std::ranges::max_element(best_);
    if (end == best_.end() || *end <= 0) return {};
    std::vector<int> discs;
    for (auto at = static_cast<int>(end - best_.begin()); at >= 0;
         at = from_[static_cast<std::size_t>(at)]) {
      discs.push_back(at / heights);
      if (from_[static_cast<std::size_t>(at)] < 0)
        discs.push_back(at / heights - (at % heights + least_height));
    }
    std::ranges::reverse(discs);
    return discs;
  }

 private:
  double like(int place) const { return disc_[static_cast<std::size_t>(place)]; }

  /// A vertebra of that height whose upper disc lies at `place`.
  void extend(int place, int h) {
    const int height = h + least_height, below = place - height;
    const auto at = index_of(place * heights + h);
    if (below < 0) {
      best_[at] = -1e9;
      return;
    }
    // The body between the discs: at its middle and above it, where the pedicles are.
    const double body = (like(below + height / 2) + like(below + (3 * height) / 5)) / 2;
    const double own = (like(place) + like(below)) / 2 - body - least_gain;
    double before = 0;
    int from = -1;
    for (int other = 0; other < heights; ++other) {
      const int other_height = other + least_height;
      const double change = std::abs(std::log(static_cast<double>(other_height) / height));
      if (change > 0.3) continue;
      const auto there = index_of(below * heights + other);
      const double gain = best_[there] - 1.5 * change;
      if (gain > before) before = gain, from = static_cast<int>(there);
    }
    best_[at] = own + before;
    from_[at] = from;
  }

  static constexpr double least_gain = 0.25;
  const std::vector<double>& disc_;
  int count_;
  std::vector<double> best_;
  std::vector<int> from_;
};

}  // namespace

SpineProfile spine_profile(const Scene& scene) {
  SpineProfile profile;
  const int count = scene.spine.last - scene.spine.first + 1;
  profile.body.reserve(static_cast<std::size_t>(count));
  profile.pedicles.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const CurvePlane plane = curve_plane(scene, scene.spine.first + i);
    profile.body.push_back(body_hu(scene, plane));
    profile.pedicles.push_back(pedicle_hu(scene, plane));
  }
  const std::vector<double> dense = standardised(endplates(profile.body));
  const std::vector<double> closed = standardised(mean_over(profile.pedicles, 1));
  profile.disc.resize(dense.size());
  std::ranges::transform(dense, closed, profile.disc.begin(),
                         [](double a, double b) { return 0.5 * a - 0.5 * b; });
  return profile;
}

std::vector<int> find_discs(const Scene& scene, const SpineProfile& profile) {
  if (profile.disc.size() < std::size_t{2} * least_height) return {};
  const std::vector<int> discs = DiscRow(profile.disc).run();
  std::vector<int> centred;
  centred.reserve(discs.size());
  for (auto disc = discs.begin(); disc != discs.end(); ++disc) {
    const int below = disc == discs.begin() ? most_height : *disc - *(disc - 1);
    const int above = disc + 1 == discs.end() ? most_height : *(disc + 1) - *disc;
    const auto reach = static_cast<int>(std::lround(search_share * std::min(below, above)));
    centred.push_back(scene.spine.first + between_endplates(profile.body, *disc, reach));
  }
  return centred;
}

}  // namespace tomoscribe::pipeline::measure

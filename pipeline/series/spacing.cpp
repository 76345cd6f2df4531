#include "pipeline/series/spacing.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace tomoscribe::pipeline {
namespace {

constexpr double apart_mm = 25, apart_times = 6;  // such a gap parts two blocks
constexpr double hole_times = 1.5;
constexpr std::size_t window = 3;           // gaps on each side that say what is usual there
constexpr double most_missing = 0.25;       // of all slices
constexpr double on_lattice = 0.05;         // of the step: an image that lies on a slice
constexpr double least_step_share = 0.333;  // no more than three slices for each image

double median_of(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

double tolerance_mm(double spacing_mm) {
  return std::max(0.01, 0.01 * spacing_mm) + 1e-6;
}

std::vector<double> gaps_of(std::span<const double> along_mm) {
  std::vector<double> gaps;
  gaps.reserve(along_mm.size());
  for (std::size_t i = 1; i < along_mm.size(); ++i) gaps.push_back(along_mm[i] - along_mm[i - 1]);
  return gaps;
}

/// The block of most images; the first of equal ones.
void choose_block(Spacing& spacing, const std::vector<double>& gaps) {
  const double limit = std::max(apart_mm, apart_times * median_of(gaps));
  std::size_t from = 0;
  for (std::size_t i = 0; i <= gaps.size(); ++i) {
    if (i < gaps.size() && gaps[i] <= limit) continue;
    if (i + 1 - from > spacing.count) spacing.first = from, spacing.count = i + 1 - from;
    from = i + 1;
  }
}

/// What distance is usual around gap `i`.
double usual_mm(const std::vector<double>& gaps, std::size_t i, const Spacing& spacing) {
  if (!spacing.mixed) return spacing.median_mm;
  const std::size_t from = i > window ? i - window : 0;
  const std::size_t to = std::min(gaps.size(), i + window + 1);
  return median_of(std::span(gaps).subspan(from, to - from));
}

/// Holes, and how many slices they lack together.
int find_holes(Spacing& spacing, const std::vector<double>& gaps) {
  int missing = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double usual = usual_mm(gaps, i, spacing);
    if (gaps[i] < hole_times * usual) {
      if (!spacing.mixed)
        spacing.jitter_mm = std::max(spacing.jitter_mm, std::abs(gaps[i] - usual));
      continue;
    }
    const int slices = std::max(1, static_cast<int>(std::lround(gaps[i] / usual)) - 1);
    missing += slices;
    spacing.holes.push_back({.after = i, .slices = slices, .gap_mm = gaps[i]});
  }
  return missing;
}

/// The slices' distance: the mean of the equal gaps, or of a mixed stack nearly its smallest.
double step_of(const Spacing& spacing, const std::vector<double>& gaps, double extent_mm) {
  if (spacing.mixed) {
    std::vector<double> sorted = gaps;
    std::ranges::sort(sorted);
    return std::max(sorted[sorted.size() / 10],
                    least_step_share * extent_mm / static_cast<double>(gaps.size()));
  }
  double sum = 0, count = 0;
  for (const double gap : gaps)
    if (std::abs(gap - spacing.median_mm) <= tolerance_mm(spacing.median_mm)) sum += gap, ++count;
  return sum / count;
}

void place(Spacing& spacing, std::span<const double> along_mm) {
  spacing.at.reserve(along_mm.size());
  double off = 0;
  for (const double mm : along_mm) {
    const double at = (mm - along_mm.front()) / spacing.step_mm;
    spacing.at.push_back(at);
    off = std::max(off, std::abs(at - std::round(at)));
  }
  if (off <= on_lattice)
    for (double& at : spacing.at) at = std::round(at);
  spacing.slices = static_cast<int>(std::lround(spacing.at.back())) + 1;
}

}  // namespace

std::variant<Spacing, Unsuitable> spacing_of(std::span<const double> along_mm) {
  Spacing spacing;
  choose_block(spacing, gaps_of(along_mm));
  if (spacing.count < 2) return Unsuitable{"the images lie too far apart to make a volume"};
  const auto block = along_mm.subspan(spacing.first, spacing.count);
  const std::vector<double> gaps = gaps_of(block);
  spacing.median_mm = median_of(gaps);
  const double tolerance = tolerance_mm(spacing.median_mm);
  const auto odd = static_cast<std::size_t>(std::ranges::count_if(
      gaps, [&](double gap) { return std::abs(gap - spacing.median_mm) > tolerance; }));
  const double extent_mm = block.back() - block.front();
  spacing.regular = odd == 0;
  spacing.mixed = odd > std::max<std::size_t>(3, gaps.size() / 4);
  const int missing = find_holes(spacing, gaps);
  const int all = missing + static_cast<int>(spacing.count);
  if (missing > most_missing * all)
    return Unsuitable{std::to_string(missing) + " of " + std::to_string(all) +
                      " slices are missing"};
  spacing.step_mm = spacing.regular ? extent_mm / static_cast<double>(gaps.size())
                                    : step_of(spacing, gaps, extent_mm);
  place(spacing, block);
  if (spacing.regular) {
    for (std::size_t i = 0; i < spacing.at.size(); ++i) spacing.at[i] = static_cast<double>(i);
    spacing.slices = static_cast<int>(spacing.count);
  }
  return spacing;
}

}  // namespace tomoscribe::pipeline

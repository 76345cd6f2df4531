#include "pipeline/series/passes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace tomoscribe::pipeline {
namespace {

using Parts = std::vector<std::vector<std::size_t>>;

/// Position along the normal of the slices, mm.
double along_mm(const PassFrame& frame) {
  const auto& [row, column] = frame.orientation;
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t j = (i + 1) % 3, k = (i + 2) % 3;
    sum += (row[j] * column[k] - row[k] * column[j]) * frame.position_mm[i];
  }
  return sum;
}

/// The frames by a number, in its order.
Parts by_number(const std::vector<PassFrame>& frames, const std::vector<int>& numbers) {
  std::map<int, std::vector<std::size_t>> parts;
  for (std::size_t i = 0; i < frames.size(); ++i) parts[numbers[i]].push_back(i);
  Parts result;
  result.reserve(parts.size());
  for (auto& [number, members] : parts) result.push_back(std::move(members));
  return result;
}

Parts by_acquisition(const std::vector<PassFrame>& frames) {
  std::vector<int> numbers;
  numbers.reserve(frames.size());
  for (const PassFrame& frame : frames) numbers.push_back(frame.acquisition_number.value_or(-1));
  return by_number(frames, numbers);
}

/// One part where a frame has no time.
Parts by_pause(const std::vector<PassFrame>& frames) {
  constexpr double pause_s = 5;
  std::set<double> times;
  for (const PassFrame& frame : frames) times.insert(frame.acquisition_s.value_or(-1));
  std::vector<double> starts;
  double before = -1e9;
  for (const double time : times) {
    if (time - before >= pause_s) starts.push_back(time);
    before = time;
  }
  std::vector<int> numbers;
  numbers.reserve(frames.size());
  for (const PassFrame& frame : frames)
    numbers.push_back(static_cast<int>(
        std::ranges::upper_bound(starts, frame.acquisition_s.value_or(-1)) - starts.begin()));
  return times.contains(-1) ? by_number(frames, std::vector<int>(frames.size()))
                            : by_number(frames, numbers);
}

/// What a part covers along the normal, mm.
struct Stretch {
  std::size_t images = 0;
  double low_mm = 1e9, high_mm = -1e9;
  double length_mm() const { return high_mm - low_mm; }
};

Stretch stretch_of(const std::vector<PassFrame>& frames, const std::vector<std::size_t>& part) {
  Stretch stretch{.images = part.size()};
  for (const std::size_t index : part) {
    const double at = along_mm(frames[index]);
    stretch.low_mm = std::min(stretch.low_mm, at), stretch.high_mm = std::max(stretch.high_mm, at);
  }
  return stretch;
}

/// Whether two parts run over the same stretch.
bool interleave(const Stretch& one, const Stretch& other) {
  constexpr std::size_t least = 3;
  if (one.images < least || other.images < least) return false;
  const double shared = std::min(one.high_mm, other.high_mm) - std::max(one.low_mm, other.low_mm);
  return shared > 0.5 * std::min(one.length_mm(), other.length_mm());
}

/// Pairs of parts, the lower one first.
using Pairs = std::set<std::array<std::size_t, 2>>;

/// A position to 0.01 mm.
using Place = std::array<long long, 3>;

Place place_of(const PassFrame& frame) {
  constexpr double unit_mm = 0.01;
  Place place{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    place[axis] = std::llround(frame.position_mm[axis] / unit_mm);
  return place;
}

/// How many positions any two parts share.
std::map<std::array<std::size_t, 2>, std::size_t> shared_positions(
    const std::vector<PassFrame>& frames, const Parts& parts) {
  std::map<std::array<std::size_t, 2>, std::size_t> shared;
  std::map<Place, std::set<std::size_t>> at;
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (const std::size_t index : parts[i]) {
      std::set<std::size_t>& here = at[place_of(frames[index])];
      if (!here.insert(i).second) continue;
      for (const std::size_t other : here)
        if (other != i) ++shared[{other, i}];
    }
  return shared;
}

/// Parts that share half of the positions of the smaller one: neighbours may share one at an edge.
Pairs same_positions(const std::vector<PassFrame>& frames, const Parts& parts) {
  Pairs pairs;
  for (const auto& [pair, count] : shared_positions(frames, parts))
    if (2 * count >= std::min(parts[pair[0]].size(), parts[pair[1]].size())) pairs.insert(pair);
  return pairs;
}

/// Parts that show the same place: they share positions, or interleave.
Pairs overlaps(const std::vector<PassFrame>& frames, const Parts& parts) {
  Pairs pairs = same_positions(frames, parts);
  std::vector<Stretch> stretches;
  stretches.reserve(parts.size());
  for (const auto& part : parts) {
    const std::size_t i = stretches.size();
    stretches.push_back(stretch_of(frames, part));
    for (std::size_t other = 0; other < i; ++other)
      if (interleave(stretches[other], stretches[i])) pairs.insert({other, i});
  }
  return pairs;
}

/// A scan taken step by step of which one step was taken again: the parts of that place.
/// Empty where more overlaps, or where the parts are no equal steps: those are phases.
std::set<std::size_t> one_place_taken_again(const Parts& parts, const Pairs& overlapping) {
  constexpr std::size_t least_others = 2;
  std::set<std::size_t> again;
  for (const auto& pair : overlapping) again.insert(pair.begin(), pair.end());
  const bool one_place = overlapping.size() == again.size() * (again.size() - 1) / 2;
  if (!one_place || parts.size() < again.size() + least_others) return {};
  std::vector<std::size_t> sizes;
  sizes.reserve(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!again.contains(i)) sizes.push_back(parts[i].size());
  for (const std::size_t i : again)
    if (parts[i].size() > std::ranges::max(sizes)) return {};
  std::ranges::sort(sizes);
  if (sizes.size() > least_others)
    sizes.erase(sizes.begin());  // one step, the last, may be shorter
  return sizes.front() == sizes.back() ? again : std::set<std::size_t>{};
}

/// The steps as one part in which one taking stands: the most complete one; of equals the last
/// where they followed each other at once, else the first, which was scanned with the other steps.
Passes with_one_taking(Parts parts, const std::set<std::size_t>& again) {
  const bool at_once = *again.rbegin() - *again.begin() + 1 == again.size();
  std::size_t kept = *again.begin();
  for (const std::size_t i : again)
    if (parts[i].size() > parts[kept].size() || (at_once && parts[i].size() == parts[kept].size()))
      kept = i;
  Passes passes{.parts = {{}}, .taken_again = true};
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!again.contains(i) || i == kept)
      passes.parts.front().insert(passes.parts.front().end(), parts[i].begin(), parts[i].end());
    else
      passes.parts.push_back(std::move(parts[i]));
  std::ranges::sort(passes.parts.front());
  return passes;
}

/// Equal steps, one after the other until a place comes again: each time through is a pass. Empty
/// where the parts are no equal steps.
Parts times_through(const Parts& parts, const Pairs& overlapping) {
  constexpr std::size_t least_steps = 3;
  // Of each part the last before it that shows the same place.
  std::vector<std::optional<std::size_t>> before(parts.size());
  for (const auto& [lower, upper] : overlapping)
    before[upper] = std::max(before[upper].value_or(lower), lower);
  Parts passes;
  passes.reserve(parts.size());
  std::size_t first = 0, longest = 0, shorter = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool again = before[i] && *before[i] >= first;
    if (passes.empty() || again) passes.emplace_back(), first = i;
    passes.back().insert(passes.back().end(), parts[i].begin(), parts[i].end());
    longest = std::max(longest, parts[i].size());
  }
  for (const auto& part : parts)
    if (part.size() < longest) ++shorter;
  // The last step of each may be shorter.
  if (shorter > passes.size() || parts.size() < least_steps * passes.size()) return {};
  for (auto& pass : passes) std::ranges::sort(pass);
  return passes;
}

/// Nullopt where no parts show the same place.
std::optional<Passes> parted(const std::vector<PassFrame>& frames, Parts parts) {
  // A film of one place (fluoroscopy) has hundreds: no scan in steps.
  constexpr std::size_t most_parts = 300;
  if (parts.size() > most_parts) return Passes{.parts = std::move(parts)};
  const Pairs overlapping = overlaps(frames, parts);
  if (overlapping.empty()) return std::nullopt;
  if (const auto again = one_place_taken_again(parts, overlapping); !again.empty())
    return with_one_taking(std::move(parts), again);
  if (Parts passes = times_through(parts, overlapping); !passes.empty()) parts = std::move(passes);
  std::ranges::stable_sort(parts, std::ranges::greater{}, &std::vector<std::size_t>::size);
  return Passes{.parts = std::move(parts)};
}

}  // namespace

Passes passes_of(const std::vector<PassFrame>& frames) {
  if (auto passes = parted(frames, by_acquisition(frames))) return *std::move(passes);
  if (auto passes = parted(frames, by_pause(frames))) return *std::move(passes);
  return {.parts = by_number(frames, std::vector<int>(frames.size()))};
}

}  // namespace tomoscribe::pipeline

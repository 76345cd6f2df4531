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

bool positions_repeat(const std::vector<PassFrame>& frames) {
  constexpr double unit_mm = 0.01;
  std::set<std::array<long long, 3>> places;
  for (const PassFrame& frame : frames) {
    std::array<long long, 3> place{};
    for (std::size_t i = 0; i < 3; ++i) place[i] = std::llround(frame.position_mm[i] / unit_mm);
    places.insert(place);
  }
  return places.size() < frames.size();
}

/// The frames by a number; the largest part first, then by the number.
Parts by_number(const std::vector<PassFrame>& frames, const std::vector<int>& numbers) {
  std::map<int, std::vector<std::size_t>> parts;
  for (std::size_t i = 0; i < frames.size(); ++i) parts[numbers[i]].push_back(i);
  Parts result;
  result.reserve(parts.size());
  for (auto& [number, members] : parts) result.push_back(std::move(members));
  std::ranges::stable_sort(result, std::ranges::greater{}, &std::vector<std::size_t>::size);
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

/// Whether two parts run over the same stretch.
bool interleave(const std::vector<PassFrame>& frames, const std::vector<std::size_t>& one,
                const std::vector<std::size_t>& other) {
  constexpr std::size_t least = 3;
  if (one.size() < least || other.size() < least) return false;
  const auto ends = [&](const std::vector<std::size_t>& part) {
    std::array<double, 2> mm{1e9, -1e9};
    for (const std::size_t index : part) {
      const double at = along_mm(frames[index]);
      mm = {std::min(mm[0], at), std::max(mm[1], at)};
    }
    return mm;
  };
  const auto a = ends(one), b = ends(other);
  const double shared = std::min(a[1], b[1]) - std::max(a[0], b[0]);
  return shared > 0.5 * std::min(a[1] - a[0], b[1] - b[0]);
}

bool any_interleave(const std::vector<PassFrame>& frames, const Parts& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (std::size_t j = i + 1; j < parts.size(); ++j)
      if (interleave(frames, parts[i], parts[j])) return true;
  return false;
}

}  // namespace

std::vector<std::vector<std::size_t>> passes_of(const std::vector<PassFrame>& frames) {
  Parts parts = by_acquisition(frames);
  if (parts.size() > 1 && (positions_repeat(frames) || any_interleave(frames, parts))) return parts;
  parts = by_pause(frames);
  if (parts.size() > 1 && any_interleave(frames, parts)) return parts;
  return by_number(frames, std::vector<int>(frames.size()));
}

}  // namespace tomoscribe::pipeline

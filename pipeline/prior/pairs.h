#pragma once
// One to one, nearest first.

#include <algorithm>
#include <vector>

namespace tomoscribe::pipeline::prior {

struct Match {
  std::size_t now = 0, then = 0;
  double distance_mm = 0;
};

/// Of all pairs of `now` and `then` things those that are nearest, each thing once.
/// \param distance_mm  of a pair; nullopt where it cannot be one.
template <class Distance>
std::vector<Match> nearest_pairs(std::size_t now, std::size_t then, const Distance& distance_mm) {
  std::vector<Match> near;
  near.reserve(now);
  for (std::size_t i = 0; i < now; ++i)
    for (std::size_t j = 0; j < then; ++j)
      if (const auto mm = distance_mm(i, j)) near.push_back({i, j, *mm});
  std::ranges::stable_sort(near, {}, &Match::distance_mm);
  std::vector<Match> kept;
  kept.reserve(near.size());
  for (const Match& one : near)
    if (std::ranges::none_of(kept, [&](const Match& other) {
          return other.now == one.now || other.then == one.then;
        }))
      kept.push_back(one);
  return kept;
}

}  // namespace tomoscribe::pipeline::prior

#include "model/sampling.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>
#include <stdexcept>

namespace tomoscribe::model {

namespace {

constexpr float impossible = -std::numeric_limits<float>::infinity();

void penalise(std::vector<float>& logits, double penalty, const std::vector<TokenId>& context) {
  for (const TokenId id : std::set<TokenId>(context.begin(), context.end())) {
    if (id < 0 || static_cast<std::size_t>(id) >= logits.size()) continue;
    float& logit = logits[static_cast<std::size_t>(id)];
    logit = static_cast<float>(logit < 0 ? logit * penalty : logit / penalty);
  }
}

/// In doubles, so that long sums of small terms lose nothing.
std::vector<double> softmax(const std::vector<float>& logits) {
  const double most = *std::ranges::max_element(logits);
  std::vector<double> p(logits.size(), 0.0);
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (logits[i] != impossible) sum += p[i] = std::exp(logits[i] - most);
  for (double& value : p) value /= sum;
  return p;
}

void keep_top_k(std::vector<float>& logits, std::int64_t k) {
  if (k <= 0 || static_cast<std::size_t>(k) >= logits.size()) return;
  std::vector<float> sorted = logits;
  std::ranges::nth_element(sorted, sorted.begin() + (k - 1), std::greater<>());
  const float least = sorted[static_cast<std::size_t>(k - 1)];
  for (float& logit : logits)
    if (logit < least) logit = impossible;
}

/// Keeps the first ids in the order of `before` until their probabilities reach `share`; at least
/// one. A heap: as a rule few ids are looked at.
template <class Before>
void keep_share(std::vector<float>& logits, const std::vector<double>& p, double share,
                Before before) {
  std::vector<std::size_t> heap;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p[i] > 0) heap.push_back(i);
  const auto later = [&](std::size_t a, std::size_t b) { return before(b, a); };
  std::ranges::make_heap(heap, later);
  std::vector<float> kept(logits.size(), impossible);
  double sum = 0;
  do {
    std::ranges::pop_heap(heap, later);
    const std::size_t id = heap.back();
    heap.pop_back();
    kept[id] = logits[id];
    sum += p[id];
  } while (sum < share && !heap.empty());
  logits = std::move(kept);
}

void keep_top_p(std::vector<float>& logits, double share) {
  const std::vector<double> p = softmax(logits);
  keep_share(logits, p, share,
             [&](std::size_t a, std::size_t b) { return p[a] != p[b] ? p[a] > p[b] : a < b; });
}

void keep_min_p(std::vector<float>& logits, double share) {
  const std::vector<double> p = softmax(logits);
  const double least = share * *std::ranges::max_element(p);
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p[i] < least) logits[i] = impossible;
}

/// Locally typical sampling (Meister et al. 2022).
void keep_typical(std::vector<float>& logits, double share) {
  const std::vector<double> p = softmax(logits);
  double entropy = 0;
  for (const double value : p)
    if (value > 0) entropy -= value * std::log(value);
  std::vector<double> distance(p.size(), 0.0);
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p[i] > 0) distance[i] = std::abs(-std::log(p[i]) - entropy);
  keep_share(logits, p, share, [&](std::size_t a, std::size_t b) {
    return distance[a] != distance[b] ? distance[a] < distance[b] : a < b;
  });
}

void check(const std::vector<float>& logits) {
  if (std::ranges::none_of(logits, [](float logit) { return std::isfinite(logit); }))
    throw std::invalid_argument("no token is possible");
}

}  // namespace

std::vector<float> probabilities(std::vector<float> logits, const Sampling& sampling,
                                 const std::vector<TokenId>& context) {
  check(logits);
  if (sampling.repetition_penalty != 1) penalise(logits, sampling.repetition_penalty, context);
  if (sampling.temperature > 0) {
    // From the greatest down, so that the coldest temperature overflows to impossible ones only.
    const double most = *std::ranges::max_element(logits);
    for (float& logit : logits)
      logit = static_cast<float>((static_cast<double>(logit) - most) / sampling.temperature);
  }
  keep_top_k(logits, sampling.top_k);
  if (sampling.top_p < 1) keep_top_p(logits, sampling.top_p);
  if (sampling.min_p > 0) keep_min_p(logits, sampling.min_p);
  if (sampling.typical_p < 1) keep_typical(logits, sampling.typical_p);
  const std::vector<double> p = softmax(logits);
  return {p.begin(), p.end()};
}

std::uint64_t Random::next() {
  std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

TokenId choose(const std::vector<float>& logits, const Sampling& sampling,
               const std::vector<TokenId>& context, Random& random) {
  check(logits);
  if (sampling.temperature <= 0) {
    std::vector<float> penalised;
    if (sampling.repetition_penalty != 1) {
      penalised = logits;
      penalise(penalised, sampling.repetition_penalty, context);
    }
    const std::vector<float>& values = penalised.empty() ? logits : penalised;
    return static_cast<TokenId>(std::ranges::max_element(values) - values.begin());
  }
  const std::vector<float> p = probabilities(logits, sampling, context);
  double left = random.uniform() * std::accumulate(p.begin(), p.end(), 0.0);
  std::size_t last = 0;
  for (std::size_t id = 0; id < p.size(); ++id) {
    if (p[id] <= 0) continue;
    last = id;
    if ((left -= p[id]) < 0) break;
  }
  return static_cast<TokenId>(last);
}

}  // namespace tomoscribe::model

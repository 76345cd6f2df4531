#pragma once

#include <cstdint>
#include <vector>

#include "model/tokenizer/tokenizer.h"

namespace tomoscribe::model {

/// How the next token is chosen. The defaults choose the likeliest.
struct Sampling {
  double temperature = 0;  ///< 0: the likeliest token
  double top_p = 1;        ///< the fewest tokens whose probabilities add up to this (nucleus)
  std::int64_t top_k = 0;  ///< so many at most; 0: all
  double min_p = 0;        ///< at least this share of the likeliest token's probability
  double typical_p = 1;    ///< as top_p, in the order of nearness to the expected surprise
  double repetition_penalty = 1;  ///< logits of earlier tokens are divided by it (negative: times)
};

/// The probability of each id after all of these, in transformers' order: penalty, temperature,
/// top_k, top_p, min_p, typical_p. Temperature 0 counts as 1 here. Logits of minus infinity stay
/// impossible. \param context  ids so far, for the penalty.   Thread-safe: yes.
std::vector<float> probabilities(std::vector<float> logits, const Sampling& sampling,
                                 const std::vector<TokenId>& context = {});

/// Random numbers that are the same everywhere (SplitMix64, Steele et al. 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  double uniform() { return static_cast<double>(next() >> 11U) * 0x1p-53; }  ///< in [0,1)

 private:
  std::uint64_t state_;
};

/// One id: the likeliest at temperature 0 (the first of equals), else drawn.
/// \throws std::invalid_argument when no logit is finite.
TokenId choose(const std::vector<float>& logits, const Sampling& sampling,
               const std::vector<TokenId>& context, Random& random);

}  // namespace tomoscribe::model

#include "model/sampling.h"

#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "text_fixtures.h"

namespace tomoscribe::model {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity();

/// What a fixture's name says: "rep1.1_temp0.15_minp0.1", "top_k_10",
/// "mistral_inference_t0.35_topp0.9".
Sampling sampling_named(const std::string& name) {
  const std::map<std::string, double Sampling::*> words{
      {"temp", &Sampling::temperature},
      {"temperature", &Sampling::temperature},
      {"t", &Sampling::temperature},
      {"topp", &Sampling::top_p},
      {"minp", &Sampling::min_p},
      {"typical", &Sampling::typical_p},
      {"rep", &Sampling::repetition_penalty},
      {"repetition", &Sampling::repetition_penalty}};
  std::string plain = std::regex_replace(name, std::regex("(top|min)_([kp])"), "$1$2");
  Sampling sampling{.temperature = 1};
  const std::regex part("([a-z]+)_?([0-9.]+[0-9]|[0-9])");
  for (std::sregex_iterator at(plain.begin(), plain.end(), part), end; at != end; ++at) {
    const std::string word = (*at)[1];
    const double value = std::stod((*at)[2]);
    if (word == "topk")
      sampling.top_k = static_cast<std::int64_t>(value);
    else
      sampling.*words.at(word) = value;
  }
  return sampling;
}

TEST(SamplingFixtures, ProbabilitiesAreThoseOfTheReferenceForEveryProcessor) {
  const auto files = fixtures::files_ending("sampling.safetensors");
  if (files.empty()) GTEST_SKIP() << "no fixtures: set TOMOSCRIBE_FIXTURES";
  for (const auto& file : files) {
    const auto tensors = fixtures::read_tensors(file);
    const std::vector<float> logits = tensors.at("logits").floats();
    const std::size_t width = tensors.at("logits").shape.at(1);
    std::vector<TokenId> context;
    for (const auto id : tensors.at("context_ids").integers())
      context.push_back(static_cast<TokenId>(id));
    int compared = 0;
    for (const auto& [name, tensor] : tensors) {
      if (!name.ends_with(".probs")) continue;
      const Sampling sampling = sampling_named(name.substr(0, name.size() - 6));
      const std::vector<float> expected = tensor.floats();
      for (std::size_t row = 0; row * width < logits.size(); ++row) {
        const auto first = static_cast<std::ptrdiff_t>(row * width);
        const std::vector<float> got =
            probabilities({logits.begin() + first, logits.begin() + first + std::ptrdiff_t(width)},
                          sampling, context);
        for (std::size_t i = 0; i < width; ++i)
          ASSERT_NEAR(got[i], expected[row * width + i], 2e-6)
              << name << " row " << row << " id " << i;
        ++compared;
      }
    }
    EXPECT_GE(compared, 4);
  }
}

TEST(Choose, TakesTheFirstOfTheLikeliestAtTemperatureZero) {
  Random random(1);
  EXPECT_EQ(choose({1, 3, 3, 2}, {}, {}, random), 1);
  EXPECT_EQ(choose({1, 3, 2.5, 2}, {.repetition_penalty = 2}, {1}, random), 2);
}

TEST(Choose, NeverTakesWhatIsImpossible) {
  Random random(2);
  for (int i = 0; i < 2000; ++i) {
    const TokenId id = choose({-inf, 0, -inf, 5, -inf}, {.temperature = 100}, {}, random);
    EXPECT_TRUE(id == 1 || id == 3);
  }
  EXPECT_THROW(choose({-inf, -inf}, {}, {}, random), std::invalid_argument);
  EXPECT_THROW(choose({std::nanf(""), -inf}, {}, {}, random), std::invalid_argument);
}

TEST(Choose, DrawsAsOftenAsIsLikely) {
  Random random(3);
  constexpr int draws = 100000;
  std::vector<int> counts(3);
  const std::vector<float> logits{std::log(0.2F), std::log(0.5F), std::log(0.3F)};
  for (int i = 0; i < draws; ++i)
    ++counts[static_cast<std::size_t>(choose(logits, {.temperature = 1}, {}, random))];
  const std::vector<double> expected{0.2, 0.5, 0.3};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(counts[i] / double(draws), expected[i], 0.006);
}

TEST(Choose, IsTheSameForTheSameSeed) {
  const std::vector<float> logits{0, 0.1F, 0.2F, 0.3F};
  const auto draw = [&](std::uint64_t seed) {
    Random random(seed);
    std::vector<TokenId> ids;
    for (int i = 0; i < 50; ++i) ids.push_back(choose(logits, {.temperature = 1}, {}, random));
    return ids;
  };
  EXPECT_EQ(draw(7), draw(7));
  EXPECT_NE(draw(7), draw(8));
}

TEST(Random, IsTheReferencesSplitMix64) {
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
}

}  // namespace
}  // namespace tomoscribe::model

#include <gtest/gtest.h>

#include "model/phantom/request.h"

namespace tomoscribe::model::phantom {
namespace {

Phantom chest_with(std::uint64_t seed, const std::string& kind, const std::string& side) {
  Phantom phantom;
  phantom.settings.seed = seed;
  Truth truth;
  truth.role = Truth::Role::finding;
  truth.kind = kind;
  truth.side = side;
  phantom.truth.push_back(truth);
  return phantom;
}

TEST(PhantomRequest, AsksAboutTheFindingAndOnItsSideNearlyAlways) {
  int wrong = 0, irrelevant = 0;
  constexpr int people = 2000;
  for (std::uint64_t seed = 0; seed < people; ++seed) {
    const Request request = request_of(chest_with(seed, "effusion", "left"));
    const bool left = request.indication.find("left") != std::string::npos;
    EXPECT_EQ(left, !request.contradictory) << request.indication;
    EXPECT_EQ(request.indication.find('*'), std::string::npos);
    wrong += request.contradictory ? 1 : 0;
    irrelevant += request.irrelevant ? 1 : 0;
    EXPECT_EQ(request.history.size(), request.irrelevant ? 2U : 1U);
  }
  EXPECT_NEAR(wrong, people * 0.05, 35);
  EXPECT_NEAR(irrelevant, people * 0.2, 60);
}

TEST(PhantomRequest, HasWordsForEveryFindingThatCanBeAskedFor) {
  const std::string sound = request_of(Phantom{}).indication;
  for (const KindRow& row : kinds()) {
    if (row.distractor) continue;
    const Request request = request_of(chest_with(1, std::string(row.word), ""));
    EXPECT_NE(request.indication, sound) << row.word;
    EXPECT_FALSE(request.history.empty()) << row.word;
    EXPECT_EQ(request.indication.find("  "), std::string::npos) << request.indication;
  }
}

TEST(PhantomRequest, AsksAboutASoundBodyToo) {
  Phantom phantom;
  phantom.settings.body = BodyPart::head;
  EXPECT_FALSE(request_of(phantom).indication.empty());
}

}  // namespace
}  // namespace tomoscribe::model::phantom

// What no views are made of, and the sentence that says so.

#include <chrono>
#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/views_support.h"

namespace tomoscribe::model {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::string refusal(const PlanRequest& request) {
  try {
    plan_views(request);
  } catch (const Refused& refused) {
    return refused.what();
  }
  return "planned";
}

std::string refusal(const VolumeGeometry& geometry) {
  return refusal(chest_request(geometry, 20'000));
}

TEST(Refused, IsABudgetThatDoesNotHoldTheScout) {
  const std::string scout = refusal(chest_request(upright(), 900));
  EXPECT_THAT(scout,
              testing::StartsWith("a budget of 900 tokens does not hold the scout, which takes 1"));
  EXPECT_THAT(refusal(chest_request(upright(), -5)), testing::HasSubstr("a budget of -5 tokens"));
  const std::int64_t least = std::stoll(scout.substr(scout.rfind(' ')));
  EXPECT_THAT(refusal(chest_request(upright(), least - 1)), testing::HasSubstr("does not hold"));
  EXPECT_EQ(plan_views(chest_request(upright(), least)).views.size(), 1U);
}

TEST(Refused, AreImagesTooSmallForTheScout) {
  PlanRequest request = chest_request(upright(), 20'000);
  request.rule.longest_edge = 64;
  EXPECT_EQ(refusal(request),
            "an image of at most 64 pixels does not hold the 5 by 5 tiles of the scout");
  request.rule.longest_edge = 0;
  EXPECT_THROW(plan_views(request), std::invalid_argument);
}

TEST(Refused, AreVolumesOfNoOrHugeSize) {
  VolumeGeometry geometry = upright();
  geometry.size[2] = 0;
  EXPECT_EQ(refusal(geometry), "a volume of 64 columns, 64 rows and 0 slices is empty");
  geometry.size[2] = -3;
  EXPECT_THAT(refusal(geometry), testing::HasSubstr("is empty"));
  geometry.size[2] = std::numeric_limits<int>::max();
  EXPECT_THAT(refusal(geometry), testing::HasSubstr("is over 8192 voxels along a side"));
}

TEST(Refused, AreVolumesWithoutAPlace) {
  for (const double bad : {nan, infinity, 1e300}) {
    VolumeGeometry geometry = upright();
    geometry.origin_mm[1] = bad;
    EXPECT_EQ(refusal(geometry), "the volume's first voxel has no usable place in the patient");
    geometry = upright();
    geometry.step_mm[1][1] = bad;
    EXPECT_EQ(refusal(geometry), "the volume's steps are not all numbers of usable size");
  }
  VolumeGeometry geometry = upright();
  geometry.step_mm[2] = geometry.step_mm[1];
  EXPECT_EQ(refusal(geometry), "the volume's columns, rows and slices do not span space");
  geometry.step_mm[2] = {};
  EXPECT_EQ(refusal(geometry), "voxels less than 0.01 mm apart are not a CT volume");
}

TEST(Refused, AreCandidatesAndMeasurementsThatAreNoNumbers) {
  PlanRequest request = chest_request(upright(), 20'000);
  request.candidates = {candidate("c\n7", {0, 0, 0}, nan)};
  EXPECT_EQ(refusal(request), "the weight of candidate c 7 is not a number");
  request.candidates = {candidate("c7", {0, nan, 0}, 1)};
  EXPECT_EQ(refusal(request), "candidate c7 has no usable place or size");
  request.candidates = {candidate("c7", {0, 0, 0}, 1)};
  request.candidates[0].box.size_mm[0] = -1;
  EXPECT_EQ(refusal(request), "candidate c7 has no usable place or size");
  request.candidates[0].box.size_mm[0] = infinity;
  EXPECT_EQ(refusal(request), "candidate c7 has no usable place or size");
  request.candidates.clear();
  request.rows = {{.id = "m1", .where = BoxMm{.centre_mm = {nan, 0, 0}}}};
  EXPECT_EQ(refusal(request), "measurement m1 has no usable place or size");
}

TEST(Refused, AreRegionsOutsideTheVolumeAndPresetsThatAreNotThere) {
  PlanRequest request = chest_request(upright(), 20'000);
  request.regions[0].z_mm = {{4000, 5000}};
  EXPECT_EQ(refusal(request), "region chest lies outside the volume");
  request.regions[0].z_mm = {{nan, 0}};
  EXPECT_EQ(refusal(request), "the ends of region chest are not numbers");
  request.regions[0].z_mm.reset();
  request.preset = "sepia";
  EXPECT_EQ(refusal(request), "there is no preset sepia");
  request.preset.clear();
  request.presets[0].red.high_hu = request.presets[0].red.low_hu;
  EXPECT_EQ(refusal(request), "preset chest has a window without width");
}

TEST(Bounded, AreWeightsOutsideZeroToOne) {
  PlanRequest request = chest_request(upright(), 20'000);
  request.candidates = {candidate("c1", {0, 0, 0}, infinity), candidate("c2", {0, 0, 100}, -4)};
  for (const View& view : plan_views(request).views) EXPECT_LE(view.relevance, 7);
}

TEST(Bounded, IsThePlanOfTenThousandCandidatesInTheLargestVolume) {
  PlanRequest request = chest_request(upright(8192, 8192, 8192, 0.5, 3), 40'000);
  for (int i = 0; i < 10'000; ++i)
    request.candidates.push_back(candidate("c" + std::to_string(i), {0, 0, i * 2.0}, 0.5));
  request.exam.question = std::string(1'000'000, 'x') + std::string(100'000, ' ') + "fracture";
  const auto begin = std::chrono::steady_clock::now();
  const ViewPlan plan = plan_views(request);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_LE(plan.views.size(), 500U);
  request.candidates.resize(100'001, request.candidates[0]);
  EXPECT_THAT(refusal(request), testing::HasSubstr("over 100,000 candidates"));
}

/// Any request at all: refused by a sentence, or planned within its budget, drawn, and accounted
/// for.
TEST(Bounded, IsWhateverIsAsked) {
  std::mt19937 dice(20'261'127);  // NOLINT(cert-msc51-cpp): the same requests on every machine
  const auto roll = [&](double from, double to) {
    return from + (to - from) * (static_cast<double>(dice()) / 4294967296.0);
  };
  const auto whole = [&](int from, int to) { return static_cast<int>(roll(from, to + 0.999)); };
  int planned = 0;
  for (int round = 0; round < 400; ++round) {
    const VolumeGeometry geometry = turned(
        arranged(upright(whole(1, 40), whole(1, 40), whole(1, 60), roll(0.3, 9), roll(0.3, 14)),
                 round % 2 == 0 ? std::array<std::size_t, 3>{0, 1, 2}
                                : std::array<std::size_t, 3>{2, 0, 1},
                 {round % 3 == 0, round % 5 == 0, round % 7 == 0}),
        roll(-0.6, 0.6), roll(-0.6, 0.6));
    PlanRequest request = chest_request(geometry, static_cast<std::int64_t>(roll(500, 30'000)));
    request.rule = round % 4 == 0 ? mistral3 : pixtral;
    if (round % 9 == 0) request.rule.longest_edge = whole(16, 2000);
    if (round % 6 == 0) request.regions.clear();
    if (round % 6 == 1) request.regions[0].z_mm = {{roll(-300, 300), roll(-300, 300)}};
    for (int i = whole(0, 4); i > 0; --i)
      request.candidates.push_back(
          candidate("c", {roll(-200, 200), roll(-200, 200), roll(-200, 200)}, roll(-1, 2)));
    if (refusal(request) != "planned") continue;
    ++planned;
    const ViewPlan plan = plan_views(request);
    EXPECT_LE(plan.tokens, request.budget_tokens);
    double gaps = 0;
    for (const auto& [head, feet] : plan.not_shown.axial_gaps_mm) gaps += std::abs(head - feet);
    EXPECT_LE(plan.axial_mm, plan.region_mm + 1e-6);
    EXPECT_EQ(gaps > 1e-3, plan.axial_mm < plan.region_mm - 1e-3);
    const OwnVolume volume = painted(geometry, [](const Vec3&) { return 40; });
    for (const View& view : {plan.views.front(), plan.views.back()})
      EXPECT_EQ(render(volume.view(), view).values.size(),
                std::size_t(3) * std::size_t(view.width) * std::size_t(view.height));
  }
  EXPECT_GT(planned, 250);
}

TEST(Bounded, IsAVolumeOfOneVoxel) {
  const ViewPlan plan = plan_views(chest_request(upright(1, 1, 1, 0.7, 0.7), 20'000));
  EXPECT_EQ(plan.views[0].tiles.size(), 3U);
  const OwnVolume volume = painted(upright(1, 1, 1, 0.7, 0.7), [](const Vec3&) { return 40; });
  for (const View& view : plan.views) EXPECT_NO_THROW(render(volume.view(), view));
}

TEST(Refused, AreVolumesThatAreNotWhatWasPlanned) {
  const OwnVolume volume = painted(upright(), [](const Vec3&) { return 0; });
  const ViewPlan plan = plan_views(chest_request(volume.geometry, 20'000));
  CtVolume other = volume.view();
  other.count -= 1;
  EXPECT_THROW(render(other, plan.views[0]), UnfitViews);
  other.hu = nullptr;
  EXPECT_THROW(render(other, plan.views[0]), UnfitViews);
  const OwnVolume small = painted(upright(64, 64, 9), [](const Vec3&) { return 0; });
  EXPECT_THROW(render(small.view(), plan.views[1]), UnfitViews);
}

}  // namespace
}  // namespace tomoscribe::model

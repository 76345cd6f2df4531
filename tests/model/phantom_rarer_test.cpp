// What the harder studies of the evaluation need: loculated fluid, thrombus, devices, cysts of the
// liver, a clip; mixed spacing is the writer's.

#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/phantom_support.h"

namespace tomoscribe::model::phantom {
namespace {

Settings scan(BodyPart body, std::vector<Finding> findings) {
  Settings settings;
  settings.seed = 5;
  settings.body = body;
  settings.columns = settings.rows = 160;
  const bool head = body == BodyPart::head;
  settings.pixel_mm = head ? 1.5 : 2.56;
  settings.slices = head ? 48 : 110;
  settings.slice_mm = 3.5;
  settings.noise_hu = 4;
  settings.nodule = false;
  settings.findings = std::move(findings);
  return settings;
}

/// Code, side, place, size, density, boxes and mask are all there.
void expect_complete(const Truth& truth) {
  EXPECT_FALSE(truth.kind.empty());
  EXPECT_FALSE(truth.site.empty());
  EXPECT_GT(truth.volume_ml, 0);
  EXPECT_GT(truth.diameter_mm, 0);
  EXPECT_FALSE(truth.boxes.empty());
  EXPECT_FALSE(truth.runs.empty());
  EXPECT_GT(truth.detectability, 0);
}

TEST(PhantomRarer, LoculatedFluidLiesAtTheWallAndNotBehind) {
  for (const Side side : {Side::right, Side::left}) {
    const Phantom phantom =
        make(scan(BodyPart::thorax, {finding(Kind::loculated_effusion, 150, side)}));
    const Truth& fluid = truth_of(phantom, "loculated-effusion.1");
    expect_complete(fluid);
    EXPECT_EQ(fluid.observation, "effusion");
    EXPECT_EQ(fluid.side, side == Side::left ? "left" : "right");
    EXPECT_FALSE(fluid.level.empty());
    EXPECT_NEAR(fluid.volume_ml, 150, 22);
    EXPECT_GT(fluid.mean_hu, -5) << "14, less what wide pixels at its edge take of the lung";
    EXPECT_LT(fluid.mean_hu, 15);
    EXPECT_LT(fluid.centre_mm[1], 25) << "free fluid lies behind";
    EXPECT_GT(std::abs(fluid.centre_mm[0]), 60);
    EXPECT_TRUE(fluid.expected);
  }
}

TEST(PhantomRarer, AThrombusIsAPartOfItsAneurysm) {
  Settings settings =
      scan(BodyPart::thorax, {finding(Kind::mural_thrombus, 15), finding(Kind::aneurysm, 60)});
  settings.phase = Phase::arterial;
  const Phantom phantom = make(settings);
  const Truth &clot = truth_of(phantom, "mural-thrombus.1"),
              &whole = truth_of(phantom, "aneurysm.1");
  expect_complete(clot);
  EXPECT_EQ(clot.observation, "thrombus");
  EXPECT_EQ(clot.quantities.at("thickness_mm"), 15);
  EXPECT_NEAR(whole.quantities.at("stream_diameter_mm"), 45, 0.5);
  EXPECT_NEAR(whole.diameter_mm, 60, 5);
  EXPECT_NEAR(clot.mean_hu, 60, 25) << "38, and what wide pixels take of the blood (330)";
  EXPECT_GT(whole.volume_ml, 1.5 * clot.volume_ml);
  EXPECT_TRUE(clot.expected);
  std::set<std::array<int, 3>> of_aneurysm;
  for (const auto& run : whole.runs)
    for (int k = 0; k < run.length; ++k) of_aneurysm.insert({run.slice, run.row, run.column + k});
  for (const auto& run : clot.runs)
    EXPECT_TRUE(of_aneurysm.contains({run.slice, run.row, run.column}));
}

TEST(PhantomRarer, NobodyCanSeeAThrombusWithoutContrastAgent) {
  Settings settings =
      scan(BodyPart::thorax, {finding(Kind::aneurysm, 50), finding(Kind::mural_thrombus, 5)});
  settings.noise_hu = 30;
  const Phantom plain = make(settings);
  EXPECT_LT(truth_of(plain, "mural-thrombus.1").contrast_to_noise, 0.5);
  settings.findings.erase(settings.findings.begin());
  EXPECT_THAT(make(settings).missing, testing::ElementsAre("mural-thrombus.1"));
}

TEST(PhantomRarer, DevicesAndScarsAreDistractors) {
  const Phantom phantom =
      make(scan(BodyPart::thorax,
                {finding(Kind::pacemaker, 0, Side::left), finding(Kind::central_line, 0),
                 finding(Kind::calcified_node, 10), finding(Kind::apical_cap, 8, Side::right)}));
  EXPECT_TRUE(phantom.missing.empty());
  for (const char* name : {"pacemaker.1", "central-line.1", "calcified-node.1", "apical-cap.1"}) {
    SCOPED_TRACE(name);
    const Truth& truth = truth_of(phantom, name);
    expect_complete(truth);
    EXPECT_EQ(truth.role, Truth::Role::distractor);
    EXPECT_EQ(truth.observation, "");
  }
  EXPECT_GT(truth_of(phantom, "pacemaker.1").mean_hu, 1500);
  EXPECT_GT(truth_of(phantom, "calcified-node.1").mean_hu, 300);
  EXPECT_EQ(truth_of(phantom, "apical-cap.1").side, "right");
}

TEST(PhantomRarer, APacemakerThrowsStreaks) {
  Settings settings = scan(BodyPart::thorax, {finding(Kind::pacemaker, 0, Side::right)});
  const Phantom clean = make(settings);
  settings.artefacts.streak_hu = 400;
  EXPECT_NE(make(settings).hu, clean.hu);
}

TEST(PhantomRarer, ACystOfTheLiverIsWaterInIt) {
  const Phantom phantom = make(scan(BodyPart::abdomen, {finding(Kind::liver_cyst, 30)}));
  const Truth& cyst = truth_of(phantom, "liver-cyst.1");
  expect_complete(cyst);
  EXPECT_NEAR(cyst.mean_hu, 6, 5);
  EXPECT_NEAR(cyst.diameter_mm, 30, 4);
  EXPECT_EQ(cyst.observation, "cyst");
  EXPECT_EQ(cyst.site, "liver");
}

TEST(PhantomRarer, AClipInTheHeadIsMetal) {
  const Phantom phantom = make(scan(BodyPart::head, {finding(Kind::metal, 8, Side::left)}));
  const Truth& clip = truth_of(phantom, "metal.1");
  expect_complete(clip);
  EXPECT_EQ(clip.role, Truth::Role::distractor);
  EXPECT_GT(clip.mean_hu, 1500);
  EXPECT_GT(clip.centre_mm[0], 10);
}

TEST(PhantomRarer, IsTheSameByteForByteForOneSeed) {
  const Settings settings =
      scan(BodyPart::thorax, {finding(Kind::loculated_effusion, 100), finding(Kind::aneurysm, 55),
                              finding(Kind::mural_thrombus, 10), finding(Kind::pacemaker, 0),
                              finding(Kind::apical_cap, 5)});
  EXPECT_EQ(make(settings).hu, make(settings).hu);
  EXPECT_EQ(truth_json(make(settings)), truth_json(make(settings)));
}

}  // namespace
}  // namespace tomoscribe::model::phantom

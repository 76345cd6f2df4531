// The abdomen's measurements against a phantom whose truth is known.
#include <algorithm>
#include <cmath>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "reporting/knowledge/rules.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

namespace phantom = model::phantom;
using reporting::Finding;
using reporting::Measurement;
using tests::truth_of;

phantom::Phantom small_abdomen() {
  phantom::Settings settings;
  settings.body = phantom::BodyPart::abdomen;
  settings.seed = 3;
  settings.columns = settings.rows = 256;
  settings.pixel_mm = 1.6;
  settings.slice_mm = 3;
  settings.slices = 135;
  phantom::Finding stone;
  stone.kind = phantom::Kind::stone;
  stone.side = phantom::Side::left;
  stone.size = 9;
  settings.findings.push_back(stone);
  return phantom::make(settings);
}

struct Measured {
  explicit Measured(Volume of) : volume(std::move(of)), scene(make_scene(volume)) {
    for (const Step& step : steps()) step.run(scene, findings);
  }
  Measured(const Measured&) = delete;
  Measured& operator=(const Measured&) = delete;
  ~Measured() = default;
  const Finding* find(const std::string& id) const {
    const auto found = std::ranges::find(findings, id, &Finding::id);
    return found == findings.end() ? nullptr : &*found;
  }
  const Measurement* measurement(const std::string& id) const {
    for (const Finding& finding : findings)
      for (const Measurement& one : finding.measurements)
        if (one.id == id) return &one;
    return nullptr;
  }
  double value(const std::string& id) const {
    const Measurement* found = measurement(id);
    return found != nullptr && found->value ? *found->value : NAN;
  }
  Volume volume;
  Scene scene;
  Findings findings;
};

class AbdomenPhantom : public testing::Test {
 protected:
  struct Held {
    phantom::Phantom made = small_abdomen();
    Measured measured{tests::chest_volume(made)};
  };
  static void SetUpTestSuite() { held() = std::make_unique<const Held>(); }
  static void TearDownTestSuite() { held().reset(); }
  static const Measured& measured() { return held()->measured; }
  static const phantom::Phantom& made() { return held()->made; }

 private:
  static std::unique_ptr<const Held>& held() {
    static std::unique_ptr<const Held> one;
    return one;
  }
};

TEST_F(AbdomenPhantom, AStoneIsFoundOnItsSideWithItsSize) {
  const Finding* stone = measured().find("stone.1");
  ASSERT_NE(stone, nullptr);
  EXPECT_EQ(stone->laterality, reporting::Laterality::left);
  EXPECT_EQ(stone->presence, reporting::Presence::indeterminate);
  EXPECT_THAT(stone->title, testing::StartsWith("Candidate, to be confirmed"));
  EXPECT_NEAR(measured().value("stone.1.diameter"), truth_of(made(), "stone.1").diameter_mm, 1.6);
  EXPECT_THAT(stone->recommendation, testing::HasSubstr("passed by themselves"));
  ASSERT_FALSE(stone->evidence.empty());
  EXPECT_FALSE(stone->evidence.front().regions.empty());
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(stone->evidence.front().point_mm->at(i), truth_of(made(), "stone.1").centre_mm[i],
                3);
  EXPECT_EQ(measured().find("stone.2"), nullptr);
}

TEST_F(AbdomenPhantom, LiverAndSpleenAreAsDenseAsTheyWerePainted) {
  EXPECT_NEAR(measured().value("liver.density"), truth_of(made(), "liver").mean_hu, 4);
  const Finding* spleen = measured().find("spleen");
  ASSERT_NE(spleen, nullptr);
  ASSERT_EQ(spleen->measurements.size(), 1U) << spleen->not_assessed;
  EXPECT_NEAR(measured().value("spleen.density"), truth_of(made(), "spleen").mean_hu, 6);
  EXPECT_EQ(measured().value("liver.minus-spleen"),
            measured().value("liver.density") - measured().value("spleen.density"));
  for (const char* id : {"liver", "spleen"}) {
    ASSERT_FALSE(measured().find(id)->evidence.empty()) << id;
    EXPECT_FALSE(measured().find(id)->evidence.front().regions.empty()) << id;
  }
}

TEST_F(AbdomenPhantom, FatAndMuscleAtL3AreWithinTheirUncertainty) {
  const auto& truth = truth_of(made(), "body").quantities;
  const Finding* section = measured().find("composition.l3");
  ASSERT_NE(section, nullptr);
  ASSERT_GE(section->measurements.size(), 3U) << section->not_assessed;
  const auto near = [&](const char* id, double painted, double share) {
    EXPECT_NEAR(measured().value(id), painted, share * painted) << id;
  };
  near("composition.l3.subcutaneous-fat", truth.at("l3_subcutaneous_fat_cm2"), 0.08);
  near("composition.l3.visceral-fat", truth.at("l3_visceral_fat_cm2"), 0.2);
  near("composition.l3.muscle", truth.at("l3_muscle_cm2"), 0.12);
  EXPECT_EQ(measured().measurement("composition.l3.muscle-index"), nullptr) << "no height stated";
}

TEST_F(AbdomenPhantom, WhatTheHeaderSaysIsHeeded) {
  Volume volume = measured().volume;
  volume.header.contrast_agent = "OMNIPAQUE";
  volume.header.patient_size_m = 1.75;
  const Measured again(std::move(volume));
  ASSERT_NE(again.find("stone"), nullptr);
  EXPECT_THAT(again.find("stone")->not_assessed, testing::HasSubstr("contrast agent"));
  EXPECT_NEAR(again.value("composition.l3.muscle-index"),
              again.value("composition.l3.muscle") / (1.75 * 1.75), 0.06);
}

TEST_F(AbdomenPhantom, AMaskThatLiesBetweenTwoImagesIsShownOnTheNearest) {
  const Scene& scene = measured().scene;
  const Grid& work = scene.work.grid;
  for (int slice = 40; slice < 44; ++slice) {  // images are two working slices apart
    Mask mask(work.voxels(), 0);
    for (int row = 40; row < 60; ++row)
      for (int column = 40; column < 60; ++column) mask[work.offset(column, row, slice)] = 1;
    const auto evidence = mask_section(scene, mask, "id", "caption");
    ASSERT_TRUE(evidence) << slice;
    EXPECT_EQ(evidence->regions.size(), 1U) << slice;
  }
}

TEST(AbdomenRules, FollowSizeAndDifference) {
  using reporting::knowledge::reached;
  using reporting::knowledge::rule;
  Measurement size;
  size.unit = {"mm", "UCUM", "millimeter"};
  size.value = 9.1;
  EXPECT_TRUE(reached(rule("stone.9"), size));
  size.value = 7;
  EXPECT_FALSE(reached(rule("stone.7"), size));
  EXPECT_TRUE(reached(rule("stone.5"), size));
  Measurement difference;
  difference.unit = {"[hnsf'U]", "UCUM", "Hounsfield unit"};
  difference.value = -10;
  EXPECT_TRUE(reached(rule("liver.spleen-10"), difference));
  difference.value = -9;
  EXPECT_FALSE(reached(rule("liver.spleen-10"), difference));
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure

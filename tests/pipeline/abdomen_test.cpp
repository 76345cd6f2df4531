// The abdomen's measurements against a phantom whose truth is known.
#include <algorithm>
#include <cmath>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/abdomen/liver_likeness.h"
#include "pipeline/measure/abdomen/stone_blobs.h"
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

phantom::Phantom small_abdomen(phantom::Kind kind = phantom::Kind::stone, double size = 9) {
  phantom::Settings settings;
  settings.body = phantom::BodyPart::abdomen;
  settings.seed = 3;
  settings.columns = settings.rows = 256;
  settings.pixel_mm = 1.6;
  settings.slice_mm = 3;
  settings.slices = 135;
  phantom::Finding finding;
  finding.kind = kind;
  if (kind == phantom::Kind::stone) finding.side = phantom::Side::left;
  finding.size = size;
  settings.findings.push_back(finding);
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
  const bool in_kidney = truth_of(made(), "stone.1").site == "kidney";
  EXPECT_THAT(stone->title, testing::HasSubstr(in_kidney ? "kidney" : "ureter"));
  EXPECT_EQ(stone->recommendation.empty(), in_kidney) << "what is known is of the ureter";
  ASSERT_FALSE(stone->evidence.empty());
  EXPECT_FALSE(stone->evidence.front().regions.empty());
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(stone->evidence.front().point_mm->at(i), truth_of(made(), "stone.1").centre_mm[i],
                3);
  EXPECT_EQ(measured().find("stone.2"), nullptr);
}

TEST_F(AbdomenPhantom, TheSearchForStonesSaysItsLimitsAfterThem) {
  const Finding* further = measured().find("stone");
  ASSERT_NE(further, nullptr);
  EXPECT_THAT(further->title, testing::StartsWith("Further stones"));
  EXPECT_THAT(further->verification.reason,
              testing::StartsWith("no other candidate passed detection; searched from image "));
  EXPECT_THAT(further->verification.reason, testing::HasSubstr("what lies below"));
}

TEST_F(AbdomenPhantom, BloodIsNotPlacedInTheChest) {
  EXPECT_EQ(measured().measurement("contrast.blood")->name, "blood in the aorta");
}

TEST(SmallStone, OfTwoVoxelsHasNoShape) {
  StoneBlob blob;
  blob.volume_mm3 = 48;
  EXPECT_TRUE(has_no_shape(blob, 27));
  blob.volume_mm3 = 73;
  EXPECT_FALSE(has_no_shape(blob, 27));
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

TEST_F(AbdomenPhantom, AnOrdinaryAortaIsMeasuredAndVerified) {
  const Finding* aorta = measured().find("aorta.abdominal");
  ASSERT_NE(aorta, nullptr);
  EXPECT_EQ(aorta->presence, reporting::Presence::present) << aorta->not_assessed;
  EXPECT_EQ(aorta->verification.outcome, reporting::Outcome::verified);
  EXPECT_GT(measured().value("aorta.abdominal.diameter"), 14);
  EXPECT_LT(measured().value("aorta.abdominal.diameter"), 26);
}

TEST(Aneurysm, IsACandidateWhoseUncertaintyHoldsWhatWasPainted) {
  const phantom::Phantom made = small_abdomen(phantom::Kind::aneurysm, 48);
  const Measured measured{tests::chest_volume(made)};
  const Finding* aorta = measured.find("aorta.abdominal");
  ASSERT_NE(aorta, nullptr);
  EXPECT_EQ(aorta->presence, reporting::Presence::indeterminate) << aorta->not_assessed;
  EXPECT_EQ(aorta->verification.outcome, reporting::Outcome::unverified);
  EXPECT_THAT(aorta->title, testing::StartsWith("Candidate, to be confirmed: aneurysm"));
  const Measurement* diameter = measured.measurement("aorta.abdominal.diameter");
  ASSERT_NE(diameter, nullptr);
  ASSERT_TRUE(diameter->value && diameter->uncertainty);
  const double painted = truth_of(made, "aneurysm.1").quantities.at("aorta_diameter_mm");
  EXPECT_NEAR(*diameter->value, painted, *diameter->uncertainty);
  EXPECT_LE(*diameter->uncertainty, 6);
}

TEST_F(AbdomenPhantom, WhatTheScanCutsIsALowerBound) {
  Finding finding = *measured().find("stone.1");
  bound_at_scan_end(measured().scene, 3, 5, finding);
  EXPECT_FALSE(finding.measurements.front().lower_bound);
  bound_at_scan_end(measured().scene, 0, 2, finding);
  EXPECT_TRUE(finding.measurements.front().lower_bound);
  EXPECT_THAT(finding.measurements.front().conditions,
              testing::Contains(testing::HasSubstr("cut by the first slice")));
  EXPECT_FALSE(finding.measurements.back().lower_bound) << "a density is not cut";
  Mask mask(measured().scene.body.size(), 0);
  mask.back() = 1;
  finding = *measured().find("stone.1");
  bound_at_scan_end(measured().scene, mask, finding);
  EXPECT_THAT(finding.measurements.front().conditions,
              testing::Contains(testing::HasSubstr("cut by the last slice")));
  EXPECT_THAT(part_words(measured().scene, {body}, "body"), testing::HasSubstr("only a part"));
  EXPECT_EQ(part_words(measured().scene, {airway}, "airway"), "");
}

TEST(List, SaysHowManyMoreThereAre) {
  Findings findings{candidate_finding("stone.2", "stone", codes::calculus, codes::kidney)};
  say_unlisted(findings, 2, 2);
  EXPECT_EQ(findings.back().title, "Candidate, to be confirmed: stone");
  say_unlisted(findings, 2, 5);
  EXPECT_THAT(findings.back().title, testing::HasSubstr("last of 2 listed; 3 more were found"));
}

TEST(LiverLikeness, FluidIsNoLiverAndAFattyLiverIs) {
  LiverLikeness liver{.median_hu = 55,
                      .regions = 8,
                      .disagreement_hu = 4,
                      .forward_mm = 50,
                      .aside_mm = 70,
                      .blood_like = 0.01};
  EXPECT_EQ(liver.why_not(), "");
  liver.median_hu = 12, liver.blood_like = 0.001;
  EXPECT_THAT(liver.why_not(), testing::HasSubstr("as dense as fluid"));
  liver.blood_like = 0.04;  // vessels in fat
  EXPECT_EQ(liver.why_not(), "");
  liver.disagreement_hu = 22;
  EXPECT_THAT(liver.why_not(), testing::HasSubstr("differ by 22 HU"));
  liver.disagreement_hu = 4, liver.forward_mm = -20;
  EXPECT_THAT(liver.why_not(), testing::HasSubstr("pleural fluid"));
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

// A study and an earlier one: registration, the same lesion, and how it grew.

#include "tests/pipeline/prior_pair.h"

namespace tomoscribe::pipeline::prior {
namespace {

using testing::HasSubstr;

TEST_F(Pair, TheLungsAreRegistered) {
  const auto current = lung_image(now().scene), before = lung_image(then().scene);
  ASSERT_TRUE(current && before);
  const Rigid rigid = align(*current, *before);
  const auto residual = residual_mm(*current, *before, rigid);
  ASSERT_TRUE(residual);
  EXPECT_LT(*residual, 1.5);
  const auto& here = tests::truth_of(now().phantom, "nodule.2");
  const auto& there = tests::truth_of(then().phantom, "nodule.2");
  EXPECT_LT(distance_mm(rigid(here.centre_mm), there.centre_mm), 3);
  EXPECT_GT(distance_mm(here.centre_mm, there.centre_mm), 1) << "the poses differ too little";
  EXPECT_LT(distance_mm(rigid.back(rigid(here.centre_mm)), here.centre_mm), 1e-6);
}

TEST_F(Pair, ANoduleThatGrewKeepsItsTrackingUidAndHasADoublingTime) {
  const EarlierStudy before = earlier();
  const auto version = compared(before);
  const Finding& grown = finding(version, "nodule.1");
  ASSERT_TRUE(grown.comparison);
  EXPECT_EQ(grown.comparison->outcome, "larger");
  EXPECT_EQ(grown.tracking, before.findings[0].tracking);
  EXPECT_EQ(grown.comparison->study, before.study.uid);
  ASSERT_TRUE(grown.comparison->evidence);
  EXPECT_EQ(grown.comparison->evidence->image, 41);
  const auto& doubling = grown.measurements.back();
  EXPECT_EQ(doubling.id, "nodule.1.doubling");
  ASSERT_TRUE(doubling.value);
  EXPECT_NEAR(*doubling.value, 150, *doubling.uncertainty);
  EXPECT_THAT(grown.recommendation, HasSubstr("25 %"));
  EXPECT_THAT(comparison(version), HasSubstr("time between the studies 182 d"));
  EXPECT_THAT(comparison(version), HasSubstr("solid nodule 1: larger; in the earlier study: mean"));
}

TEST_F(Pair, AStableNoduleHasNoDoublingTime) {
  const auto version = compared(earlier());
  const Finding& stable = finding(version, "nodule.2");
  ASSERT_TRUE(stable.comparison);
  EXPECT_EQ(stable.comparison->outcome, "stable within measurement error");
  EXPECT_FALSE(stable.measurements.back().value);
  EXPECT_TRUE(stable.recommendation.empty());
}

TEST_F(Pair, NewAndLostNodulesAreSaidWithCare) {
  const EarlierStudy before = earlier();
  const auto version = compared(before);
  const Finding& appeared = finding(version, "nodule.3");
  EXPECT_THAT(appeared.comparison->outcome, HasSubstr("it may be new"));
  EXPECT_FALSE(appeared.comparison->evidence);
  const Finding& lost = finding(version, "earlier.nodule.3");
  EXPECT_EQ(lost.presence, reporting::Presence::indeterminate);
  EXPECT_THAT(lost.comparison->outcome, HasSubstr("not seen any more"));
  EXPECT_EQ(lost.tracking, before.findings[2].tracking);
  EXPECT_FALSE(lost.evidence.empty());
}

/// As a mass of `mm` would have been proposed.
void make_mass(Finding& nodule, double mm) {
  const std::string before = nodule.id;
  nodule.id = "mass.1";
  nodule.observation = {"309529002", "SCT", "Lung mass"};
  for (auto& one : nodule.measurements) one.id = nodule.id + one.id.substr(before.size());
  nodule.measurements[0].value = mm;
  nodule.measurements[1].value = std::round(mm * mm * mm * 0.5236 / 1000);
  nodule.measurements[1].unit = measure::codes::millilitre;
  nodule.measurements[1].uncertainty = 2;
}

TEST_F(Pair, ANoduleThatBecameAMassIsStillTheSameLesion) {
  const EarlierStudy before = earlier();
  auto findings = nodules_of(now().phantom);
  make_mass(findings[0], 34);
  const auto version = compared(before, std::move(findings));
  const Finding& mass = finding(version, "mass.1");
  ASSERT_TRUE(mass.comparison);
  EXPECT_EQ(mass.comparison->outcome, "larger");
  EXPECT_EQ(mass.tracking, before.findings[0].tracking);
  const auto change =
      std::ranges::find(mass.measurements, "mass.1.change", [](const auto& one) { return one.id; });
  ASSERT_NE(change, mass.measurements.end());
  const double earlier_mm3 = *before.findings[0].measurements[1].value;
  EXPECT_NEAR(*change->value, 100 * (21000 / earlier_mm3 - 1), 1) << "mL against mm3";
  EXPECT_THAT(change->conditions, testing::Contains(HasSubstr("as a mass in the other")));
  EXPECT_FALSE(reporting::find_finding(version, "earlier.nodule.1"));
}

TEST_F(Pair, WhatGrowsToOneSideIsMatchedByItsExtent) {
  EarlierStudy before = earlier();
  (*before.findings[0].evidence[0].point_mm)[1] += 22;
  EXPECT_THAT(finding(compared(before), "nodule.1").comparison->outcome, testing::Not("larger"));
  auto findings = nodules_of(now().phantom);
  make_mass(findings[0], 60);
  EXPECT_EQ(finding(compared(before, std::move(findings)), "mass.1").tracking,
            before.findings[0].tracking);
}

TEST_F(Pair, ASideInDoubtIsMatchedByPlace) {
  EarlierStudy before = earlier();
  for (Finding& one : before.findings) one.laterality = reporting::Laterality::none;
  EXPECT_EQ(finding(compared(before), "nodule.1").comparison->outcome, "larger");
}

}  // namespace
}  // namespace tomoscribe::pipeline::prior

// What is not said of a study and an earlier one: where one was not searched, or cannot be
// compared.

#include "tests/pipeline/prior_pair.h"

namespace tomoscribe::pipeline::prior {
namespace {

using testing::HasSubstr;

TEST_F(Pair, AMissedNoduleIsNotCalledNew) {
  EarlierStudy before = earlier();
  std::erase_if(before.findings, [](const Finding& one) { return one.id == "nodule.2"; });
  const auto version = compared(before);
  EXPECT_THAT(finding(version, "nodule.2").comparison->outcome,
              HasSubstr("something dense lies there"));
}

TEST_F(Pair, NothingIsNewWhereTheEarlierStudyWasNotSearched) {
  EarlierStudy before = earlier();
  before.findings = {measure::not_assessed_finding(
      "nodules", "lung nodules", measure::codes::nodule, measure::codes::lung, "slices of 8 mm")};
  const auto version = compared(before);
  EXPECT_EQ(finding(version, "nodule.3").comparison->outcome,
            "lung nodules were not assessed there (slices of 8 mm)");
}

/// The current study's candidates without the one that resolved, and what is said of that one.
std::string outcome_of_lost(const reporting::ReportVersion& version) {
  const Finding* lost = reporting::find_finding(version, "earlier.nodule.3");
  return lost == nullptr || !lost->comparison ? "" : lost->comparison->outcome;
}

TEST_F(Pair, NothingHasGoneWhereTheSideWasNotSearched) {
  auto findings = nodules_of(now().phantom);
  findings.push_back(measure::not_assessed_finding("nodules.right", "lung nodules, right",
                                                   measure::codes::nodule, measure::codes::lung,
                                                   "more than 10 % of this lung is consolidated"));
  EXPECT_THAT(outcome_of_lost(compared(earlier(), findings)), HasSubstr("not seen any more"))
      << "the lesion lay in the left lung";
  findings.back().id = "nodules.left";
  EXPECT_EQ(outcome_of_lost(compared(earlier(), findings)),
            "lung nodules were not assessed there (more than 10 % of this lung is consolidated)");
  EXPECT_EQ(outcome_of_lost(compared(earlier(), measure::Findings{})),
            "lung nodules were not looked for there");
}

TEST_F(Pair, NothingHasGoneOutsideTheScan) {
  EarlierStudy before = earlier();
  (*before.findings[2].evidence[0].point_mm)[2] += 500;
  EXPECT_EQ(outcome_of_lost(compared(before)), "its place lies outside the scan there");
}

TEST_F(Pair, NothingHasGoneWhereAirIsNoLung) {
  EarlierStudy before = earlier();
  measure::Findings findings = nodules_of(now().phantom);
  const LungImage lungs = *lung_image(now().scene);
  LungImage without = lungs;
  std::ranges::fill(without.lung, std::uint8_t{2});  // thin recesses
  const Rigid rigid = align(lungs, *before.lungs);
  const Vec3 place = rigid.back(*before.findings[2].evidence[0].point_mm);
  const auto study = study_of("1.2.2", today);
  EXPECT_EQ(why_not_searched({study, findings, lungs}, place, before.findings[2]), "");
  EXPECT_THAT(why_not_searched({study, findings, without}, place, before.findings[2]),
              HasSubstr("no part of the lung that was searched"));
}

TEST_F(Pair, NothingHasGoneFromAListThatEndedBefore) {
  measure::Findings findings = nodules_of(now().phantom);
  while (findings.size() < 10) {
    findings.push_back(findings.front());
    findings.back().id = "nodule." + std::to_string(findings.size());
    for (auto& one : findings.back().measurements)
      one.id = findings.back().id + one.id.substr(one.id.rfind('.'));
  }
  for (Finding& one : findings) one.measurements[1].value = 20000;
  const EarlierStudy before = earlier();
  EXPECT_THAT(why_not_searched({before.study, findings, *before.lungs},
                               *place_of(before.findings[2]), before.findings[2]),
              testing::AnyOf(HasSubstr("ends at ten"), HasSubstr("dense")));
  const LungImage lungs = *lung_image(now().scene);
  const Vec3 place = align(lungs, *before.lungs).back(*place_of(before.findings[2]));
  EXPECT_THAT(why_not_searched({before.study, findings, lungs}, place, before.findings[2]),
              HasSubstr("ends at ten larger ones"));
}

TEST_F(Pair, WithoutAFrameOfReferenceItIsSaidWhyNothingWasCompared) {
  EarlierStudy before = earlier();
  for (Finding& one : before.findings) {
    one.evidence[0].point_mm.reset();
    one.evidence[0].frame_of_reference.reset();
  }
  const auto version = compared(before);
  EXPECT_EQ(finding(version, "comparison").presence, reporting::Presence::not_assessed);
  EXPECT_THAT(comparison(version),
              HasSubstr("the images of the earlier study state no frame of reference"));
}

TEST_F(Pair, LungsThatDoNotFitAreNotCompared) {
  EarlierStudy before = earlier();
  // The same image, but lungs of half the width.
  const Grid& grid = before.lungs->image.grid;
  measure::for_each_voxel(grid, [&](std::size_t at, int column, int /*row*/, int /*slice*/) {
    if (column % 32 < 24) before.lungs->lung[at] = 0;
  });
  const auto version = compared(before);
  EXPECT_EQ(finding(version, "comparison").presence, reporting::Presence::not_assessed);
  EXPECT_FALSE(finding(version, "nodule.1").comparison);
  EXPECT_THAT(comparison(version), HasSubstr("Comparison with the CT of 2024-07-17, series 3 not "
                                             "possible: after registration"));
}

TEST_F(Pair, WithoutLungsThereIsNoComparison) {
  EarlierStudy before = earlier();
  before.lungs.reset();
  EXPECT_THAT(comparison(compared(before)), HasSubstr("lungs are not found in both studies"));
}

TEST_F(Pair, SlicesOfAnotherClassGiveNoChange) {
  EarlierStudy before = earlier();
  before.study.series[0].health->thickness_mm = 5;
  const auto version = compared(before);
  EXPECT_THAT(finding(version, "nodule.1").comparison->outcome,
              HasSubstr("change not assessed (slices of 2.50 mm now and 5.00 mm then)"));
  EXPECT_EQ(finding(version, "nodule.1").measurements.size(), 2U);
}

}  // namespace
}  // namespace tomoscribe::pipeline::prior

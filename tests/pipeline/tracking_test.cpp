// The same lesion keeps its tracking UID over studies and over reports.

#include "tests/pipeline/prior_pair.h"

namespace tomoscribe::pipeline::prior {
namespace {

using testing::HasSubstr;

TEST_F(Pair, ALesionThatTheEarlierReportMissedKeepsTheUidOfTheStudyBefore) {
  EarlierStudy before = earlier();
  // The nodule that is new since the earlier study lay there in one before.
  Finding lost = nodules_of(now().phantom)[2];
  const Rigid rigid = align(*lung_image(now().scene), *before.lungs);
  lost.id = "earlier.nodule.1";
  lost.tracking = dicom::TrackingUid("1.2.3.99");
  lost.evidence[0].point_mm = rigid(*lost.evidence[0].point_mm);
  before.lost = {lost};
  const auto version = compared(before);
  EXPECT_EQ(finding(version, "nodule.3").tracking.str(), "1.2.3.99");
  EXPECT_THAT(finding(version, "nodule.3").comparison->outcome,
              HasSubstr("a study before that one showed a candidate there"));
}

TEST(Tracking, FollowsThePlaceAndNotTheRank) {
  const model::phantom::Truth one{.name = "a", .side = "left", .centre_mm = {10, 20, 30}};
  const model::phantom::Truth other{.name = "b", .side = "left", .centre_mm = {40, 20, 30}};
  const dicom::StudyUid study("1.2.3");
  measure::Findings first{nodule(one, 1), nodule(other, 2)},
      again{nodule(other, 1), nodule(one, 2)};
  name_by_place(first, study);
  name_by_place(again, study);
  EXPECT_EQ(first[0].tracking, again[1].tracking);
  EXPECT_EQ(first[1].tracking, again[0].tracking);
  EXPECT_NE(first[0].tracking, first[1].tracking);
}

TEST(Tracking, OfAnOlderReportIsTakenOverByPlace) {
  const model::phantom::Truth one{.name = "a", .side = "left", .centre_mm = {10, 20, 30}};
  const model::phantom::Truth other{.name = "b", .side = "left", .centre_mm = {40, 20, 30}};
  model::phantom::Truth moved = one;
  moved.centre_mm[0] += 3;
  measure::Findings stored{nodule(one, 1), nodule(other, 2)};
  stored[0].tracking = dicom::TrackingUid("1.2.3.7");  // itself taken over from a study before
  measure::Findings measured{nodule(other, 1), nodule(moved, 2)};
  keep_tracking(measured, stored);
  EXPECT_EQ(measured[1].tracking.str(), "1.2.3.7");
  EXPECT_EQ(measured[0].tracking, stored[1].tracking);
  moved.centre_mm[0] += 20;
  measure::Findings elsewhere{nodule(moved, 1)};
  keep_tracking(elsewhere, stored);
  EXPECT_NE(elsewhere[0].tracking, stored[0].tracking);
}

TEST_F(Pair, OfTwoNewLesionsNearOneThatWasLostOnlyTheNearerKeepsItsUid) {
  EarlierStudy before = earlier();
  measure::Findings findings = nodules_of(now().phantom);
  Finding lost = findings[2];
  const Rigid rigid = align(*lung_image(now().scene), *before.lungs);
  lost.id = "earlier.nodule.1";
  lost.tracking = dicom::TrackingUid("1.2.3.99");
  lost.evidence[0].point_mm = rigid(*lost.evidence[0].point_mm);
  before.lost = {lost};
  Finding beside = findings[2];
  beside.id = "nodule.9";
  for (auto& one : beside.measurements) one.id = beside.id + one.id.substr(one.id.rfind('.'));
  beside.tracking = dicom::TrackingUid("1.2.3.98");
  (*beside.evidence[0].point_mm)[0] += 6;
  findings.insert(findings.begin(), beside);
  const auto version = compared(before, findings);
  EXPECT_EQ(finding(version, "nodule.3").tracking.str(), "1.2.3.99");
  EXPECT_EQ(finding(version, "nodule.9").tracking.str(), "1.2.3.98");
  EXPECT_THAT(finding(version, "nodule.9").comparison->outcome,
              testing::Not(HasSubstr("a study before that one")));
}

}  // namespace
}  // namespace tomoscribe::pipeline::prior

// Sentences that compose_statements makes of findings.
#include "reporting/narrative.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomoscribe::reporting {
namespace {

using testing::HasSubstr;

Finding present(const std::string& id, const std::string& title, Laterality side) {
  return {.id = id,
          .title = title,
          .tracking = dicom::TrackingUid("1.2.4"),
          .laterality = side,
          .presence = Presence::present,
          .verification = {.outcome = Outcome::verified}};
}

std::vector<std::string> texts(const std::vector<Finding>& findings, Section section) {
  std::vector<std::string> texts;
  for (const Statement& one :
       compose_statements(Study{.uid = dicom::StudyUid("1.2.3")}, std::nullopt, findings, {}))
    if (one.section == section) texts.push_back(one.text);
  return texts;
}

TEST(Narrative, SaysOfEachSideWhatCouldNotBeMeasured) {
  std::vector<Finding> findings{present("lungs", "Both lungs", Laterality::bilateral),
                                present("opacity.right", "Right lung", Laterality::right),
                                present("opacity.left", "Left lung", Laterality::left)};
  for (Finding& finding : findings)
    finding.measurements = {
        {.id = finding.id + ".index", .name = "index", .not_assessed = "5 mm slices"}};
  findings[1].measurements.push_back(
      {.id = "right.share", .name = "consolidation", .not_assessed = "none was found"});
  findings[2].measurements.push_back(
      {.id = "left.share", .name = "consolidation", .not_assessed = "none was found"});
  const auto said = texts(findings, Section::findings);
  ASSERT_EQ(said.size(), 3U);
  EXPECT_THAT(said[0], HasSubstr("index not assessed (5 mm slices)"));
  EXPECT_EQ(said[1], "Right lung: consolidation not assessed (none was found).");
  EXPECT_EQ(said[2], "Left lung: consolidation not assessed (none was found).");
}

TEST(Narrative, CallsTheRestOfTheScanUnassignedAndNotEmpty) {
  Finding region = present("region", "Covered by the scan", Laterality::none);
  region.measurements = {
      {.id = "body.region.chest", .name = "chest", .value = 64, .unit = {"%", "UCUM", "percent"}}};
  const auto said = texts({region}, Section::technique);
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said.back(),
            "Covered by the scan: chest 64 % of its length; the rest was not assigned to head, "
            "chest, abdomen or pelvis.");
}

}  // namespace
}  // namespace tomoscribe::reporting

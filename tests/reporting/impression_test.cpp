#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reporting/narrative.h"

namespace tomoscribe::reporting {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Finding candidate(const std::string& id, bool critical = false) {
  Finding finding{.id = id,
                  .title = "Candidate " + id,
                  .tracking = dicom::TrackingUid("1.2.4"),
                  .presence = Presence::indeterminate,
                  .verification = {.outcome = Outcome::unverified},
                  .critical = critical};
  finding.measurements.push_back({.id = id + ".diameter",
                                  .name = "mean diameter",
                                  .value = 8,
                                  .unit = {"mm", "UCUM", "millimeter"},
                                  .decimals = 0});
  return finding;
}

std::vector<Statement> impression(const std::vector<Finding>& findings) {
  std::vector<Statement> statements;
  for (const Statement& one :
       compose_statements(Study{.uid = dicom::StudyUid("1.2.3")}, std::nullopt, findings, {}))
    if (one.section == Section::impression) statements.push_back(one);
  return statements;
}

TEST(Impression, NamesWhatCannotWaitFirst) {
  const auto said = impression({candidate("nodule.1"), candidate("bleed.1", true)});
  ASSERT_EQ(said.size(), 3U);
  EXPECT_THAT(said[0].text, HasSubstr("Candidates to be confirmed"));
  EXPECT_EQ(said[1].text, "CRITICAL: Candidate bleed.1: mean diameter 8 mm.");
  EXPECT_EQ(said[1].verification.outcome, Outcome::unverified);
  EXPECT_THAT(said[2].findings, ElementsAre("nodule.1"));
}

TEST(Impression, CountsTheRestOfAKindAndKeepsItsFindings) {
  std::vector<Finding> many;
  for (int i = 1; i <= 6; ++i) many.push_back(candidate("nodule." + std::to_string(i)));
  const auto said = impression(many);
  ASSERT_EQ(said.size(), 4U);
  EXPECT_THAT(said[3].text, HasSubstr("; 3 more under Findings."));
  EXPECT_THAT(said[3].findings, ElementsAre("nodule.3", "nodule.4", "nodule.5", "nodule.6"));
}

TEST(Impression, OfNothingNotableSaysSoAndExcludesNothing) {
  Finding measured = candidate("aorta");
  measured.presence = Presence::present;
  const auto said = impression({measured});
  ASSERT_EQ(said.size(), 1U);
  EXPECT_THAT(said[0].text, HasSubstr("No candidate was proposed"));
  EXPECT_THAT(said[0].text, testing::Not(HasSubstr("normal")));
}

}  // namespace
}  // namespace tomoscribe::reporting

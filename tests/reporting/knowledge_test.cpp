#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reporting/knowledge/rules.h"
#include "reporting/narrative.h"

namespace tomoscribe::reporting::knowledge {
namespace {

Measurement measured(double value, const char* unit) {
  Measurement measurement;
  measurement.value = value;
  measurement.unit = {unit, "UCUM", unit};
  return measurement;
}

TEST(Rules, AreUniqueAndNameASourceThatIsThere) {
  std::set<std::string_view> ids;
  for (const Rule& one : rules()) {
    EXPECT_TRUE(ids.insert(one.id).second) << one.id;
    EXPECT_FALSE(one.applies_if.empty() || one.reading.empty() || one.edition.empty()) << one.id;
    EXPECT_NO_THROW(citation(one.citation)) << one.id;
  }
  EXPECT_FALSE(ids.empty());
  for (const Citation& source : bibliography()) {
    EXPECT_TRUE(!source.doi.empty() || source.text.find("PMID") != std::string::npos) << source.id;
    EXPECT_FALSE(source.verified) << "no named person has compared " << source.id;
  }
}

TEST(Rules, AreReachedAtTheirLimitInTheirUnitOnly) {
  EXPECT_TRUE(reached(rule("ich.volume-30"), measured(30, "mL")));
  EXPECT_FALSE(reached(rule("ich.volume-30"), measured(29.9, "mL")));
  EXPECT_FALSE(reached(rule("ich.volume-30"), measured(40, "mm")));
  EXPECT_FALSE(reached(rule("sdh.thickness-10"), measured(10, "mm")));
  EXPECT_TRUE(reached(rule("sdh.thickness-10"), measured(10.1, "mm")));
  EXPECT_FALSE(reached(rule("ich.volume-30"), Measurement{.not_assessed = "noise"}));
  EXPECT_THROW(rule("nothing"), std::logic_error);
}

TEST(Rules, AreWrittenOnceAndPrintedUnverified) {
  Finding finding{.id = "head.hyperdense.1",
                  .title = "Candidate, to be confirmed: hyperdense component",
                  .tracking = dicom::TrackingUid("1.2.4"),
                  .observation = {"1386000", "SCT", "Intracranial hemorrhage"},
                  .site = {"12738006", "SCT", "Brain"},
                  .presence = Presence::indeterminate,
                  .verification = {.outcome = Outcome::unverified, .reason = "must be confirmed"},
                  .critical = true};
  recommend(finding, rule("ich.volume-30"));
  const std::string once = finding.recommendation;
  recommend(finding, rule("ich.volume-30"));
  EXPECT_EQ(finding.recommendation, once);
  ASSERT_EQ(finding.citations.size(), 1U);

  Study study{.uid = dicom::StudyUid("1.2.3")};
  int recommended = 0, impressions = 0;
  for (const Statement& one : compose_statements(study, std::nullopt, {finding}, {})) {
    if (one.section == Section::impression && !one.findings.empty()) ++impressions;
    if (one.section != Section::recommendations) continue;
    ++recommended;
    EXPECT_EQ(one.verification.outcome, Outcome::unverified);
    EXPECT_THAT(one.text, testing::HasSubstr("Source: Hemphill"));
  }
  EXPECT_EQ(recommended, 1);
  EXPECT_EQ(impressions, 1);
}

}  // namespace
}  // namespace tomoscribe::reporting::knowledge

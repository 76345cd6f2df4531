#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reporting/faces.h"
#include "reporting/report_store.h"
#include "tests/support/example_report.h"

namespace tomoscribe::reporting {
namespace {

TEST(ValueText, PrintsDecimalsUnitsAndBounds) {
  Measurement m{.id = "m", .value = 2431.4, .unit = {"mL", "UCUM", "milliliter"}};
  EXPECT_EQ(value_text(m), "2431 mL");
  m.uncertainty = 12;
  EXPECT_EQ(value_with_uncertainty(m), "2431 mL ± 12 mL");
  m.lower_bound = true;
  EXPECT_EQ(value_text(m), "≥ 2431 mL");
  EXPECT_EQ(value_with_uncertainty(m), "≥ 2431 mL") << "the error of a part";
  EXPECT_EQ(value_text({.value = -0.0001, .unit = {"[hnsf'U]", "UCUM", "HU"}, .decimals = 1}),
            "0.0 HU");
  EXPECT_EQ(value_text({.not_assessed = "why"}), "not assessed");
}

TEST(Faults, NamesEachBrokenRule) {
  EXPECT_THAT(faults(tests::example_draft()), testing::IsEmpty());
  EXPECT_THAT(faults(tests::example_final()), testing::IsEmpty());
  auto broken = tests::example_draft();
  broken.findings.push_back(broken.findings[0]);
  broken.findings[1].measurements[0].not_assessed = "both";
  broken.statements.push_back({.id = "x", .text = "t", .findings = {"nobody"}});
  broken.state = ReportState::final;
  EXPECT_GE(faults(broken).size(), 4U);
}

TEST(Words, AllHaveAnInverse) {
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(from_text<ReportState>(to_text(static_cast<ReportState>(i))),
              static_cast<ReportState>(i));
  for (int i = 0; i < 7; ++i)
    EXPECT_EQ(from_text<StudyState>(to_text(static_cast<StudyState>(i))),
              static_cast<StudyState>(i));
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(from_text<Outcome>(to_text(static_cast<Outcome>(i))), static_cast<Outcome>(i));
  EXPECT_EQ(from_text<Presence>("perhaps"), std::nullopt);
}

TEST(Json, GivesBackWhatWasWritten) {
  for (const auto& version : {tests::example_draft(), tests::example_final()}) {
    EXPECT_EQ(from_json(to_json(version)), version);
    EXPECT_EQ(to_json(from_json(to_json(version))), to_json(version));
  }
}

ReportVersion compared_draft() {
  auto version = tests::example_draft();
  Finding& finding = version.findings.front();
  Measurement then = finding.measurements.front();
  then.id = finding.id + ".earlier.volume";
  then.value = 2000;
  finding.comparison = Comparison{.study = dicom::StudyUid("1.2.4"),
                                  .outcome = "larger",
                                  .measurements = {then},
                                  .evidence = finding.evidence.front()};
  return version;
}

TEST(Json, GivesBackAComparisonWithAnEarlierStudy) {
  const auto version = compared_draft();
  EXPECT_EQ(from_json(to_json(version)), version);
  EXPECT_TRUE(faults(version).empty());
}

TEST(Report, AnEarlierMeasurementNeedsAnIdOfItsOwn) {
  auto version = compared_draft();
  version.findings.front().comparison->measurements.front().id =
      version.findings.front().measurements.front().id;
  ASSERT_EQ(faults(version).size(), 1U);
}

TEST(Narrative, SaysWhatTheEarlierStudyShowed) {
  auto version = compared_draft();
  Finding registration = version.findings.front();
  registration.id = "comparison";
  registration.title = "Comparison with the CT of 2024-07-17";
  registration.comparison.reset();
  registration.measurements = {};
  version.findings.push_back(registration);
  version.statements =
      compose_statements(version.study, version.order, version.findings, version.provenance);
  const auto said = statements_in(version, Section::comparison);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0]->text, "Comparison with the CT of 2024-07-17.");
  EXPECT_NE(said[1]->text.find(": larger; in the earlier study: aerated volume 2000 mL"),
            std::string::npos)
      << said[1]->text;
  for (const Statement* one : statements_in(version, Section::findings))
    EXPECT_EQ(one->text.find("Comparison with"), std::string::npos) << one->text;
}

TEST(Json, ReadsReportsFromBeforeThereWereHealthCards) {
  auto version = tests::example_draft();
  for (SeriesUse& series : version.study.series) series.health.reset();
  const std::string json = to_json(version);
  EXPECT_EQ(json.find("health"), std::string::npos);
  EXPECT_EQ(from_json(json), version);
}

TEST(Json, GivesBackRandomVersions) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same versions each time
  const auto word = [&] {
    return std::string(random() % 5, static_cast<char>('a' + random() % 26));
  };
  for (int round = 0; round < 200; ++round) {
    ReportVersion version = tests::example_draft();
    version.language = word();
    version.study.description = word();
    version.study.institution = word();
    version.provenance.product = word();
    version.provenance.seed = (std::uint64_t{random()} << 32U) | random();
    version.provenance.options[word()] = word();
    if (random() % 2 == 0) version.order.reset();
    if (random() % 2 == 0) version.edited_by = Person{.id = word()};
    for (Finding& finding : version.findings) {
      finding.critical = random() % 2 == 0;
      for (Measurement& measurement : finding.measurements)
        if (measurement.value) measurement.value = static_cast<double>(random()) / 7.0;
      finding.citations.push_back({.id = word(), .text = word()});
    }
    ASSERT_EQ(from_json(to_json(version)), version) << round;
  }
}

TEST(Json, RefusesWhatIsNotAReportAndSaysWhere) {
  for (const char* bad : {"", "null", "[]", "{}", R"({"schema":2})", R"({"schema":"1"})"})
    EXPECT_THROW(from_json(bad), dicom::Malformed) << bad;
  std::string json = to_json(tests::example_draft());
  json.replace(json.find("\"draft\""), 7, "\"final?\"");
  try {
    from_json(json);
    FAIL();
  } catch (const dicom::Malformed& fault) {
    EXPECT_THAT(fault.what(), testing::HasSubstr("/state"));
  }
}

TEST(Edited, MakesNewStatementsAndKeepsTheOldOnes) {
  const auto base = tests::example_draft();
  const std::string first = base.statements[0].id, second = base.statements[1].id;
  const auto version = edited(base, 2,
                              {{.statement = first, .text = "By hand."},
                               {.statement = second, .text = ""},
                               {.section = Section::impression, .text = "Normal lungs."}},
                              tests::example_reader(), base.created);
  EXPECT_EQ(version.state, ReportState::preliminary);
  EXPECT_EQ(version.predecessor, 1);
  EXPECT_THAT(faults(version), testing::IsEmpty());
  EXPECT_EQ(section_text(version, Section::examination), "By hand.");
  const auto impression = statements_in(version, Section::impression);
  EXPECT_EQ(impression.back()->text, "Normal lungs.");
  EXPECT_EQ(impression.back()->author, Author::person);
  EXPECT_EQ(impression.back()->verification.outcome, Outcome::unverified);
  EXPECT_EQ(base, tests::example_draft());
  EXPECT_THROW(edited(version, 3, {{.statement = first, .text = "again"}}, tests::example_reader(),
                      base.created),
               std::invalid_argument);
  EXPECT_THROW(edited(base, 2, {{.statement = "nobody", .text = "x"}}, tests::example_reader(),
                      base.created),
               std::invalid_argument);
  EXPECT_THROW(edited(base, 2, {{.statement = first, .text = std::string(9000, 'x')}},
                      tests::example_reader(), base.created),
               std::invalid_argument);
}

TEST(SignedVersion, NeedsANameAndFollowsItsPredecessor) {
  EXPECT_THROW(signed_version(tests::example_draft(), 2, {}, {}, false), std::invalid_argument);
  EXPECT_EQ(tests::example_final().state, ReportState::final);
  EXPECT_EQ(signed_version(tests::example_final(), 3, tests::example_reader(), {}, true).state,
            ReportState::corrected);
}

TEST(Narrative, SaysFirstHowItWasMadeAndTypesNoNumberOfItsOwn) {
  const auto version = tests::example_draft();
  EXPECT_THAT(version.statements.front().text,
              testing::StartsWith("Measured findings only; no language model configured"));
  EXPECT_THAT(section_text(version, Section::indication),
              testing::HasSubstr("Cough for six weeks"));
  EXPECT_THAT(section_text(version, Section::findings),
              testing::HasSubstr("Right lung: aerated volume 2431 mL ± 73 mL"));
  EXPECT_THAT(section_text(version, Section::findings),
              testing::HasSubstr("not assessed (slices are 5 mm thick"));
  EXPECT_THAT(section_text(version, Section::findings),
              testing::HasSubstr("Not assessed by the software: lung nodules and masses"));
  EXPECT_THAT(section_text(version, Section::limitations),
              testing::HasSubstr("localizer: not a volume"));
}

TEST(Narrative, WritesASentenceForAFindingItDoesNotKnow) {
  auto finding = tests::example_lung("left", Laterality::left, 5);
  finding.id = "liver.something.new";
  finding.site = {"10200004", "SCT", "Liver"};
  finding.title.clear();
  finding.measurements[0].id = "liver.new";
  finding.measurements[0].name.clear();
  finding.measurements.resize(1);
  const auto statements =
      compose_statements(tests::example_draft().study, std::nullopt, {finding}, {});
  EXPECT_TRUE(std::ranges::any_of(
      statements, [](const Statement& s) { return s.text == "Left liver: volume 5 mL ± 0 mL."; }));
}

}  // namespace
}  // namespace tomoscribe::reporting

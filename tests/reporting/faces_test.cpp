// Faces against golden files (UPDATE_GOLDEN=1 rewrites them), against each other, and against
// validators.

#include "reporting/faces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reporting/structured_report.h"
#include "tests/support/example_proposals.h"
#include "tests/support/example_report.h"
#include "tests/support/files.h"
#include "tests/support/golden.h"

namespace tomoscribe::reporting {
namespace {

TEST(Faces, AreTheGoldenOnes) {
  tests::expect_golden("draft.txt", to_text_report(tests::example_draft()));
  tests::expect_golden("final.txt", to_text_report(tests::example_final()));
  tests::expect_golden("draft.html", to_html(tests::example_draft()));
  tests::expect_golden("final.json", to_json(tests::example_final()));
}

TEST(Faces, ShowTheHealthCardOfASeriesThatWasRead) {
  auto version = tests::example_draft();
  SeriesHealth& health = *version.study.series[0].health;
  health.gaps = {"1 slice missing between image 40 and image 42 (z 40.0 to 42.0 mm)"};
  health.resampled = true;
  health.tilt_degrees = 18.5;
  health.verdicts = {{"volumes", "1 slice missing"}};
  const std::string text = to_text_report(version), html = to_html(version);
  for (const char* words : {"1 slice missing between image 40", "resampled to equal slices",
                            "18.5 degrees", "not measured (1 slice missing)"})
    EXPECT_THAT(html, testing::HasSubstr(words));
  EXPECT_THAT(text, testing::HasSubstr("Gantry tilt: 18.5 degrees."));
  version.study.series[0].health.reset();
  EXPECT_THAT(to_html(version), testing::Not(testing::HasSubstr("class=\"health\">")));
}

TEST(TextFace, KeepsToEightyColumnsAndStripsControls) {
  std::istringstream lines(to_text_report(tests::example_draft()));
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), 90U) << line;  // bytes: some characters take three
  const std::string hostile = to_text_report(tests::hostile_draft());
  EXPECT_EQ(hostile.find('\r'), std::string::npos);
  EXPECT_EQ(hostile.find('\x01'), std::string::npos);
}

TEST(HtmlFace, EscapesEveryForeignText) {
  for (const std::string& html :
       {to_html(tests::hostile_draft()), to_xhtml_div(tests::hostile_draft())}) {
    EXPECT_EQ(html.find("<script"), std::string::npos);
    EXPECT_EQ(html.find("<img"), std::string::npos);
    EXPECT_EQ(html.find('\x01'), std::string::npos);
    EXPECT_EQ(html.find('\xff'), std::string::npos);
  }
}

TEST(Faces, LabelDraftsAndNameTheSigner) {
  for (const std::string& face :
       {to_text_report(tests::example_draft()), to_html(tests::example_draft()),
        to_xhtml_div(tests::example_draft())})
    EXPECT_THAT(face, testing::HasSubstr("AI DRAFT"));
  for (const std::string& face :
       {to_text_report(tests::example_final()), to_html(tests::example_final())}) {
    EXPECT_EQ(face.find("AI DRAFT"), std::string::npos);
    EXPECT_THAT(face, testing::HasSubstr("signed by Rosa Reader"));
  }
}

TEST(Faces, KeepContradictedTextInside) {
  auto version = tests::example_draft();
  for (Statement& statement : version.statements)
    if (statement.section == Section::findings)
      statement.verification.outcome = Outcome::contradicted;
  for (const std::string& face :
       {to_text_report(version), section_text(version, Section::findings), to_xhtml_div(version)})
    EXPECT_EQ(face.find("Right lung: aerated"), std::string::npos);
  EXPECT_EQ(to_text_report(version).find("\nFindings\n"), std::string::npos);
}

TEST(Faces, KeepInsideWhatSoftwareSaysOfAContradictedFindingButNotWhatAPersonWrote) {
  ReportVersion version = tests::disputed_draft();
  version.statements.push_back({.id = "seems.right",
                                .section = Section::findings,
                                .text = "A mass is seen where it cannot be.",
                                .findings = {"chest.wrong"},
                                .author = Author::model,
                                .verification = {.outcome = Outcome::unverified}});
  EXPECT_THAT(to_text_report(version), testing::Not(testing::HasSubstr("where it cannot be")));
  version.statements.back().author = Author::person;
  EXPECT_THAT(to_text_report(version), testing::HasSubstr("where it cannot be"));
}

TEST(Faces, KeepInsideWhatAPersonStruckOut) {
  const auto draft = tests::example_draft();
  const auto right = std::ranges::find_if(draft.statements, [](const Statement& statement) {
    return statement.findings == std::vector<std::string>{"lungs.right"};
  });
  const auto struck = edited(draft, 2, {{.statement = right->id, .text = ""}},
                             tests::example_reader(), draft.created);
  EXPECT_FALSE(is_outgoing(struck, *find_finding(struck, "lungs.right")));
  EXPECT_TRUE(is_outgoing(struck, *find_finding(struck, "lungs.left")));
  EXPECT_EQ(to_html(struck).find("2431"), std::string::npos);
  const auto rewritten = edited(draft, 2, {{.statement = right->id, .text = "Right lung small."}},
                                tests::example_reader(), draft.created);
  EXPECT_TRUE(is_outgoing(rewritten, *find_finding(rewritten, "lungs.right")));
}

TEST(Faces, SayNothingAboutTheDraftOnceSigned) {
  EXPECT_THAT(to_text_report(tests::example_draft()), testing::HasSubstr("Measured findings only"));
  const auto signed_text = to_text_report(tests::example_final());
  for (const char* words : {"Measured findings only", "measurements alone", "Software draft"})
    EXPECT_EQ(signed_text.find(words), std::string::npos) << words;
}

TEST(Faces, MarkWhoseWordsTheyAre) {
  const auto version = tests::example_preliminary();
  EXPECT_THAT(to_text_report(version), testing::HasSubstr("[P] Normal lungs."));
  EXPECT_THAT(ai_label(version), testing::HasSubstr("edited by Rosa Reader"));
  EXPECT_EQ(letter(version.statements.front()), ' ') << "said of the program, not of the patient";
}

TEST(Faces, KeepContradictedFindingsAndTheirNumbersInside) {
  const auto version = tests::disputed_draft();
  for (const std::string& face : {to_text_report(version), to_html(version), to_xhtml_div(version),
                                  to_structured_report(version)}) {
    EXPECT_THAT(face, testing::HasSubstr("ulmonary embolism"));
    EXPECT_THAT(face, testing::Not(testing::HasSubstr("wrong")));
    EXPECT_THAT(face, testing::Not(testing::HasSubstr("4711")));
  }
}

TEST(Faces, SayThatAReportIsWithdrawn) {
  const auto version = tests::example_follower(ReportState::withdrawn);
  for (const std::string& face :
       {to_text_report(version), to_html(version), to_xhtml_div(version)}) {
    EXPECT_THAT(face, testing::HasSubstr("WITHDRAWN"));
    EXPECT_THAT(face, testing::Not(testing::HasSubstr("class=\"signed\"")));
  }
}

TEST(StructuredReport, ReadsBackEveryNumberUnitAndSide) {
  const auto version = tests::example_final();
  const ReadBack read = read_structured_report(to_structured_report(version));
  EXPECT_EQ(read.study, version.study.uid.str());
  EXPECT_EQ(read.sop_instance, structured_report_uid(version).str());
  EXPECT_EQ(read.completion + read.verification + read.preliminary, "COMPLETEVERIFIEDFINAL");
  ASSERT_EQ(read.measurements.size(), 2U);
  EXPECT_EQ(read.measurements[0].value, 2431);
  EXPECT_EQ(read.measurements[0].unit, "mL");
  EXPECT_EQ(read.measurements[0].laterality, "24028007");
  EXPECT_EQ(read.measurements[1].laterality, "7771000");
  EXPECT_EQ(read.measurements[0].tracking_uid, version.findings[0].tracking.str());
}

TEST(StructuredReport, OfADraftIsPreliminary) {
  const ReadBack read = read_structured_report(to_structured_report(tests::example_draft()));
  EXPECT_EQ(read.completion + read.verification + read.preliminary, "PARTIALUNVERIFIEDPRELIMINARY");
}

TEST(StructuredReport, IsPureAndNewForEachVersion) {
  EXPECT_EQ(to_structured_report(tests::example_draft()),
            to_structured_report(tests::example_draft()));
  EXPECT_NE(structured_report_uid(tests::example_draft()),
            structured_report_uid(tests::example_final()));
}

TEST(StructuredReport, RefusesWhatIsNone) {
  EXPECT_THROW(read_structured_report("not DICOM"), dicom::Malformed);
}

TEST(StructuredReport, PassesTheValidators) {
  const auto tools = std::filesystem::path(TOMOSCRIBE_SOURCE_DIR) / "tests" / "conformance";
  if (tests::run("command -v dciodvfy && command -v dsrdump && command -v node").status != 0)
    GTEST_SKIP() << "dicom3tools, dcmtk or node missing";
  const tests::TempFolder folder;
  auto nothing_measured = tests::example_draft();
  nothing_measured.findings.erase(nothing_measured.findings.begin(),
                                  nothing_measured.findings.begin() + 2);
  nothing_measured.statements =
      compose_statements(nothing_measured.study, std::nullopt, nothing_measured.findings, {});
  auto versions = tests::example_versions();
  versions.emplace_back("hostile", tests::hostile_draft());
  versions.emplace_back("disputed", tests::disputed_draft());
  versions.emplace_back("nothing", nothing_measured);
  versions.emplace_back("proposed", tests::proposed_draft());
  for (const auto& [name, version] : versions) {
    const auto file = folder / (name + ".dcm");
    std::ofstream(file, std::ios::binary) << to_structured_report(version);
    const auto ran = tests::run((tools / "validate-sr.sh").string() + " " + file.string());
    EXPECT_EQ(ran.status, 0) << ran.output;
  }
}

}  // namespace
}  // namespace tomoscribe::reporting

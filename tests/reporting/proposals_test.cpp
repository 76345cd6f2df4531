// A model's proposals in a version, and in every face made here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reporting/faces.h"
#include "reporting/structured_report.h"
#include "tests/support/example_proposals.h"
#include "tests/support/golden.h"

namespace tomoscribe::reporting {
namespace {

using testing::HasSubstr;
using testing::Not;

const Statement& statement(const ReportVersion& version, const std::string& id) {
  return *std::ranges::find(version.statements, id, &Statement::id);
}

TEST(Proposals, StandBesideWhatWasMeasuredAndChangeNothingOfIt) {
  const ReportVersion version = tests::proposed_draft();
  EXPECT_THAT(faults(version), testing::IsEmpty());
  ReportVersion without = version;
  std::erase_if(without.findings, [](const Finding& one) { return one.author == Author::model; });
  std::erase_if(without.statements,
                [](const Statement& one) { return one.author == Author::model; });
  ReportVersion measured = tests::example_draft();
  measured.provenance.model_name = "Pixtral-12B";
  measured.statements =
      compose_statements(measured.study, measured.order, measured.findings, measured.provenance);
  EXPECT_EQ(without, measured);
}

TEST(Proposals, HaveIdsTrackingUidsAndAPlaceInTheirSection) {
  const ReportVersion version = tests::proposed_draft();
  const Finding* nodule = find_finding(version, "proposed.1");
  ASSERT_NE(nodule, nullptr);
  EXPECT_EQ(nodule->tracking.str(), dicom::uid_from_name("tracking|1.2.3|proposed.1"));
  EXPECT_EQ(nodule->evidence.front().id, "proposed.1.view");
  EXPECT_EQ(nodule->verification.inputs,
            (std::vector<std::string>{"lung.volume.right", "proposed.1.view"}));
  std::vector<std::string> order;
  for (const Statement* one : statements_in(version, Section::findings))
    order.emplace_back(1, letter(*one));
  EXPECT_EQ(order, (std::vector<std::string>{"V", "V", "U", "X", "N"}));
  EXPECT_EQ(statements_in(version, Section::impression).back()->id, "proposed.4");
  EXPECT_EQ(statement(version, "proposed.4").findings, std::vector<std::string>{"proposed.4"});
  EXPECT_THAT(version.statements.front().text, HasSubstr("language model Pixtral-12B"));
}

TEST(Proposals, AddedLaterGetTheNextIds) {
  ReportVersion version = tests::proposed_draft();
  const auto read = read_draft(tests::example_model_text, tests::chest_context());
  add_proposals(version, std::get<Draft>(read).proposals);
  EXPECT_NE(find_finding(version, "proposed.8"), nullptr);
  EXPECT_THAT(faults(version), testing::IsEmpty());
  add_proposals(version, {});
  EXPECT_EQ(find_finding(version, "proposed.9"), nullptr);
}

TEST(Proposals, AreLabelledInEveryFaceAndTheContradictedStayInside) {
  const ReportVersion version = tests::proposed_draft();
  for (const std::string& face :
       {to_text_report(version), to_html(version), to_xhtml_div(version),
        section_text(version, Section::findings), to_structured_report(version)}) {
    EXPECT_THAT(face,
                HasSubstr("AI, unverified: Nodule, right upper lobe: present. A solid nodule"));
    EXPECT_THAT(face, Not(HasSubstr("wrong right side")));
    EXPECT_THAT(face, Not(HasSubstr("4711")));
  }
  EXPECT_THAT(to_structured_report(version), HasSubstr("Tomoscribe model: Pixtral-12B"));
  tests::expect_golden("proposed.txt", to_text_report(version));
}

TEST(Proposals, OfASignedVersionAreStillTheModels) {
  const ReportVersion draft = tests::proposed_draft();
  const auto later = Moment::parse_iso("2026-01-02T11:00:00+01:00");
  const ReportVersion signed_off = signed_version(draft, 2, tests::example_reader(), later, false);
  EXPECT_THAT(faults(signed_off), testing::IsEmpty());
  const std::string text = to_text_report(signed_off);
  EXPECT_THAT(text, HasSubstr("[U] AI: Nodule, right upper lobe: present. A solid nodule"));
  EXPECT_THAT(text, Not(HasSubstr("wrong right side")));
  const ReportVersion edited_one =
      edited(draft, 2, {{.statement = "proposed.1", .text = "Nodule of the upper lobe."}},
             tests::example_reader(), later);
  EXPECT_THAT(to_text_report(edited_one), HasSubstr("[P] Nodule of the upper lobe."));
}

TEST(Proposals, LeaveAsACodeOnlyWhileTheModelsOwnSentenceStands) {
  const ReportVersion draft = tests::proposed_draft();
  const Finding& nodule = *find_finding(draft, "proposed.1");
  EXPECT_TRUE(is_outgoing(draft, nodule));
  const ReportVersion opposite =
      edited(draft, 2, {{.statement = "proposed.1", .text = "No nodule."}}, tests::example_reader(),
             Moment::parse_iso("2026-01-02T11:00:00+01:00"));
  EXPECT_FALSE(is_outgoing(opposite, *find_finding(opposite, "proposed.1")));
  EXPECT_THAT(to_structured_report(opposite), Not(HasSubstr("27925004")));
  const std::string text = to_text_report(opposite);
  EXPECT_THAT(text, HasSubstr("[P] No nodule."));
  EXPECT_THAT(text, Not(HasSubstr("where the model points")));
}

TEST(Proposals, SurviveJson) {
  const ReportVersion version = tests::proposed_draft();
  const std::string json = to_json(version);
  EXPECT_EQ(from_json(json), version);
  for (const char* kept : {R"("author": "model")", R"("contradicted")", "wrong right side",
                           "The claim and its sentence name different sides."})
    EXPECT_THAT(json, HasSubstr(kept)) << "the page shows it struck through";
}

}  // namespace
}  // namespace tomoscribe::reporting

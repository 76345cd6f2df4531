// ORU^R01 of one report in every state: against golden files, the validator, and hostile texts.

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hl7/order_message.h"
#include "tests/support/example_proposals.h"
#include "tests/support/example_report.h"
#include "tests/support/golden.h"
#include "tests/support/validators.h"

namespace tomoscribe::hl7 {
namespace {

const Route route{
    .sending_facility = "RAD", .receiving_application = "RIS", .receiving_facility = "HOSP"};

std::string oru(const reporting::ReportVersion& version, const std::string& control_id = "TS1") {
  return to_oru(version, route, control_id);
}

/// Golden files hold lines, so that a change can be read.
std::string lines(std::string text) {
  std::replace(text.begin(), text.end(), '\r', '\n');
  return text;
}

std::vector<const Segment*> all(const Message& message, const std::string& name) {
  std::vector<const Segment*> found;
  for (const Segment& segment : message.segments())
    if (segment.name() == name) found.push_back(&segment);
  return found;
}

/// Rows of the group of the finding with that code.
std::vector<const Segment*> group(const Message& message, const std::string& code) {
  std::string sub_id;
  for (const Segment* obx : all(message, "OBX"))
    if (obx->get(3) == "121071" && obx->get(5) == code) sub_id = obx->get(4);
  std::vector<const Segment*> rows;
  for (const Segment* obx : all(message, "OBX"))
    if (!sub_id.empty() && obx->get(3, 3) != "LN" && obx->get(3) != "110180" &&
        (obx->get(4) == sub_id || obx->get(4).starts_with(sub_id + ".")))
      rows.push_back(obx);
  return rows;
}

TEST(Oru, IsTheGoldenOne) {
  tests::expect_golden("draft.hl7", lines(oru(tests::example_draft())));
  tests::expect_golden("corrected.hl7", lines(oru(tests::example_corrected())));
}

TEST(Oru, CarriesTheStatusOfEachState) {
  const std::map<std::string, std::pair<std::string, std::string>> expected{
      {"draft", {"R", "R"}},     {"preliminary", {"P", "P"}}, {"final", {"F", "F"}},
      {"corrected", {"C", "C"}}, {"appended", {"F", "F"}},    {"withdrawn", {"C", "W"}}};
  for (const auto& [state, version] : tests::example_versions()) {
    const Message message = Message::parse(oru(version));
    EXPECT_EQ(message.find("OBR")->get(25), expected.at(state).first) << state;
    for (const Segment* obx : all(message, "OBX"))
      EXPECT_TRUE(obx->get(11) == expected.at(state).second ||
                  (obx->get(11) == "X" && state != "withdrawn"))  // X: not assessed
          << state << " OBX " << obx->get(1);
  }
}

TEST(Oru, LabelsWhatNobodySignedAndNamesWhoSigned) {
  for (const auto& [state, version] : tests::example_versions()) {
    const Message message = Message::parse(oru(version));
    const std::string label = message.find("OBX")->get(5);
    if (reporting::is_signed(version.state)) {
      EXPECT_EQ(message.find("OBR")->get(32, 1, 2), "Reader") << state;
      EXPECT_THAT(label, testing::Not(testing::HasSubstr("AI DRAFT"))) << state;
    } else {
      EXPECT_THAT(label, testing::HasSubstr("AI DRAFT")) << state;
      EXPECT_EQ(message.find("OBR")->get(32), "") << state;
    }
    EXPECT_EQ(label.find("WITHDRAWN") != std::string::npos, state == "withdrawn");
  }
}

TEST(Oru, ShortensAControlIdThatIsTooLong) {
  EXPECT_EQ(Message::parse(oru(tests::example_draft(), std::string(30, 'x'))).control_id(),
            std::string(20, 'x'));
}

TEST(Oru, NamesThePatientOfTheImagesAsEveryOtherFaceDoes) {
  auto version = tests::example_draft();
  version.order->patient = {.id = dicom::PatientId("PID-8"),
                            .issuer = "ELSEWHERE",
                            .name = {.family = "Newname"},
                            .birth_date = dicom::parse_date("19990909"),
                            .sex = "M"};
  version.order->assigning_authority = "ELSEWHERE";
  const Message message = Message::parse(oru(version));
  const Segment& pid = *message.find("PID");
  EXPECT_EQ(pid.whole(3), "PID-7^^^HOSP^MR");
  EXPECT_EQ(pid.whole(5), "Doe^Jane");
  EXPECT_EQ(pid.get(7) + pid.get(8), "19600102F");
}

TEST(Oru, TakesTheAuthorityFromTheOrderWhereTheImagesNameNone) {
  auto version = tests::example_draft();
  version.study.patient.issuer.clear();
  version.order->patient.issuer = "RIS";
  EXPECT_EQ(Message::parse(oru(version)).find("PID")->get(3, 4), "RIS");
  version.order->patient.issuer.clear();
  EXPECT_EQ(Message::parse(oru(version)).find("PID")->get(3, 4), "HOSP");
  version.order.reset();
  EXPECT_EQ(Message::parse(oru(version)).find("PID")->get(3, 4), "UNKNOWN");
}

TEST(Oru, TakesNumbersFromTheOrder) {
  const Message message = Message::parse(oru(tests::example_draft()));
  EXPECT_EQ(message.find("OBR")->get(2), "PL-1");
  EXPECT_EQ(message.find("ORC")->get(3), "FI-1");
  EXPECT_EQ(message.find("OBR")->get(18), "ACC-7");
  EXPECT_EQ(message.find("OBR")->get(31, 2), "Cough for six weeks");
}

TEST(Oru, SaysWhetherAFindIsThere) {
  const Message message = Message::parse(oru(tests::disputed_draft()));
  const auto presence = [&](const char* code) {
    for (const Segment* obx : group(message, code))
      if (obx->get(3) == "705057003") return obx->get(5) + " " + obx->get(11);
    return std::string("no row");
  };
  EXPECT_EQ(presence("36118008"), "272519000 R");  // pneumothorax: absent
  EXPECT_EQ(presence("59282003"), "52101004 R");   // embolism: present
  EXPECT_EQ(presence("27925004"), " X");           // nodules: not looked for
  EXPECT_EQ(group(message, "59282003").front()->get(8), "AA");
  for (const Segment* obx : group(message, "27925004"))
    EXPECT_TRUE(obx->get(11) == "X" || obx->get(2) == "TX") << obx->get(3);
}

TEST(Oru, SendsALowerBoundAsSuch) {
  const Message message = Message::parse(oru(tests::disputed_draft()));
  std::set<std::string> volumes;
  for (const Segment* obx : all(message, "OBX"))
    if (obx->get(3) == "118565006") volumes.insert(obx->get(2) + " " + obx->whole(5) + obx->get(6));
  EXPECT_THAT(volumes, testing::UnorderedElementsAre("SN >=^2431mL", "NM 2105mL"));
}

TEST(Oru, KeepsContradictedStatementsAndFindingsInside) {
  const std::string text = oru(tests::disputed_draft());
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("wrong lobe")));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("4711")));
  EXPECT_THAT(text, testing::HasSubstr("Pulmonary embolism"));
}

TEST(Oru, SaysWhatAModelProposed) {
  const std::string text = oru(tests::proposed_draft());
  EXPECT_THAT(text, testing::HasSubstr(
                        "AI, unverified: Nodule, right upper lobe: present. A solid nodule"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("wrong right side")));
  const Message message = Message::parse(text);
  std::set<std::string> proposed;
  for (const Segment* obx : all(message, "OBX"))
    if (obx->get(17) == "AI") proposed.insert(obx->get(5) + " " + obx->get(17, 2));
  EXPECT_THAT(proposed, testing::Contains("45653009 proposed by AI, unverified"));
  EXPECT_THAT(proposed, testing::Contains("order-answer proposed by AI, unverified"));
  EXPECT_THAT(proposed, testing::Not(testing::Contains(testing::HasSubstr("60046008"))));
}

TEST(Oru, HostileTextsAddNoSegmentAndNoField) {
  const Message plain = Message::parse(oru(tests::example_draft()));
  const std::string text = oru(tests::hostile_draft());
  const Message hostile = Message::parse(text);
  ASSERT_EQ(hostile.segments().size(), plain.segments().size());
  for (std::size_t i = 0; i < plain.segments().size(); ++i)
    EXPECT_EQ(hostile.segments()[i].name(), plain.segments()[i].name());
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("\rOBX|1|TX|X|")));
  EXPECT_THAT(hostile.find("OBR")->get(31, 2), testing::HasSubstr("Pain\nOBX|1|TX|X||injected"));
  EXPECT_EQ(hostile.find("PID")->get(5), "<script>alert(1)</script>|O'H&ara");
}

TEST(Oru, IsWrittenWithoutOrderNameProcedureOrNumbers) {
  auto bare = tests::example_draft();
  bare.order.reset();
  bare.study.patient = {.id = dicom::PatientId("P1")};
  bare.study.accession = {};
  bare.study.procedure = {};
  bare.study.started.reset();
  const Message message = Message::parse(oru(bare));
  EXPECT_EQ(message.find("OBR")->get(3), "1.2.3");
  EXPECT_EQ(message.find("OBR")->get(4), "25045-6");
  EXPECT_EQ(message.find("PID")->get(5), "UNKNOWN");
}

TEST(Oru, PassesTheValidator) {
  if (!tests::validators_ready()) GTEST_SKIP() << "node or its packages missing";
  std::map<std::string, std::string> texts;
  for (const auto& [state, version] : tests::example_versions())
    texts[state] = oru(version, "TS-" + state);
  auto bare = tests::example_final();
  bare.order.reset();
  bare.study.patient = {.id = dicom::PatientId("P1")};
  bare.signature->signer.id.clear();
  texts["bare"] = oru(bare, "TS-bare");
  texts["disputed"] = oru(tests::disputed_draft(), "TS-disputed");
  texts["proposed"] = oru(tests::proposed_draft(), "TS-proposed");
  texts["hostile"] = oru(tests::hostile_draft(), "TS-hostile");
  tests::expect_valid("validate-hl7.mjs", texts);
}

}  // namespace
}  // namespace tomoscribe::hl7

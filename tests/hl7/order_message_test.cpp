// Orders as scheduling systems send them (ORM^O01 of 2.3.1 and 2.5.1, OMI^O23), and what they are
// answered.

#include "hl7/order_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/validators.h"

namespace tomoscribe::hl7 {
namespace {

const auto now = reporting::Moment::parse_iso("2026-01-02T10:20:30+01:00");

/// IHE SWF, 2.3.1: the study UID in ZDS-1.
const std::string swf_231 =
    "MSH|^~\\&|RIS|HOSP|TOMOSCRIBE|RAD|20260102090000||ORM^O01|M1|P|2.3.1\r"
    "PID|1||P7^^^HOSP^MR||Doe^Jane^Q^Jr^Dr||19600102|F\r"
    "PV1|1|O\r"
    "ORC|NW|PL1^RIS|FI1^RAD||SC||^^^^^S|||||D1^Ord^Ann\r"
    "OBR|1|PL1^RIS|FI1^RAD|CTCH^CT chest^L|||||||||Smoker, 40 "
    "py|||D2^Other^Bob||ACC7|RP1|SP1||||CT|||||||"
    "R05^Cough for six weeks^I10\r"
    "DG1|1||C34.9^Lung cancer suspected^I10\r"
    "OBX|1|NM|2160-0^Creatinine^LN||0.9|mg/dL|||||F\r"
    "OBX|2|CE|11449-6^Pregnancy status^LN||N^Not pregnant^L||||||F\r"
    "OBX|3|SN|33914-3^eGFR^LN||>^60|mL/min|||||F\r"
    "NTE|1||Claustrophobic~Needs a chair\r"
    "ZDS|1.2.840.99.7^100^Application^DICOM\r";

/// IHE SWF.b, 2.5.1: accession and study UID in IPC.
const std::string omi_251 =
    "MSH|^~\\&|RIS|HOSP|TOMOSCRIBE|RAD|20260102090000+0100||OMI^O23^OMI_O23|M2|P|2.5.1|||||||"
    "UNICODE UTF-8\r"
    "PID|1||X1^^^INS^SS~P8^^^HOSP&1.2.3&ISO^MR||Müller^Jörg||1950|M\r"
    "ORC|NW|PL2|FI2||SC|||||||D1^Ord^Ann\r"
    "TQ1|1||||||||A\r"
    "OBR|1|PL2|FI2|36813-4^CT Abdomen W^LN||||||||||||||OTHER|||||||||||||^Pain\\T\\fever~^Weight "
    "loss\r"
    "IPC|ACC8|RP8|1.2.840.99.8|SP8|CT\r";

OrderMessage read(const std::string& text) {
  return read_order(Message::parse(text));
}

std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

int refusal(const std::string& text) {
  try {
    read(text);
  } catch (const Rejected& why) {
    EXPECT_THAT(why.what(), testing::Not(testing::HasSubstr("Doe")));
    return why.error_code();
  }
  return 0;
}

TEST(ReadOrder, UnderstandsAnOrmOfVersion231) {
  const OrderMessage message = read(swf_231);
  const reporting::Order& order = message.order;
  EXPECT_EQ(message.control, "NW");
  EXPECT_EQ(message.control_id, "M1");
  EXPECT_EQ(message.sender, "RIS|HOSP");
  EXPECT_EQ(order.placer_number, "PL1");
  EXPECT_EQ(order.filler_number, "FI1");
  EXPECT_EQ(order.accession.str(), "ACC7");
  EXPECT_EQ(order.study, dicom::StudyUid("1.2.840.99.7"));
  EXPECT_EQ(order.procedure, (reporting::Code{"CTCH", "L", "CT chest"}));
  EXPECT_EQ(order.indication, "Cough for six weeks; Lung cancer suspected");
  EXPECT_EQ(
      order.history,
      "Smoker, 40 py; Creatinine: 0.9 mg/dL; Pregnancy status: Not pregnant; eGFR: >60 mL/min; "
      "Claustrophobic\nNeeds a chair");
  EXPECT_EQ(order.ordering_provider, "D2^Other^Bob");
  EXPECT_EQ(order.priority, "S");
  EXPECT_EQ(order.status, "active");
  EXPECT_EQ(order.patient.id.str(), "P7");
  EXPECT_EQ(order.patient.issuer, "HOSP");
  EXPECT_EQ(order.patient.name.pn(), "Doe^Jane^Q^Dr^Jr");
  EXPECT_EQ(order.patient.sex, "F");
  ASSERT_TRUE(order.patient.birth_date);
  EXPECT_EQ(dicom::iso_date(*order.patient.birth_date), "1960-01-02");
}

TEST(ReadOrder, UnderstandsAnOrmOfVersion251) {
  EXPECT_EQ(read(changed(changed(swf_231, "ORM^O01", "ORM^O01^ORM_O01"), "2.3.1", "2.5.1")).order,
            read(swf_231).order);
}

TEST(ReadOrder, UnderstandsAnOmi) {
  const reporting::Order order = read(omi_251).order;
  EXPECT_EQ(order.accession.str(), "ACC8");  // IPC-1, not OBR-18
  EXPECT_EQ(order.study, dicom::StudyUid("1.2.840.99.8"));
  EXPECT_EQ(order.indication, "Pain&fever; Weight loss");
  EXPECT_EQ(order.priority, "A");
  EXPECT_EQ(order.patient.id.str(), "P8");  // the MR of the list
  EXPECT_EQ(order.patient.issuer, "HOSP");
  EXPECT_EQ(order.patient.name.display(), "Jörg Müller");
  EXPECT_EQ(order.patient.birth_date, std::nullopt);  // a year alone is no date
  EXPECT_EQ(order.ordering_provider, "D1^Ord^Ann");
}

TEST(ReadOrder, FallsBackWhereASiteLeavesFieldsOut) {
  const reporting::Order order = read(changed(changed(swf_231, "|ACC7|", "||"),
                                              "ZDS|1.2.840.99.7^100^Application^DICOM\r", ""))
                                     .order;
  EXPECT_EQ(order.accession.str(), "FI1");
  EXPECT_EQ(order.study, std::nullopt);
  EXPECT_EQ(read(changed(swf_231, "P7^^^HOSP^MR", "P7^^^&1.2.3&ISO")).order.patient.issuer,
            "1.2.3");
  EXPECT_EQ(read(changed(swf_231, "ORC|NW|PL1^RIS|FI1^RAD", "ORC|NW||")).order.placer_number,
            "PL1");
}

TEST(ReadOrder, KnowsTheOrderControls) {
  for (const char* control : {"NW", "XO", "SC", "RP", "RO", "OK", "SN"})
    EXPECT_EQ(read(changed(swf_231, "ORC|NW", std::string("ORC|") + control)).order.status,
              "active")
        << control;
  for (const char* control : {"CA", "OC", "DC"})
    EXPECT_EQ(read(changed(swf_231, "ORC|NW", std::string("ORC|") + control)).order.status,
              "cancelled")
        << control;
  EXPECT_EQ(refusal(changed(swf_231, "ORC|NW", "ORC|QQ")), 103);
  EXPECT_EQ(refusal(changed(swf_231, "ORC|NW", "ORC|")), 103);
}

TEST(ReadOrder, TakesACancelledStatusForACancelledOrder) {
  const std::string status = changed(swf_231, "ORC|NW", "ORC|SC");
  EXPECT_EQ(read(changed(status, "FI1^RAD||SC|", "FI1^RAD||CA|")).order.status, "cancelled");
  EXPECT_EQ(read(changed(status, "FI1^RAD||SC|", "FI1^RAD||CM|")).order.status, "active");
}

TEST(ReadOrder, RefusesWhatItDoesNotTake) {
  EXPECT_EQ(refusal(changed(swf_231, "ORM^O01", "ADT^A08")), 200);
  EXPECT_EQ(refusal(changed(swf_231, "ORM^O01", "ORM^O99")), 201);
  EXPECT_EQ(refusal(changed(swf_231, "ORM^O01", "ORM")), 201);
  EXPECT_EQ(refusal(changed(swf_231, "|M1|", "||")), 101);
  EXPECT_EQ(refusal(changed(swf_231, "P7^^^HOSP^MR", "")), 101);
  EXPECT_EQ(refusal("MSH|^~\\&|A||||||ORM^O01|1|P|2.3.1\rORC|NW|1\r"), 101);
  EXPECT_EQ(refusal("MSH|^~\\&|A||||||ORM^O01|1|P|2.3.1\rPID|1||P\r"), 101);
  EXPECT_EQ(refusal("MSH|^~\\&|A||||||ORM^O01|1|P|2.3.1\rPID|1||P\rORC|NW\rOBR|1\r"), 101);
  EXPECT_EQ(refusal(changed(swf_231, "P7^^^", std::string(65, 'P') + "^^^")), 102);
  EXPECT_EQ(refusal(changed(swf_231, "ACC7", std::string(65, 'A'))), 102);
}

/// Where a text is refused, as ERR-2 says it.
std::string refused_at(const std::string& text) {
  try {
    read(text);
  } catch (const Rejected& why) {
    return why.location();
  }
  return "taken";
}

TEST(ReadOrder, TakesTheVersionsThatTheDocsNameAndNoOther) {
  for (const char* version : {"2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6"})
    EXPECT_EQ(refusal(changed(swf_231, "|P|2.3.1", std::string("|P|") + version)), 0) << version;
  for (const char* version : {"2.1", "2.2", "2.7", "2.8.2", "2.5.2", "2", ""})
    EXPECT_EQ(refusal(changed(swf_231, "|P|2.3.1", std::string("|P|") + version)), 203) << version;
  for (const char* version : {"2.5", "2.5.1", "2.6"})
    EXPECT_EQ(refusal(changed(omi_251, "|P|2.5.1", std::string("|P|") + version)), 0) << version;
  for (const char* version : {"2.3.1", "2.4", "2.7"})
    EXPECT_EQ(refusal(changed(omi_251, "|P|2.5.1", std::string("|P|") + version)), 203) << version;
  EXPECT_EQ(refusal(changed(swf_231, "|P|2.3.1", "|P|2.5.1^DEU")), 0);
  EXPECT_EQ(refused_at(changed(swf_231, "|P|2.3.1", "|P|2.7")), "MSH^1^12");
}

TEST(ReadOrder, TakesNoTestMessageForARealOrder) {
  for (const char* processing : {"T", "D", "", "X"})
    EXPECT_EQ(refusal(changed(swf_231, "|P|2.3.1", std::string("|") + processing + "|2.3.1")), 202)
        << processing;
  EXPECT_EQ(refusal(changed(swf_231, "|P|2.3.1", "|P^A|2.3.1")), 0);
  EXPECT_EQ(refused_at(changed(swf_231, "|P|2.3.1", "|T|2.3.1")), "MSH^1^11");
}

TEST(ReadOrder, RefusesAStudyUidThatIsNone) {
  for (const char* bad : {"1.2..3", "1.2.x", "STUDY 7"}) {
    EXPECT_EQ(refused_at(changed(swf_231, "1.2.840.99.7", bad)), "ZDS^1^1") << bad;
    EXPECT_EQ(refused_at(changed(omi_251, "1.2.840.99.8", bad)), "IPC^1^3") << bad;
    EXPECT_EQ(refusal(changed(omi_251, "1.2.840.99.8", bad)), 102) << bad;
  }
}

TEST(ReadOrder, RefusesAControlIdThatItCannotEchoWhole) {
  const auto with_id = [](const std::string& id) {
    return changed(swf_231, "|M1|", "|" + id + "|");
  };
  EXPECT_EQ(refusal(with_id(std::string(199, 'i'))), 0);
  EXPECT_EQ(refused_at(with_id(std::string(200, 'i'))), "MSH^1^10");
  std::string umlauts;
  for (int i = 0; i < 300; ++i) umlauts += "ü";
  const Message answer =
      Message::parse(acknowledgement(Message::parse(with_id(umlauts)), "AE", now, "A1"));
  EXPECT_EQ(answer.find("MSA")->get(2), umlauts.substr(0, std::string::size_type{199} * 2));
}

TEST(ReadOrder, RefusesSeveralOrdersLestAllButOneBeLost) {
  EXPECT_EQ(refusal(swf_231 + "ORC|NW|PL9|FI9\rOBR|2|PL9|FI9|CTHEAD\r"), 100);
}

TEST(ReadOrder, ReadsAnOrderOfManySegmentsWithinTime) {
  std::string text = swf_231;
  for (int i = 0; i < 15000; ++i) text += "OBX|1|ST|a^b^L||c\r";
  EXPECT_THAT(read(text).order.history, testing::HasSubstr("b: c; Claustrophobic"));
}

TEST(Acknowledgement, CarriesTheirControlIdAndOurReason) {
  const Message received = Message::parse(swf_231);
  const Message accepted = Message::parse(acknowledgement(received, "AA", now, "A1"));
  EXPECT_EQ(accepted.type(), "ACK^O01");
  EXPECT_EQ(accepted.find("MSA")->get(1), "AA");
  EXPECT_EQ(accepted.find("MSA")->get(2), "M1");
  EXPECT_EQ(accepted.find("ERR"), nullptr);
  EXPECT_EQ(accepted.find("MSH")->get(5), "RIS");
  EXPECT_EQ(accepted.find("MSH")->get(3), "TOMOSCRIBE");
  const Rejected why("ORC-1 is not a known order control", 103, "ORC^1^1");
  const Message refused = Message::parse(acknowledgement(received, "AE", now, "A2", &why));
  EXPECT_EQ(refused.find("ERR")->whole(2), "ORC^1^1");
  EXPECT_EQ(refused.find("ERR")->get(3), "103");
  EXPECT_EQ(refused.find("ERR")->get(4), "E");
}

TEST(Acknowledgement, FindsTheControlIdInGarbage) {
  const auto found = [](const std::string& bytes) {
    const Rejected why("no message", 100);
    const Message answer = Message::parse(acknowledgement_of_garbage(bytes, now, "A3", why));
    EXPECT_EQ(answer.find("MSA")->get(1), "AR");
    EXPECT_EQ(answer.find("ERR")->get(3), "100");
    return answer.find("MSA")->get(2);
  };
  EXPECT_EQ(found("MSH|^~|RIS|||||||ID9|P"), "ID9");
  EXPECT_EQ(found("xxMSH#*@!%#RIS######ORM*O01#ID8\rPID"), "ID8");
  for (const std::string& bytes :
       {std::string(), std::string("MSH"), std::string("MSH|"), std::string("hello"),
        std::string("MSH|||||||||\r"), std::string("\0\xff", 2)})
    EXPECT_EQ(found(bytes), "");
  EXPECT_LE(found("MSH|||||||||" + std::string(5000, 'x')).size(), 50U);
  EXPECT_EQ(found("MSH|||||||||a\xff|b"), "a\ufffd");
}

TEST(Acknowledgement, PassesTheValidator) {
  if (!tests::validators_ready()) GTEST_SKIP() << "node or its packages missing";
  const Rejected missing("PID-3 is missing", 101, "PID^1^3"), type("only orders", 200, "MSH^1^9"),
      ours("the database is not available; send again", 207);
  std::map<std::string, std::string> texts;
  for (const auto& [name, order] : {std::pair("orm", swf_231), std::pair("omi", omi_251)}) {
    const Message received = Message::parse(order);
    texts[std::string(name) + "-aa"] =
        acknowledgement(received, "AA", now, name + std::string("1"));
    texts[std::string(name) + "-ae"] =
        acknowledgement(received, "AE", now, name + std::string("2"), &missing);
    texts[std::string(name) + "-ae2"] =
        acknowledgement(received, "AE", now, name + std::string("3"), &ours);
    texts[std::string(name) + "-ar"] =
        acknowledgement(received, "AR", now, name + std::string("4"), &type);
  }
  texts["garbage"] = acknowledgement_of_garbage("MSH|^~|RIS|||||||ID9|P", now, "G1", missing);
  tests::expect_valid("validate-hl7.mjs --strict", texts);
}

}  // namespace
}  // namespace tomoscribe::hl7

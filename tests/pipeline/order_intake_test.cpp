// Orders over MLLP into PostgreSQL.

#include "pipeline/order_intake.h"

#include "hl7/message.h"
#include "hl7/mllp.h"
#include "tests/pipeline/service_fixture.h"

namespace tomoscribe::pipeline {
namespace {

using Kind = hl7::MllpResult::Kind;
using testing::HasSubstr;
using testing::Not;

class OrderIntakeTest : public ServiceTest {
 protected:
  static std::string order(const std::string& control_id, const std::string& reason = "Cough") {
    return "MSH|^~\\&|RIS|HOSP|TOMOSCRIBE|RAD|20260102030405||ORM^O01|" + control_id +
           "|P|2.3.1\rPID|1||PID-7^^^HOSP||ZZNAMEZZ^Jane||19600102|F\rORC|NW|PL-1|FI-1\r"
           "OBR|1|PL-1|FI-1|CTCHWO^CT chest^L||||||||||||||ACC-7|||||||||||||" +
           reason + "\r";
  }
  std::string answer(const std::string& message) { return intake_.answer(message, "10.0.0.1"); }
  static hl7::Segment msa(const std::string& acknowledgement) {
    return *hl7::Message::parse(acknowledgement).find("MSA");
  }
  OrderIntake& intake() { return intake_; }

 private:
  db::OrderRecords records_{dsn()};
  OrderIntake intake_{records_, "SITE", log(), metrics()};
};

TEST_F(OrderIntakeTest, AcceptedMeansCommitted) {
  hl7::MllpServer server({.port = 0}, [this](std::string_view message, const std::string& peer) {
    std::string acknowledgement = intake().answer(message, peer);
    EXPECT_EQ(value("SELECT count(*) FROM imaging_order"), "1") << "before the answer leaves";
    return acknowledgement;
  });
  const auto result = hl7::send_message(order("M1"), {"127.0.0.1", server.port()});
  EXPECT_EQ(result.kind, Kind::accepted) << result.reason;
  EXPECT_EQ(result.code, "AA");
  EXPECT_EQ(value("SELECT filler FROM imaging_order"), "FI-1");
}

TEST_F(OrderIntakeTest, ARepeatedMessageGetsTheSameWords) {
  const std::string first = answer(order("M1"));
  EXPECT_EQ(msa(first).get(1), "AA");
  EXPECT_EQ(msa(first).get(2), "M1");
  EXPECT_EQ(answer(order("M1")), first);
  EXPECT_EQ(value("SELECT count(*) FROM hl7_inbox"), "1");
}

TEST_F(OrderIntakeTest, ASenderThatBeginsItsControlIdsAnewLosesNothing) {
  answer(order("M1", "Cough"));
  EXPECT_EQ(msa(answer(order("M1", "Fever"))).get(1), "AA");
  EXPECT_EQ(value("SELECT indication FROM imaging_order"), "Fever");
}

TEST_F(OrderIntakeTest, WithoutTheDatabaseTheSenderIsToldToTryAgain) {
  test_cluster().stop();
  const std::string refused = answer(order("M1"));
  EXPECT_EQ(msa(refused).get(1), "AE");
  EXPECT_EQ(msa(refused).get(2), "M1");
  EXPECT_NE(hl7::Message::parse(refused).find("ERR"), nullptr);
  test_cluster().start();
  EXPECT_EQ(msa(answer(order("M1"))).get(1), "AA");
}

TEST_F(OrderIntakeTest, RefusesWhatNoRetryCanMend) {
  std::string other = order("M2");
  other.replace(other.find("ORM^O01"), 7, "ADT^A01");
  EXPECT_EQ(msa(answer(other)).get(1), "AR");
  std::string anonymous = order("M3");
  anonymous.erase(anonymous.find("PID|"), anonymous.find("ORC|") - anonymous.find("PID|"));
  EXPECT_EQ(msa(answer(anonymous)).get(1), "AE");
  EXPECT_EQ(value("SELECT count(*) FROM imaging_order"), "0");
}

TEST_F(OrderIntakeTest, RefusesTestMessagesForeignVersionsAndBatches) {
  const auto err = [this](const std::string& from, const std::string& to) {
    std::string message = order("M7");
    message.replace(message.find(from), from.size(), to);
    const auto acknowledgement = hl7::Message::parse(answer(message));
    return acknowledgement.find("MSA")->get(1) + acknowledgement.find("ERR")->get(3);
  };
  EXPECT_EQ(err("|P|2.3.1", "|T|2.3.1"), "AR202");
  EXPECT_EQ(err("|P|2.3.1", "|P|2.7"), "AR203");
  EXPECT_EQ(err("MSH|", "BHS|^~\\&|RIS\rMSH|"), "AR200");
  EXPECT_EQ(err("|M7|", "|" + std::string(300, 'M') + "|"), "AE102");
  EXPECT_EQ(value("SELECT count(*) FROM imaging_order"), "0");
}

TEST_F(OrderIntakeTest, ALateAcknowledgementRevivesNoCancelledOrder) {
  const auto as = [this](const std::string& control, const std::string& id) {
    std::string message = order(id);
    message.replace(message.find("ORC|NW"), 6, "ORC|" + control);
    answer(message);
    return value("SELECT status FROM imaging_order");
  };
  EXPECT_EQ(as("NW", "M1"), "active");
  EXPECT_EQ(as("CA", "M2"), "cancelled");
  EXPECT_EQ(as("OK", "M3"), "cancelled");
  EXPECT_EQ(as("SC", "M4"), "cancelled");
  EXPECT_EQ(as("NW", "M5"), "active");
}

TEST_F(OrderIntakeTest, AnswersGarbageAndKeepsItOutOfTheLog) {
  for (const std::string& bytes :
       {std::string(), std::string("ZZNAMEZZ"), std::string("MSH|"), std::string("MSH|^~\\&\r"),
        std::string(1000, '\xff'), std::string(100, '\0'), order("").substr(0, 60)})
    EXPECT_THAT(answer(bytes), HasSubstr("MSA|A"));
  answer(order("M1", "ZZREASONZZ"));
  answer(order("ZZIDZZ") + "PID|1||ZZ\r");
  EXPECT_THAT(logged(), HasSubstr("order stored"));
  EXPECT_THAT(logged(), Not(HasSubstr("ZZ")));
}

}  // namespace
}  // namespace tomoscribe::pipeline

// Orders: stored once, joined to their study, and the new drafts they cause.

#include "tests/db/database_fixture.h"

namespace tomoscribe::db {
namespace {

reporting::Order order(const std::string& patient = "P'1; DROP TABLE study;--") {
  return {
      .placer_number = "PL1",
      .filler_number = "F1",
      .accession = dicom::AccessionNumber("ACC1"),
      .patient = {.id = dicom::PatientId(patient), .name = dicom::PersonName::parse_pn("O'Hara")},
      .indication = "cough",
      .status = "active"};
}

TEST_F(Db, AnOrderIsStoredOnceAndItsAcknowledgementRepeated) {
  OrderRecords orders(dsn);
  EXPECT_EQ(orders.acknowledged("RIS", "M1"), std::nullopt);
  orders.store(order(), "NW", "RIS", "M1", "ack text");
  orders.store(order(), "NW", "RIS", "M1", "ack text");
  EXPECT_EQ(orders.acknowledged("RIS", "M1"), "ack text");
  auto changed = order();
  changed.indication = "haemoptysis";
  orders.store(changed, "XO", "RIS", "M2", "ack");
  EXPECT_EQ(sql("SELECT FROM imaging_order").size(), 1U);
  EXPECT_EQ(sql("SELECT indication FROM imaging_order")[0][0].as<std::string>(), "haemoptysis");
  intake->record(instance(1));
  EXPECT_EQ(store->order_for(dicom::StudyUid("1.2.3"), dicom::AccessionNumber("ACC1"))->indication,
            "haemoptysis");
  auto cancelled = order();
  cancelled.status = "cancelled";
  orders.store(cancelled, "CA", "RIS", "M3", "ack");
  EXPECT_EQ(store->order_for(dicom::StudyUid("1.2.3"), dicom::AccessionNumber("ACC1")),
            std::nullopt);
}

TEST_F(Db, AnOrderAfterTheDraftMakesANewDraftButNotAfterSigning) {
  drafted();
  OrderRecords orders(dsn);
  orders.store(order(), "NW", "RIS", "M1", "ack");
  EXPECT_EQ(queue->make_due(), 1);
  const auto job = queue->claim();
  EXPECT_EQ(queue->input(*job).order->indication, "cough");
  queue->finish(*job, draft(2));
  store->append(reporting::signed_version(draft(2), 3, reader(), {}, false), "Rosa");
  orders.store(order(), "XO", "RIS", "M2", "ack");
  EXPECT_EQ(queue->make_due(), 0);
}

TEST_F(Db, AnOrderThatArrivesDuringTheAnalysisIsNotForgotten) {
  intake->record(instance(1));
  queue->make_due();
  const auto job = queue->claim();
  OrderRecords(dsn).store(order(), "NW", "RIS", "M1", "ack");
  queue->finish(*job, draft(1));
  EXPECT_EQ(queue->make_due(), 1);
}

TEST_F(Db, ALaterMessageWithLessInItKeepsWhatIsKnown) {
  OrderRecords orders(dsn);
  orders.store(order(), "NW", "RIS", "M1", "ack");
  reporting::Order sparse;
  sparse.placer_number = order().placer_number;
  sparse.assigning_authority = order().assigning_authority;
  sparse.priority = "S";
  orders.store(sparse, "XO", "RIS", "M2", "ack");
  intake->record(instance(1));
  const auto known =
      store->order_for(dicom::StudyUid("1.2.3"), dicom::AccessionNumber("ACC1")).value();
  EXPECT_EQ(known.indication, "cough");
  EXPECT_EQ(known.filler_number, order().filler_number);
  EXPECT_EQ(known.priority, "S");
}

TEST_F(Db, AnOrderToldOfByEachNumberAloneBecomesOne) {
  OrderRecords orders(dsn);
  auto by_placer = order(), by_filler = order(), by_both = order();
  by_placer.placer_number = by_both.placer_number = "P1";
  by_filler.filler_number = by_both.filler_number = "F1";
  by_placer.filler_number = by_filler.placer_number = "";
  by_both.indication = "haemoptysis";
  orders.store(by_placer, "NW", "RIS", "M1", "ack");
  orders.store(by_filler, "NW", "RIS", "M2", "ack");
  orders.store(by_both, "XO", "RIS", "M3", "ack");
  const auto active =
      sql("SELECT placer, filler, indication FROM imaging_order WHERE status = 'active'");
  ASSERT_EQ(active.size(), 1U);
  EXPECT_EQ(active[0][0].as<std::string>() + active[0][1].as<std::string>(), "P1F1");
  EXPECT_EQ(active[0][2].as<std::string>(), "haemoptysis");
}

TEST_F(Db, AnOrderThatMovesToAnotherAccessionLeavesTheFirstStudyANewDraft) {
  OrderRecords orders(dsn);
  orders.store(order(), "NW", "RIS", "M1", "ack");
  drafted();
  EXPECT_EQ(queue->make_due(), 0);
  auto moved = order();
  moved.accession = dicom::AccessionNumber("ACC2");
  orders.store(moved, "XO", "RIS", "M2", "ack");
  EXPECT_EQ(queue->make_due(), 1);
}

TEST_F(Db, ACancelledOrderIsRevivedByAnOrderAloneNotByLateStatusOrAcknowledgement) {
  OrderRecords orders(dsn);
  int count = 0;
  const auto status_after = [&](const std::string& control, const std::string& told) {
    auto one = order();
    one.status = told;
    orders.store(one, control, "RIS", "M" + std::to_string(++count), "ack");
    return sql("SELECT status FROM imaging_order")[0][0].as<std::string>();
  };
  EXPECT_EQ(status_after("OK", "active"), "active");
  EXPECT_EQ(status_after("SC", "cancelled"), "cancelled");  // ORC-5 CA
  for (const char* control : {"OK", "SC", "SN"})
    EXPECT_EQ(status_after(control, "active"), "cancelled") << control;
  for (const char* control : {"NW", "XO", "RP", "RO"}) {
    EXPECT_EQ(status_after(control, "active"), "active") << control;
    EXPECT_EQ(status_after("CA", "cancelled"), "cancelled") << control;
  }
}

TEST_F(Db, AnOrderOfTheSameIdButOfAnotherPersonDoesNotJoin) {
  auto image = instance(1);
  auto& imaged = image.header.study_header;
  imaged.issuer_of_patient_id = "HOSP";
  imaged.patient_birth_date = dicom::parse_date("19600102");
  imaged.patient_sex = "F";
  intake->record(image);
  OrderRecords orders(dsn);
  int count = 0;
  std::string mismatch;
  const auto joins = [&](const std::string& issuer, const char* birth_date,
                         const std::string& sex) {
    auto one = order();
    one.filler_number = one.placer_number = "N" + std::to_string(++count);
    one.patient.issuer = issuer;
    one.patient.birth_date = dicom::parse_date(birth_date);
    one.patient.sex = sex;
    one.patient.name = dicom::PersonName::parse_pn("Married^Since");
    orders.store(one, "NW", "RIS", "M" + std::to_string(count), "ack");
    queue->make_due();
    const auto job = queue->claim();
    const auto input = queue->input(*job);
    mismatch = input.mismatch;
    queue->finish_unsuitable(*job, "done");
    EXPECT_EQ(
        input.order.has_value(),
        store->order_for(dicom::StudyUid("1.2.3"), dicom::AccessionNumber("ACC1")).has_value());
    return input.order.has_value();
  };
  EXPECT_TRUE(joins("HOSP", "19600102", "F"));
  EXPECT_TRUE(joins("", "", ""));  // what the order does not know contradicts nothing
  EXPECT_EQ(mismatch, "");
  EXPECT_FALSE(joins("ELSEWHERE", "19600102", "F"));
  EXPECT_THAT(mismatch, testing::HasSubstr("another assigning authority"));
  EXPECT_FALSE(joins("HOSP", "19600201", "F"));
  EXPECT_THAT(mismatch, testing::HasSubstr("another birth date"));
  EXPECT_FALSE(joins("HOSP", "19600102", "M"));
  EXPECT_THAT(mismatch, testing::HasSubstr("another sex"));
  EXPECT_TRUE(joins("HOSP", "19600102", "F"));
}

TEST_F(Db, AnOrderForAnotherPatientDoesNotJoin) {
  intake->record(instance(1));
  OrderRecords(dsn).store(order("SOMEBODY ELSE"), "NW", "RIS", "M1", "ack");
  queue->make_due();
  const auto input = queue->input(*queue->claim());
  EXPECT_FALSE(input.order);
  EXPECT_NE(input.mismatch, "");
}

}  // namespace
}  // namespace tomoscribe::db

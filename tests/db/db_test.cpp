#include <thread>

#include "db/detail/sql.h"
#include "tests/db/database_fixture.h"

namespace tomoscribe::db {
namespace {

TEST_F(Db, ASliceInFlightWhileTheAnalysisEndsIsInTheNextDraft) {
  intake->record(instance(1));
  ASSERT_EQ(queue->make_due(), 1);
  const auto job = queue->claim();
  pqxx::connection sender(dsn);
  pqxx::work slice(sender);
  slice.exec(
      "SELECT record_instance('1.2.3.1.2', '1.2.3', '1.2.3.1', 'ct', 'le', 2, 1, 1, 1, 'f', 'c', "
      "'i', 10, 'A', 'CT', '', 1, 'P', '', 'N', NULL, '', '', '', '', '', '', '')");
  std::jthread worker([&] { queue->finish(*job, draft(1)); });
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (sql("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'").empty() &&
         std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  slice.commit();
  worker.join();
  EXPECT_EQ(state(), StudyState::receiving);
  EXPECT_EQ(queue->make_due(), 1);
}

TEST_F(Db, AServerThatCommitsLazilyCommitsDurablyForUs) {
  const auto mode = [&] {
    return detail::Pool(dsn).transact([](pqxx::work& transaction) {
      return detail::run(transaction, "SHOW synchronous_commit")[0][0].as<std::string>();
    });
  };
  const std::string name = sql("SELECT current_database()")[0][0].as<std::string>();
  sql("ALTER DATABASE " + name + " SET synchronous_commit = off");
  EXPECT_EQ(mode(), "on");
  sql("ALTER DATABASE " + name + " SET synchronous_commit = remote_apply");
  EXPECT_EQ(mode(), "remote_apply") << "more than durable is the site's choice";
}

TEST_F(Db, ResendMakesNoNewRow) {
  EXPECT_EQ(intake->record(instance(1)), dicom::Stored::stored);
  EXPECT_EQ(intake->record(instance(1)), dicom::Stored::already_held);
  EXPECT_TRUE(intake->holds(dicom::SopInstanceUid("1.2.3.1.1"), dicom::sha256("1c")));
  EXPECT_EQ(sql("SELECT FROM instance").size(), 1U);
}

TEST_F(Db, AnotherHeaderIsKeptBesideTheFirstAndComesIntoForce) {
  intake->record(instance(1));
  EXPECT_EQ(intake->record(instance(1, "corrected")), dicom::Stored::header_version);
  const auto rows = sql("SELECT state, reason FROM instance ORDER BY id");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0][0].as<std::string>(), "superseded");
  EXPECT_NE(rows[0][1].as<std::string>(), "");
  EXPECT_EQ(rows[1][0].as<std::string>(), "in_force");
}

TEST_F(Db, AStudyChangesItsPatientOnlyWhenAllItsImagesAgree) {
  intake->record(instance(1));
  intake->record(instance(2));
  const auto corrected = [](int number) {
    auto other = instance(number, "corrected");
    other.header.study_header.patient_id = dicom::PatientId("P2");
    return other;
  };
  const std::string before = store->studies({})[0].patient.id.str();
  EXPECT_EQ(intake->record(corrected(1)), dicom::Stored::header_version);
  EXPECT_EQ(store->studies({})[0].patient.id.str(), before);
  EXPECT_EQ(intake->record(corrected(2)), dicom::Stored::header_version);
  EXPECT_EQ(store->studies({})[0].patient.id.str(), "P2");
}

TEST_F(Db, OtherPixelsUnderTheSameUidAreQuarantinedAndTheFirstStays) {
  intake->record(instance(1));
  EXPECT_EQ(intake->record(instance(1, "other", "pixels")), dicom::Stored::conflict);
  EXPECT_EQ(intake->record(instance(1, "moved", "i", "9.9")), dicom::Stored::conflict);
  EXPECT_EQ(intake->record(instance(1, "other", "pixels")), dicom::Stored::already_held);
  EXPECT_EQ(make_instance_index(dsn)
                ->instances(dicom::StudyUid("1.2.3"), dicom::SeriesUid("1.2.3.1"))
                .size(),
            1U);
  EXPECT_EQ(store->studies({.study = dicom::StudyUid("1.2.3")})[0].conflicts, 1);
}

TEST_F(Db, EightThreadsRacingWithOneInstanceMakeOneRow) {
  std::atomic<int> stored = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back(
          [&] { stored += intake->record(instance(1)) == dicom::Stored::stored ? 1 : 0; });
  }
  EXPECT_EQ(stored, 1);
  EXPECT_EQ(sql("SELECT FROM instance").size(), 1U);
}

TEST_F(Db, QuietPeriodIsTheCallersAndRunsInTheDatabasesClock) {
  intake->set_quiet_periods({{.calling = dicom::AeTitle(), .length = 0s},
                             {.calling = dicom::AeTitle("PACS"), .length = 60s}});
  intake->record(instance(1));
  EXPECT_EQ(queue->make_due(), 0);
  sql("UPDATE instance SET received = received - interval '61 seconds'");
  EXPECT_EQ(queue->make_due(), 0) << "the study was made just now";
  sql("UPDATE study SET not_before = not_before - interval '61 seconds'");
  EXPECT_EQ(queue->make_due(), 1);
  EXPECT_EQ(queue->make_due(), 0);
  EXPECT_EQ(state(), StudyState::queued);
}

TEST_F(Db, AnAssociationsEndStartsTheQuietPeriodAgain) {
  intake->set_quiet_periods({{.calling = dicom::AeTitle(), .length = 60s}});
  intake->record(instance(1));
  sql("UPDATE instance SET received = received - interval '61 seconds'");
  sql("UPDATE study SET not_before = not_before - interval '61 seconds'");
  intake->association_ended(dicom::AeTitle("PACS"), {dicom::StudyUid("1.2.3")});
  EXPECT_EQ(queue->make_due(), 0);
}

TEST_F(Db, ADraftIsStoredByteForByteWithTheEndOfItsJob) {
  const Job job = drafted();
  EXPECT_EQ(state(), StudyState::drafted);
  EXPECT_EQ(store->latest(dicom::StudyUid("1.2.3")), draft(1));
  EXPECT_EQ(sql("SELECT body FROM report_version")[0][0].as<std::string>(),
            reporting::to_json(draft(1)));
  EXPECT_THROW(queue->finish(job, draft(2)), Fenced);
}

TEST_F(Db, TwoWorkersNeverClaimOneJob) {
  intake->record(instance(1));
  queue->make_due();
  JobQueue other(dsn, "worker-b");
  EXPECT_TRUE(queue->claim());
  EXPECT_FALSE(other.claim());
}

TEST_F(Db, AStaleWorkerIsFencedOnceItsLeaseLapsed) {
  intake->record(instance(1));
  queue->make_due();
  const auto stale = queue->claim();
  sql("UPDATE job SET lease_until = now() - interval '1 second'");
  JobQueue other(dsn, "worker-b");
  const auto taken = other.claim();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->attempt, stale->attempt + 1);
  EXPECT_THROW(queue->renew(*stale, "measuring", 0.5), Fenced);
  EXPECT_THROW(queue->finish(*stale, draft(1)), Fenced);
  EXPECT_THROW(queue->fail(*stale, "x"), Fenced);
  EXPECT_EQ(sql("SELECT FROM report_version").size(), 0U);
  other.finish(*taken, draft(1));
  EXPECT_EQ(sql("SELECT FROM report_version").size(), 1U);
}

TEST_F(Db, AStudyThatKillsItsWorkersEndsDeadWithAReason) {
  intake->record(instance(1));
  queue->make_due();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(queue->claim());
    sql("UPDATE job SET lease_until = now() - interval '1 second'");
  }
  EXPECT_FALSE(queue->claim());
  EXPECT_EQ(state(), StudyState::failed);
  EXPECT_NE(store->studies({})[0].reason, "");
}

TEST_F(Db, AFailureIsTriedAgainLaterAndThenDies) {
  intake->record(instance(1));
  queue->make_due();
  for (int i = 0; i < 3; ++i) {
    const auto job = queue->claim();
    ASSERT_TRUE(job);
    queue->fail(*job, "out of memory");
    EXPECT_FALSE(queue->claim()) << "back-off";
    sql("UPDATE job SET run_after = now()");
  }
  EXPECT_EQ(state(), StudyState::failed);
  EXPECT_EQ(store->studies({})[0].reason, "out of memory");
}

TEST_F(Db, APersonCanHaveAFailedStudyTriedAgain) {
  intake->record(instance(1));
  queue->make_due();
  queue->finish_unsuitable(*queue->claim(), "a gap");
  EXPECT_TRUE(retry(dsn, dicom::StudyUid("1.2.3")));
  EXPECT_FALSE(retry(dsn, dicom::StudyUid("1.2.3"))) << "it waits already";
  EXPECT_EQ(queue->make_due(), 1);
  sql("UPDATE job SET attempt_limit = 1 WHERE state = 'ready'");
  queue->fail(*queue->claim(), "a fault");
  EXPECT_EQ(state(), StudyState::failed);
  EXPECT_TRUE(retry(dsn, dicom::StudyUid("1.2.3")));
  EXPECT_EQ(queue->make_due(), 1);
  queue->finish(*queue->claim(), draft(1));
  EXPECT_FALSE(retry(dsn, dicom::StudyUid("1.2.3"))) << "a draft is there";
  EXPECT_EQ(sql("SELECT FROM audit WHERE action = 'retry'").size(), 2U);
}

TEST_F(Db, AWorkerThatStopsGivesItsJobBackUncounted) {
  intake->record(instance(1));
  queue->make_due();
  for (int i = 0; i < 5; ++i) {
    const auto job = queue->claim();
    ASSERT_TRUE(job);
    queue->give_back(*job);
  }
  EXPECT_EQ(state(), StudyState::queued);
}

TEST_F(Db, SlicesDuringTheAnalysisMakeASecondVersionOfTheSameReport) {
  intake->record(instance(1));
  queue->make_due();
  const auto job = queue->claim();
  EXPECT_EQ(queue->input(*job).files.size(), 1U);
  intake->record(instance(2));
  EXPECT_EQ(queue->input(*job).files.size(), 1U) << "an attempt reads what was there when it began";
  queue->finish(*job, draft(1));
  EXPECT_EQ(state(), StudyState::receiving);
  EXPECT_EQ(queue->make_due(), 1);
  const auto again = queue->claim();
  const auto input = queue->input(*again);
  EXPECT_EQ(input.files.size(), 2U);
  EXPECT_EQ(queue->finish(*again, draft(1)), 2);
  EXPECT_THAT(store->versions("report-1.2.3"), testing::ElementsAre(1, 2));
  EXPECT_EQ(state(), StudyState::drafted);
}

TEST_F(Db, SlicesAfterSigningMakeADraftBesideTheSignedVersion) {
  drafted();
  store->append(reporting::signed_version(draft(1), 2, reader(), {}, false), "Rosa");
  EXPECT_EQ(state(), StudyState::signed_off);
  intake->record(instance(2));
  queue->make_due();
  const auto job = queue->claim();
  queue->finish(*job, draft(1));
  const auto row = store->studies({})[0];
  EXPECT_TRUE(row.newer_draft);
  EXPECT_EQ(row.signed_version, 2);
  EXPECT_EQ(store->latest(row.uid)->state, ReportState::draft);
  EXPECT_EQ(store->latest(row.uid, reporting::Which::signed_off)->state, ReportState::final);
}

TEST_F(Db, APersonsVersionDuringTheAnalysisIsNoFaultOfTheJob) {
  drafted();
  intake->record(instance(2));
  queue->make_due();
  const auto job = queue->claim();
  store->append(reporting::edited(draft(1), 2, {}, reader(), {}), "Rosa");
  EXPECT_EQ(queue->finish(*job, draft(1)), 3);
  EXPECT_EQ(store->version("report-1.2.3", 3)->predecessor, 2);
  EXPECT_EQ(sql("SELECT state FROM job ORDER BY id DESC LIMIT 1")[0][0].as<std::string>(), "done");
}

TEST_F(Db, SlicesDuringAnAttemptThatDiesMakeTheNextJob) {
  intake->record(instance(1));
  queue->make_due();
  sql("UPDATE job SET attempt = attempt_limit - 1");
  const auto job = queue->claim();
  intake->record(instance(2));
  queue->fail(*job, "it broke");
  EXPECT_EQ(state(), StudyState::receiving);
  EXPECT_EQ(queue->make_due(), 1);
}

TEST_F(Db, SlicesWhileAWorkerDiedForTheLastTimeMakeTheNextJob) {
  intake->record(instance(1));
  queue->make_due();
  sql("UPDATE job SET attempt = attempt_limit - 1");
  queue->claim();
  intake->record(instance(2));
  sql("UPDATE job SET lease_until = now() - interval '1 second'");
  EXPECT_FALSE(queue->claim());
  EXPECT_EQ(state(), StudyState::receiving);
  EXPECT_EQ(queue->make_due(), 1);
}

TEST_F(Db, UnsuitableStudiesBecomeDueAgainWithNewSlices) {
  intake->record(instance(1));
  queue->make_due();
  queue->finish_unsuitable(*queue->claim(), "one slice is not a volume");
  EXPECT_EQ(state(), StudyState::unsuitable);
  EXPECT_EQ(store->studies({})[0].reason, "one slice is not a volume");
  intake->record(instance(2));
  EXPECT_EQ(queue->make_due(), 1);
}

TEST_F(Db, VersionsCannotBeChangedOrRemovedAndNumbersCannotBeTakenTwice) {
  drafted();
  EXPECT_THROW(sql("UPDATE report_version SET body = ''"), pqxx::failure);
  EXPECT_THROW(sql("DELETE FROM report_version"), pqxx::failure);
  EXPECT_THROW(store->append(draft(1), "x"), reporting::Conflict);
  EXPECT_THROW(store->append(draft(3), "x"), reporting::Conflict);
}

TEST_F(Db, SigningMakesOneDeliveryADestinationInTheSameTransaction) {
  intake->set_destinations({{.name = "ris", .kind = "oru"},
                            {.name = "pacs", .kind = "sr"},
                            {.name = "old", .kind = "sr"}});
  intake->set_destinations({{.name = "ris", .kind = "oru"}, {.name = "pacs", .kind = "sr"}});
  drafted();
  store->append(reporting::edited(draft(1), 2, {}, reader(), {}), "Rosa");
  EXPECT_TRUE(store->deliveries("report-1.2.3").empty()) << "nothing unsigned leaves";
  store->append(reporting::signed_version(draft(2), 3, reader(), {}, false), "Rosa");
  EXPECT_EQ(store->deliveries("report-1.2.3").size(), 2U);
}

TEST_F(Db, DeliveriesAreRetriedInOrderAndResent) {
  intake->set_destinations({{.name = "ris", .kind = "oru"}});
  drafted();
  store->append(reporting::signed_version(draft(1), 2, reader(), {}, false), "Rosa");
  store->append(reporting::signed_version(draft(2), 3, reader(), {}, true), "Rosa");
  DeliveryQueue deliveries(dsn, "gateway");
  const auto first = deliveries.claim("ris");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->version, 2);
  EXPECT_FALSE(deliveries.claim("ris")) << "version 3 waits for version 2";
  deliveries.failed(*first, "unreachable", false);
  EXPECT_FALSE(deliveries.claim("ris"));
  sql("UPDATE delivery SET run_after = now()");
  const auto second = deliveries.claim("ris");
  EXPECT_EQ(second->version, 2);
  EXPECT_THROW(deliveries.delivered(*first), Fenced);
  deliveries.failed(*second, "refused", true);
  const auto third = deliveries.claim("ris");
  ASSERT_TRUE(third);
  EXPECT_EQ(third->version, 3) << "a dead delivery holds nobody up";
  deliveries.delivered(*third);
  EXPECT_FALSE(store->resend("report-1.2.3", 2, "ris", "Rosa")) << "version 3 corrected it";
  EXPECT_TRUE(store->resend("report-1.2.3", 3, "ris", "Rosa"));
  EXPECT_EQ(sql("SELECT object FROM audit WHERE actor = 'Rosa' AND action = 'resend'").size(), 1U);
  EXPECT_EQ(deliveries.claim("ris")->version, 3);
  EXPECT_FALSE(store->resend("report-1.2.3", 3, "ris", "Rosa")) << "it is on its way";
}

TEST_F(Db, ADraftAfterAPersonsVersionStandsBesideIt) {
  drafted();
  EXPECT_FALSE(store->studies({})[0].newer_draft);
  store->append(reporting::edited(draft(1), 2, {}, reader(), {}), "Rosa");
  EXPECT_FALSE(store->studies({})[0].newer_draft);
  intake->record(instance(2));
  queue->make_due();
  queue->finish(*queue->claim(), draft(1));
  const auto row = store->studies({})[0];
  EXPECT_TRUE(row.newer_draft);
  EXPECT_EQ(store->latest(row.uid)->number, 3);
  EXPECT_EQ(store->latest(row.uid, reporting::Which::by_person)->number, 2);
  EXPECT_FALSE(store->latest(row.uid, reporting::Which::signed_off));
}

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
  orders.store(order(), "CA", "RIS", "M3", "ack");
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

TEST_F(Db, AnOrderForAnotherPatientDoesNotJoin) {
  intake->record(instance(1));
  OrderRecords(dsn).store(order("SOMEBODY ELSE"), "NW", "RIS", "M1", "ack");
  queue->make_due();
  const auto input = queue->input(*queue->claim());
  EXPECT_FALSE(input.order);
  EXPECT_NE(input.mismatch, "");
}

TEST_F(Db, SaysThatItIsAwayAndComesBack) {
  intake->record(instance(1));
  Cluster::get().stop();
  EXPECT_THROW(intake->record(instance(2)), Unavailable);
  EXPECT_THROW(queue->claim(), Unavailable);
  EXPECT_THROW(store->studies({}), Unavailable);
  queue->wait(std::chrono::milliseconds(1));
  Cluster::get().start();
  EXPECT_EQ(intake->record(instance(2)), dicom::Stored::stored);
  EXPECT_EQ(intake->record(instance(1)), dicom::Stored::already_held);
}

TEST(PrivateCluster, SaysWhatIsWrongInOneSentence) {
  EXPECT_THROW(pipeline::PrivateCluster("/proc/nowhere"), std::runtime_error);
  EXPECT_THROW(pipeline::PrivateCluster("/tmp/" + std::string(200, 'x')), std::runtime_error);
}

}  // namespace
}  // namespace tomoscribe::db

// Versions of a report, software's beside a person's, and the deliveries that signing makes.

#include "tests/db/database_fixture.h"

namespace tomoscribe::db {
namespace {

TEST_F(Db, VersionsCannotBeChangedOrRemovedAndNumbersCannotBeTakenTwice) {
  drafted();
  EXPECT_THROW(sql("UPDATE report_version SET body = ''"), pqxx::failure);
  EXPECT_THROW(sql("DELETE FROM report_version"), pqxx::failure);
  EXPECT_THROW(store->append(draft(1), "x"), reporting::Conflict);
  EXPECT_THROW(store->append(draft(3), "x"), reporting::Conflict);
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

}  // namespace
}  // namespace tomoscribe::db

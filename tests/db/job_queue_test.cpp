// Jobs: one claim, fencing, giving up, and slices that arrive while a job runs.

#include <chrono>
#include <thread>

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

/// A study of the same patient, drafted; `body_part` as its draft recognised it.
class EarlierStudies : public Db {
 protected:
  dicom::BlobId hold(const std::string& study, const char* date, const char* body_part) {
    dicom::ReceivedInstance one = instance(++number_, "c", "i", study);
    one.header.study_header.study_date = date;
    intake->record(one);
    if (*body_part != 0) {
      queue->make_due();
      ReportVersion version = draft(1, study);
      version.study.body_part = body_part;
      queue->finish(*queue->claim(), version);
    }
    return one.file_hash;
  }
  StudyInput of_current() {
    hold("1.2.9", "20260102", "");
    queue->make_due();
    return queue->input(*queue->claim());
  }

 private:
  int number_ = 0;
};

TEST_F(EarlierStudies, TheNewestChestOfThePatientIsCompared) {
  hold("1.2.3", "20240101", "chest");
  const auto newer = hold("1.2.4", "20250101", "chest and abdomen");
  hold("1.2.5", "20250601", "head");
  hold("1.2.6", "20260102", "chest");  // the same day
  const StudyInput input = of_current();
  ASSERT_TRUE(input.earlier);
  EXPECT_EQ(input.earlier->files, std::vector{newer});
  EXPECT_EQ(input.earlier->name, "the study of 2025-01-01");
  ASSERT_TRUE(input.earlier->report);
  EXPECT_EQ(input.earlier->report->study.uid.str(), "1.2.4");
  EXPECT_THAT(input.not_compared,
              testing::ElementsAre("the study of 2025-06-01: its draft shows no chest, and lungs "
                                   "are what is compared"));
}

TEST_F(EarlierStudies, AChestBehindManyThatCannotBeComparedIsReached) {
  const auto chest = hold("1.2.3", "20240101", "chest");
  for (int i = 1; i <= 23; ++i) {
    const std::string day = (i < 10 ? "0" : "") + std::to_string(i);
    hold("1.2.4." + std::to_string(i), ("202501" + day).c_str(), "head");
  }
  const StudyInput input = of_current();
  ASSERT_TRUE(input.earlier);
  EXPECT_EQ(input.earlier->files, std::vector{chest});
  ASSERT_EQ(input.not_compared.size(), 21U);
  EXPECT_THAT(input.not_compared.front(), testing::HasSubstr("2025-01-23"));
  EXPECT_EQ(input.not_compared.back(),
            "3 older studies beyond this list: cannot be compared either");
}

TEST_F(EarlierStudies, AListOfAPageEndsWithoutAWord) {
  for (int i = 1; i <= 20; ++i) {
    const std::string day = (i < 10 ? "0" : "") + std::to_string(i);
    hold("1.2.4." + std::to_string(i), ("202501" + day).c_str(), "head");
  }
  const StudyInput input = of_current();
  EXPECT_FALSE(input.earlier);
  EXPECT_EQ(input.not_compared.size(), 20U);
  EXPECT_THAT(input.not_compared.back(), testing::HasSubstr("2025-01-01"));
}

TEST_F(EarlierStudies, AnotherPatientsStudyIsNot) {
  hold("1.2.3", "20240101", "chest");
  sql("UPDATE study SET patient_id = 'other'");
  const StudyInput input = of_current();
  EXPECT_FALSE(input.earlier);
  EXPECT_TRUE(input.not_compared.empty()) << "nothing is said of other people";
}

TEST_F(EarlierStudies, OneThatContradictsThePatientIdIsNamedAndNotCompared) {
  for (const char* uid : {"1.2.3", "1.2.4", "1.2.5", "1.2.6"})
    hold(uid, ("2024010" + std::string(uid).substr(4)).c_str(), "chest");
  sql("UPDATE study SET issuer = 'elsewhere' WHERE uid = '1.2.3'");
  sql("UPDATE study SET sex = 'F' WHERE uid = '1.2.4'");
  sql("UPDATE study SET birth_date = '1950-01-01' WHERE uid = '1.2.5'");
  sql("UPDATE study SET patient_name = 'Somebody^Else' WHERE uid = '1.2.6'");
  hold("1.2.9", "20260102", "");
  sql("UPDATE study SET sex = 'M', issuer = 'here', birth_date = '1951-01-01' WHERE uid = '1.2.9'");
  sql("UPDATE study SET issuer = 'here' WHERE issuer = ''");
  queue->make_due();
  const StudyInput input = queue->input(*queue->claim());
  EXPECT_FALSE(input.earlier);
  using testing::HasSubstr;
  EXPECT_THAT(input.not_compared,
              testing::ElementsAre(
                  HasSubstr("2024-01-06: the Patient ID is the same, but not the name"),
                  HasSubstr("2024-01-05: the Patient ID is the same, but not the birth date"),
                  HasSubstr("2024-01-04: the Patient ID is the same, but not the sex"),
                  HasSubstr("2024-01-03: the Patient ID is the same, but not the issuer")));
}

TEST_F(EarlierStudies, OneWithoutADraftIsNamed) {
  hold("1.2.3", "20240101", "");
  queue->make_due();
  const Job first = *queue->claim();
  hold("1.2.9", "20260102", "");
  queue->make_due();
  EXPECT_THAT(queue->input(*queue->claim()).not_compared,
              testing::ElementsAre("the study of 2024-01-01: it has no draft yet"));
  queue->finish_unsuitable(first, "one slice is not a volume");
  intake->record(instance(78, "c", "i", "1.2.9"));
  sql("UPDATE job SET lease_until = now() - interval '1 second' WHERE state = 'running'");
  EXPECT_THAT(queue->input(*queue->claim()).not_compared,
              testing::ElementsAre("the study of 2024-01-01: no draft could be made of it"));
}

TEST_F(EarlierStudies, TheStudysOwnOlderReportComesAlong) {
  hold("1.2.3", "20240101", "chest");
  intake->record(instance(77, "c", "i", "1.2.3"));
  queue->make_due();
  const StudyInput input = queue->input(*queue->claim());
  ASSERT_TRUE(input.before);
  EXPECT_EQ(input.before->study.body_part, "chest");
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

}  // namespace
}  // namespace tomoscribe::db

// Received instances: what is new, what is the same again, what contradicts, when a study is due.

#include <atomic>
#include <thread>
#include <vector>

#include "tests/db/database_fixture.h"

namespace tomoscribe::db {
namespace {

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

TEST_F(Db, ACorrectionThatIsUndoneAtItsSourceIsUndoneHere) {
  const auto named = [](const std::string& content, const char* patient) {
    auto made = instance(1, content);
    made.header.study_header.patient_id = dicom::PatientId(patient);
    return made;
  };
  const auto patient = [&] { return store->studies({})[0].patient.id.str(); };
  EXPECT_EQ(intake->record(named("right", "A")), dicom::Stored::stored);
  EXPECT_EQ(intake->record(named("wrong", "B")), dicom::Stored::header_version);
  EXPECT_EQ(patient(), "B");
  EXPECT_FALSE(intake->holds(dicom::SopInstanceUid("1.2.3.1.1"), named("right", "A").content_hash))
      << "else nobody would ask";
  EXPECT_EQ(intake->record(named("right", "A")), dicom::Stored::header_version);
  EXPECT_EQ(patient(), "A");
  EXPECT_EQ(intake->record(named("right", "A")), dicom::Stored::already_held);
  EXPECT_EQ(sql("SELECT FROM instance").size(), 2U) << "no third row";
  EXPECT_EQ(sql("SELECT FROM instance WHERE state = 'in_force'").size(), 1U);
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

}  // namespace
}  // namespace tomoscribe::db

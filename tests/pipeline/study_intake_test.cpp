// From a C-STORE on the wire to the row and the file.

#include "pipeline/study_intake.h"

#include "dicom/store_scu.h"
#include "tests/dicom/slices.h"
#include "tests/pipeline/service_fixture.h"

namespace tomoscribe::pipeline {
namespace {

using Kind = dicom::SendResult::Kind;
using testing::HasSubstr;
using testing::Not;

class StudyIntakeTest : public ServiceTest {
 protected:
  StudyIntakeTest() {
    dicom::IntakeSettings settings;
    settings.port = 0;
    settings.spool_folder = spool_.folder();
    settings.crew = 2;
    settings.reserve_bytes = 0;
    server_ = std::make_unique<dicom::IntakeServer>(settings, sink_, observer_);
  }
  dicom::SendResult send(const std::filesystem::path& file) const {
    return dicom::send_instance(file, {dicom::AeTitle("TOMOSCRIBE"), "127.0.0.1", server_->port()},
                                dicom::AeTitle("PACS"));
  }
  dicom::SendResult send(const dicom::InstanceHeader& header, int pixels) const {
    const auto file = folder() / "outgoing.dcm";
    dicom::write_ct_slice(file, header, tests::slice_pixels(pixels));
    return send(file);
  }
  std::size_t stored_files() const { return tests::files_under(folder() / "store").size(); }
  bool spool_is_empty() const {
    return std::ranges::all_of(tests::files_under(spool_.folder()),
                               [](const auto& file) { return file.filename() == "lock"; });
  }
  void expect_files_of_all_rows() const {
    for (const auto& row : sql("SELECT file_hash FROM instance"))
      EXPECT_TRUE(blobs().has(dicom::BlobId(row[0].as<std::string>())));
  }
  void stop_server() { server_.reset(); }

 private:
  db::IntakeRecords records_{dsn()};
  Spool spool_{folder() / "spool"};
  StudyIntake sink_{blobs(), records_, log()};
  IntakeLog observer_{log(), metrics()};
  std::unique_ptr<dicom::IntakeServer> server_;
};

TEST_F(StudyIntakeTest, SuccessMeansARowAndItsFile) {
  EXPECT_EQ(send(tests::slice_header(0), 0).kind, Kind::accepted);
  EXPECT_EQ(send(tests::slice_header(1), 1).kind, Kind::accepted);
  EXPECT_EQ(value("SELECT count(*) FROM instance WHERE state = 'in_force'"), "2");
  EXPECT_EQ(value("SELECT calling FROM instance LIMIT 1"), "PACS");
  EXPECT_EQ(stored_files(), 2U);
  expect_files_of_all_rows();
  EXPECT_TRUE(spool_is_empty());
}

TEST_F(StudyIntakeTest, AResendLeavesNoRowAndNoFile) {
  for (int i = 0; i < 3; ++i) {
    const auto result = send(tests::slice_header(0), 0);
    EXPECT_EQ(result.kind, Kind::accepted);
    EXPECT_EQ(result.status, 0);
  }
  EXPECT_EQ(value("SELECT count(*) FROM instance"), "1");
  EXPECT_EQ(stored_files(), 1U);
  EXPECT_TRUE(spool_is_empty());
}

TEST_F(StudyIntakeTest, OtherPixelsUnderTheSameUidAreKeptAndQuarantined) {
  send(tests::slice_header(0), 0);
  const auto result = send(tests::slice_header(0), 5);
  EXPECT_EQ(result.status, 0xB000);
  EXPECT_EQ(value("SELECT string_agg(state, ' ' ORDER BY id) FROM instance"),
            "in_force quarantined");
  EXPECT_EQ(stored_files(), 2U);
  expect_files_of_all_rows();
  EXPECT_THAT(logged(), HasSubstr("instance quarantined"));
}

TEST_F(StudyIntakeTest, ACorrectedHeaderComesIntoForceBesideTheFirst) {
  send(tests::slice_header(0), 0);
  auto corrected = tests::slice_header(0);
  corrected.study_header.patient_id = dicom::PatientId("TEST-2");
  EXPECT_EQ(send(corrected, 0).status, 0);
  EXPECT_EQ(value("SELECT string_agg(state, ' ' ORDER BY id) FROM instance"),
            "superseded in_force");
  expect_files_of_all_rows();
}

TEST_F(StudyIntakeTest, WithoutTheDatabaseTheSenderMayTryAgain) {
  send(tests::slice_header(0), 0);
  test_cluster().stop();
  const auto refused = send(tests::slice_header(1), 1);
  EXPECT_EQ(refused.kind, Kind::refused_retry);
  EXPECT_EQ(refused.status, 0xA700);
  EXPECT_TRUE(spool_is_empty());
  test_cluster().start();
  EXPECT_EQ(send(tests::slice_header(1), 1).status, 0);
  EXPECT_EQ(value("SELECT count(*) FROM instance"), "2");
  expect_files_of_all_rows();
}

TEST_F(StudyIntakeTest, ADatabaseThatIsOutOfRoomOrShuttingDownIsNoFaultOfTheData) {
  for (const char* state : {"53100", "53300", "57P01", "58030", "40P01"}) {
    sql("CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
        "EXCEPTION 'no' USING ERRCODE = '" +
        std::string(state) + "'; END $$");
    sql("CREATE OR REPLACE TRIGGER refusing BEFORE INSERT ON instance EXECUTE FUNCTION refuse()");
    EXPECT_EQ(send(tests::slice_header(0), 0).status, 0xA700) << state;
  }
  EXPECT_TRUE(spool_is_empty());
  sql("DROP TRIGGER refusing ON instance");
  EXPECT_EQ(send(tests::slice_header(0), 0).status, 0);
}

TEST_F(StudyIntakeTest, WhatAnUnexpectedExceptionSaysStaysOutOfTheLog) {
  sql("CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
      "'odd value ZZNAMEZZ' USING ERRCODE = '22000'; END $$");
  sql("CREATE TRIGGER odd BEFORE INSERT ON instance EXECUTE FUNCTION odd()");
  EXPECT_EQ(send(tests::slice_header(0), 0).status, 0x0110);
  stop_server();
  EXPECT_THAT(logged(), HasSubstr("instance not stored"));
  EXPECT_THAT(logged(), Not(HasSubstr("ZZNAMEZZ")));
  EXPECT_TRUE(spool_is_empty());
}

TEST_F(StudyIntakeTest, ManySendersOfOneInstanceMakeOneRow) {
  const auto file = tests::write_slice(folder().path(), 0);
  {
    std::vector<std::jthread> senders;
    for (int i = 0; i < 2; ++i)
      senders.emplace_back([&] {
        for (int n = 0; n < 5; ++n) EXPECT_EQ(send(file).status, 0);
      });
  }
  EXPECT_EQ(value("SELECT count(*) FROM instance"), "1");
  EXPECT_EQ(stored_files(), 1U);
}

TEST_F(StudyIntakeTest, NamesAndIdsStayOutOfTheLog) {
  auto header = tests::slice_header(0);
  header.study_header.patient_name = dicom::PersonName::parse_pn("ZZNAMEZZ^ZZGIVENZZ");
  header.study_header.patient_id = dicom::PatientId("ZZPIDZZ");
  header.study_header.accession_number = dicom::AccessionNumber("ZZACCZZ");
  send(header, 0);
  send(header, 4);
  stop_server();
  EXPECT_THAT(logged(), HasSubstr("association opened"));
  EXPECT_THAT(logged(), Not(HasSubstr("ZZ")));
}

TEST(Spool, ALivingSpoolStaysAndADeadOneGoes) {
  const tests::TempFolder folder;
  const auto parent = folder / "spool";
  const Spool living(parent);
  std::filesystem::create_directory(parent / "gateway-dead");
  std::ofstream(parent / "gateway-dead" / "a0.0-1.part") << "never acknowledged";
  const Spool second(parent);
  EXPECT_TRUE(std::filesystem::exists(living.folder()));
  EXPECT_FALSE(std::filesystem::exists(parent / "gateway-dead"));
  EXPECT_NE(living.folder(), second.folder());
}

}  // namespace
}  // namespace tomoscribe::pipeline

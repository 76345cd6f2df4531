#pragma once
// A real PostgreSQL: one throw-away cluster for the program, a fresh database for each test.
// Header-only.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "db/database.h"
#include "pipeline/private_cluster.h"
#include "reporting/edit.h"
#include "reporting/faces.h"
#include "tests/support/files.h"

namespace tomoscribe::db {
using namespace std::chrono_literals;
using reporting::ReportState;
using reporting::ReportVersion;
using reporting::StudyState;

class Cluster {
 public:
  static pipeline::PrivateCluster& get() {
    static tests::TempFolder folder;
    static pipeline::PrivateCluster cluster(folder / "pg",
                                            pipeline::PrivateCluster::Durability::throwaway);
    return cluster;
  }
};

class Db : public testing::Test {
 protected:
  Db() {
    static int count = 0;
    const std::string name = "test" + std::to_string(++count);
    {
      pqxx::connection admin(Cluster::get().dsn("postgres"));
      pqxx::nontransaction(admin).exec("CREATE DATABASE " + name);
    }
    dsn = Cluster::get().dsn(name);
    migrate(dsn);
    intake = std::make_unique<IntakeRecords>(dsn);
    intake->set_quiet_periods({{.calling = dicom::AeTitle(), .length = 0s}});
    queue = std::make_unique<JobQueue>(dsn, "worker-a");
    store = make_report_store(dsn);
  }

  pqxx::result sql(const std::string& statement) {
    pqxx::connection connection(dsn);
    pqxx::work transaction(connection);
    auto rows = transaction.exec(statement);
    transaction.commit();
    return rows;
  }

  static dicom::ReceivedInstance instance(int number, const std::string& content = "c",
                                          const std::string& image = "i",
                                          const std::string& study = "1.2.3") {
    const std::string n = std::to_string(number);
    dicom::InstanceHeader header{.study = dicom::StudyUid(study),
                                 .series = dicom::SeriesUid(study + ".1"),
                                 .sop_instance = dicom::SopInstanceUid("1.2.3.1." + n)};
    header.sop_class = "1.2.840.10008.5.1.4.1.1.2";
    header.study_header.patient_id = dicom::PatientId("P'1; DROP TABLE study;--");
    header.study_header.patient_name = dicom::PersonName::parse_pn("O'Hara^<b>\"");
    header.study_header.accession_number = dicom::AccessionNumber("ACC1");
    header.study_header.study_date = "20260102";
    header.instance_number = number;
    return {.file_hash = dicom::sha256("file" + n + content),
            .content_hash = dicom::sha256(n + content),
            .image_hash = dicom::sha256(n + image),
            .bytes = 10,
            .header = header,
            .calling = dicom::AeTitle("PACS"),
            .association = "a"};
  }

  static ReportVersion draft(int number, const std::string& study = "1.2.3") {
    ReportVersion version{
        .report_id = "report-" + study, .number = number, .study = {.uid = dicom::StudyUid(study)}};
    version.predecessor = number - 1;
    version.statements = {{.id = "s1", .text = "Hello"}};
    return version;
  }

  static reporting::Person reader() {
    return {.id = "r1", .name = {.family = "Reader", .given = "Rosa"}};
  }

  Job drafted() {
    intake->record(instance(1));
    EXPECT_EQ(queue->make_due(), 1);
    const auto job = queue->claim();
    queue->finish(*job, draft(1));
    return *job;
  }

  StudyState state() { return store->studies({})[0].state; }

  std::string dsn;
  std::unique_ptr<IntakeRecords> intake;
  std::unique_ptr<JobQueue> queue;
  std::unique_ptr<reporting::ReportStore> store;
};

}  // namespace tomoscribe::db

#pragma once
// What the service's tests stand on: a real PostgreSQL with a fresh database for each test, a real
// store, and a log that can be read back. Header-only.

#include <chrono>
#include <fcntl.h>
#include <functional>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "db/database.h"
#include "dicom/blob_store.h"
#include "pipeline/config.h"
#include "pipeline/gateway_metrics.h"
#include "pipeline/log.h"
#include "pipeline/private_cluster.h"
#include "reporting/edit.h"
#include "tests/support/example_report.h"
#include "tests/support/files.h"

namespace tomoscribe::pipeline {

/// One throw-away cluster for the program.
inline PrivateCluster& test_cluster() {
  static tests::TempFolder folder;
  static PrivateCluster cluster(folder / "pg", PrivateCluster::Durability::throwaway);
  return cluster;
}

class ServiceTest : public testing::Test {
 public:
  ~ServiceTest() override {
    if (!test_cluster().running()) test_cluster().start();
    ::close(log_file_);
  }
  ServiceTest(const ServiceTest&) = delete;
  ServiceTest& operator=(const ServiceTest&) = delete;

 protected:
  ServiceTest() {
    static int count = 0;
    const std::string name = "service" + std::to_string(++count);
    {
      pqxx::connection admin(test_cluster().dsn("postgres"));
      pqxx::nontransaction(admin).exec("CREATE DATABASE " + name);
    }
    dsn_ = test_cluster().dsn(name);
    db::migrate(dsn_);
    db::IntakeRecords(dsn_).set_quiet_periods(
        {{.calling = dicom::AeTitle(), .length = std::chrono::seconds(0)}});
  }
  const std::string& dsn() const { return dsn_; }
  const tests::TempFolder& folder() const { return folder_; }
  const dicom::BlobStore& blobs() const { return blobs_; }
  const Log& log() const { return log_; }
  Metrics& metrics() { return metrics_; }
  std::string logged() const { return tests::read_text(folder_ / "log.jsonl"); }

  pqxx::result sql(const std::string& statement) const {
    pqxx::connection connection(dsn_);
    pqxx::work transaction(connection);
    auto rows = transaction.exec(statement);
    transaction.commit();
    return rows;
  }
  /// The first column of the first row; empty when there is none.
  std::string value(const std::string& query) const {
    const auto rows = sql(query);
    return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
  }
  /// Polls until `holds`; false after a generous deadline.
  static bool eventually(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
  }
  /// A study of one instance in the database (fictitious identity), as the intake records it.
  dicom::ReceivedInstance recorded(const std::string& study = "1.2.3", int number = 1) const {
    const std::string uid = study + ".1." + std::to_string(number);
    dicom::InstanceHeader header{.study = dicom::StudyUid(study),
                                 .series = dicom::SeriesUid(study + ".1"),
                                 .sop_instance = dicom::SopInstanceUid(uid)};
    header.sop_class = "1.2.840.10008.5.1.4.1.1.2";
    header.study_header.patient_id = dicom::PatientId("PID-7");
    header.study_header.patient_name = dicom::PersonName::parse_pn("Doe^Jane");
    header.study_header.accession_number = dicom::AccessionNumber("ACC-7");
    const std::string bytes = "file " + uid;
    dicom::ReceivedInstance instance{.file_hash = blobs_.put(bytes),
                                     .content_hash = dicom::sha256("content " + uid),
                                     .image_hash = dicom::sha256("image " + uid),
                                     .bytes = bytes.size(),
                                     .header = header,
                                     .calling = dicom::AeTitle("PACS"),
                                     .association = "a"};
    db::IntakeRecords(dsn_).record(instance);
    return instance;
  }
  static reporting::ReportVersion draft_of(const std::string& study, int number = 1) {
    reporting::ReportVersion version = tests::example_draft();
    version.study.uid = dicom::StudyUid(study);
    version.report_id = dicom::uid_from_name("report|" + study);
    version.number = number;
    version.predecessor = number - 1;
    return version;
  }

 private:
  tests::TempFolder folder_;
  int log_file_ = ::open((folder_ / "log.jsonl").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::string dsn_;
  dicom::BlobStore blobs_{folder_ / "store"};
  Log log_{"test", log_file_};
  Metrics metrics_{gateway_metric_families()};
};

}  // namespace tomoscribe::pipeline

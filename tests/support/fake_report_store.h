#pragma once
// An in-memory stand-in for the database, for tests of the page and of FHIR alone: the real one is
// in db/ and has its own tests.

#include <mutex>
#include <string>
#include <vector>

#include "reporting/report_store.h"

namespace tomoscribe::tests {

class FakeReportStore : public reporting::ReportStore {
 public:
  void add(reporting::StudyRow row, std::vector<reporting::ReportVersion> versions);

  std::vector<reporting::StudyRow> studies(const reporting::StudyQuery& query) override;
  std::optional<reporting::ReportVersion> latest(const dicom::StudyUid& study,
                                                 reporting::Which which) override;
  std::optional<reporting::ReportVersion> version(const std::string& report_id,
                                                  int number) override;
  std::vector<int> versions(const std::string& report_id) override;
  void append(const reporting::ReportVersion& version, const std::string& actor) override;
  std::vector<reporting::DeliveryRow> deliveries(const std::string& report_id) override;
  bool resend(const std::string& report_id, int version, const std::string& destination,
              const std::string& actor) override;
  std::optional<reporting::Order> order_for(const dicom::StudyUid& study,
                                            const dicom::AccessionNumber& accession) override;

 private:
  struct Held {
    reporting::StudyRow row;
    std::vector<reporting::ReportVersion> versions;
    std::vector<reporting::DeliveryRow> deliveries;
  };
  Held* by_report(const std::string& report_id);
  std::mutex mutex_;
  std::vector<Held> held_;
};

}  // namespace tomoscribe::tests

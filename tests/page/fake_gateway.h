#pragma once
// In-memory stand-in for the database behind the page, for its own tests only: the real one is
// in db/.

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "dicom/identity.h"
#include "reporting/report_store.h"

namespace tomoscribe::page_test {

class FakeReportStore : public reporting::ReportStore {
 public:
  void add(reporting::StudyRow row, std::vector<reporting::ReportVersion> versions);

  std::vector<reporting::StudyRow> studies(const reporting::StudyQuery& query) override;
  std::optional<reporting::ReportVersion> latest(const dicom::StudyUid& study,
                                                 bool signed_only) override;
  std::optional<reporting::ReportVersion> version(const std::string& report_id,
                                                  int number) override;
  std::vector<int> versions(const std::string& report_id) override;
  void append(const reporting::ReportVersion& version, const std::string& actor) override;
  std::vector<reporting::DeliveryRow> deliveries(const std::string& report_id) override;
  void resend(const std::string& report_id, int version, const std::string& destination) override;
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

/// Writes a small thorax of ellipses as CT slices; for the page only (the measured phantom is in
/// model/phantom).
struct TestSeries {
  dicom::StudyUid study;
  dicom::SeriesUid series;
  std::vector<dicom::SopInstanceUid> instances;  ///< from the lungs' base upwards
  int columns = 256;
};
TestSeries write_test_series(const std::filesystem::path& folder, int slices);

/// A draft over that series with a sentence of every outcome and markup in its texts.
reporting::ReportVersion test_report(const TestSeries& series);

}  // namespace tomoscribe::page_test

#pragma once
// In-memory stand-ins for the database behind the page, for its own tests only: the real ones are
// in db/.

#include <string>
#include <vector>

#include "dicom/dicomweb.h"
#include "reporting/report_store.h"
#include "tests/support/fake_report_store.h"

namespace tomoscribe::page_test {

using tests::FakeReportStore;

/// Knows the files of one folder.
class FakeInstanceIndex : public dicom::InstanceIndex {
 public:
  /// Reads every DICOM file in `folder` and puts it into `blobs`.
  FakeInstanceIndex(const std::filesystem::path& folder, const dicom::BlobStore& blobs);
  bool has_study(const dicom::StudyUid& study) override;
  std::vector<dicom::IndexedSeries> series(const dicom::StudyUid& study) override;
  std::vector<dicom::IndexedInstance> instances(const dicom::StudyUid& study,
                                                const dicom::SeriesUid& series) override;

 private:
  struct Row {
    dicom::StudyUid study;
    dicom::IndexedSeries series;
    dicom::IndexedInstance instance;
  };
  std::vector<Row> rows_;
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

#pragma once
// In-memory stand-in for the database behind the page, for its own tests only: the real one is
// in db/.

#include <filesystem>
#include <string>
#include <vector>

#include "dicom/identity.h"
#include "reporting/report_store.h"
#include "tests/support/fake_report_store.h"

namespace tomoscribe::page_test {

using tests::FakeReportStore;

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

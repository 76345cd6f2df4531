#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "tests/page/fake_gateway.h"

namespace tomoscribe::page_test {
namespace {

constexpr double pixel_mm = 1.4, slice_mm = 5;
constexpr const char* hostile_name = "<script>alert(1)</script>^Phantom";

/// How far inside an ellipse a point lies: 1 at its centre, 0 on its edge, negative outside.
double inside(double x, double y, double cx, double cy, double rx, double ry) {
  return 1 - std::hypot((x - cx) / rx, (y - cy) / ry);
}

/// HU at (x, y) of the unit square, at height `h` from the lungs' base (0) to their top (1).
double thorax_hu(double x, double y, double h) {
  const double lung = std::sin(M_PI * (0.12 + 0.8 * h));
  double hu = -1000;
  if (y > 0.86 && y < 0.885 && x > 0.12 && x < 0.88) hu = -150;  // table
  if (inside(x, y, 0.5, 0.52, 0.43, 0.32) > 0) hu = -90;
  if (inside(x, y, 0.5, 0.52, 0.40, 0.29) > 0) hu = 45;
  for (const double side : {-1.0, 1.0}) {
    const double edge = inside(x, y, 0.5 + side * 0.19, 0.5, 0.165 * lung, 0.235 * lung);
    if (edge > 0) {
      hu = -870;
      const double vessel = std::sin(37 * x + 11 * h) * std::sin(41 * y - 7 * h) * edge;
      if (vessel > 0.45) hu = 30;
    } else if (edge > -0.1) {
      const double rib = std::sin(6 * std::atan2(y - 0.5, x - 0.5) * 2 + 9 * h);
      if (rib > 0.6 && edge < -0.03) hu = 480;
    }
  }
  if (inside(x, y, 0.53, 0.45, 0.12 * (1.25 - h), 0.12 * (1.25 - h)) > 0) hu = 60;
  if (inside(x, y, 0.5, 0.70, 0.055, 0.06) > 0) hu = 260;
  if (inside(x, y, 0.5, 0.70, 0.025, 0.028) > 0) hu = 25;
  if (h > 0.45 && inside(x, y, 0.5, 0.53, 0.022, 0.022) > 0) hu = -990;  // trachea
  if (std::hypot(std::hypot((x - 0.36) / 0.022, (y - 0.42) / 0.022), (h - 0.5) / 0.05) < 1)
    hu = 40;  // the nodule
  return hu;
}

void text(DcmDataset& set, const DcmTagKey& tag, const std::string& value) {
  if (set.putAndInsertString(tag, value.c_str()).bad())
    throw std::runtime_error("cannot set a tag");
}

void describe(DcmDataset& set, const TestSeries& series, int k) {
  text(set, DCM_SpecificCharacterSet, "ISO_IR 192");
  text(set, DCM_ImageType, "ORIGINAL\\PRIMARY\\AXIAL");
  text(set, DCM_SOPClassUID, UID_CTImageStorage);
  text(set, DCM_SOPInstanceUID, series.instances.at(static_cast<std::size_t>(k)).str());
  text(set, DCM_StudyDate, "20261124");
  text(set, DCM_StudyTime, "101500");
  text(set, DCM_AccessionNumber, "PHANTOM-7");
  text(set, DCM_Modality, "CT");
  text(set, DCM_SeriesDescription, "Thorax 5.0 (phantom)");
  text(set, DCM_PatientName, hostile_name);
  text(set, DCM_PatientID, "PHANTOM-7");
  text(set, DCM_StudyInstanceUID, series.study.str());
  text(set, DCM_SeriesInstanceUID, series.series.str());
  text(set, DCM_FrameOfReferenceUID, series.series.str() + ".1");
  text(set, DCM_SeriesNumber, "2");
  text(set, DCM_InstanceNumber, std::to_string(k + 1));
  text(set, DCM_ImagePositionPatient,
       R"(-179\-179\)" + std::to_string(k * static_cast<int>(slice_mm)));
  text(set, DCM_ImageOrientationPatient, R"(1\0\0\0\1\0)");
  text(set, DCM_PixelSpacing, R"(1.4\1.4)");
  text(set, DCM_SliceThickness, "5");
  text(set, DCM_RescaleSlope, "1");
  text(set, DCM_RescaleIntercept, "-1024");
  text(set, DCM_PhotometricInterpretation, "MONOCHROME2");
  const auto size = static_cast<Uint16>(series.columns);
  for (const auto& [tag, value] :
       std::array<std::pair<DcmTagKey, Uint16>, 7>{{{DCM_SamplesPerPixel, 1},
                                                    {DCM_Rows, size},
                                                    {DCM_Columns, size},
                                                    {DCM_BitsAllocated, 16},
                                                    {DCM_BitsStored, 12},
                                                    {DCM_HighBit, 11},
                                                    {DCM_PixelRepresentation, 0}}})
    if (set.putAndInsertUint16(tag, value).bad()) throw std::runtime_error("cannot set a tag");
}

std::vector<Uint16> slice_pixels(int columns, double height) {
  std::vector<Uint16> pixels;
  std::uint32_t state = 12345U + static_cast<std::uint32_t>(height * 1000);
  for (int row = 0; row < columns; ++row) {
    for (int column = 0; column < columns; ++column) {
      state = state * 1664525U + 1013904223U;
      const double noise = (static_cast<double>(state >> 24U) / 255 - 0.5) * 40;
      const double hu = thorax_hu((column + 0.5) / columns, (row + 0.5) / columns, height) + noise;
      pixels.push_back(static_cast<Uint16>(std::clamp(hu + 1024, 0.0, 4095.0)));
    }
  }
  return pixels;
}

}  // namespace

TestSeries write_test_series(const std::filesystem::path& folder, int slices) {
  TestSeries series{dicom::StudyUid(dicom::uid_from_name("page test study")),
                    dicom::SeriesUid(dicom::uid_from_name("page test series")),
                    {},
                    256};
  for (int k = 0; k < slices; ++k)
    series.instances.emplace_back(dicom::uid_from_name("page test slice " + std::to_string(k)));
  std::filesystem::create_directories(folder);
  for (int k = 0; k < slices; ++k) {
    DcmFileFormat file;
    describe(*file.getDataset(), series, k);
    const auto pixels =
        slice_pixels(series.columns, slices < 2 ? 0.5 : static_cast<double>(k) / (slices - 1));
    if (file.getDataset()
            ->putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size())
            .bad() ||
        file.saveFile((folder / (std::to_string(k) + ".dcm")).c_str(), EXS_LittleEndianExplicit)
            .bad())
      throw std::runtime_error("cannot write a slice");
  }
  return series;
}

}  // namespace tomoscribe::page_test

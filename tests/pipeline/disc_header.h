#pragma once
// The header of a small square slice, for tests of what is read from files.

#include "dicom/ct_writer.h"

namespace tomoscribe::tests {

inline constexpr double disc_pixel_mm = 2;

/// Slice `number` at height z_mm of an axial series of side x side pixels of 2 mm around the z
/// axis; 4 mm thick.
inline dicom::InstanceHeader disc_header(int number, double z_mm, int side) {
  dicom::InstanceHeader header{
      .study = dicom::StudyUid("1.2.3"),
      .series = dicom::SeriesUid("1.2.3.1"),
      .sop_instance = dicom::SopInstanceUid("1.2.3.1." + std::to_string(number))};
  header.study_header.patient_id = dicom::PatientId("TEST-1");
  header.series_number = 1;
  header.instance_number = number;
  header.frame_of_reference = dicom::FrameOfReferenceUid("1.2.3.9");
  header.manufacturer = "TEST";
  header.convolution_kernel = "STANDARD";
  header.rows = header.columns = side;
  const double corner_mm = -side * disc_pixel_mm / 2;
  header.planes = {
      {.image_position_patient = dicom::Vec3{corner_mm, corner_mm, z_mm},
       .image_orientation_patient = std::array{dicom::Vec3{1, 0, 0}, dicom::Vec3{0, 1, 0}},
       .pixel_spacing_mm = std::array{disc_pixel_mm, disc_pixel_mm},
       .slice_thickness_mm = 4}};
  return header;
}

}  // namespace tomoscribe::tests

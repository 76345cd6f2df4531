#pragma once

#include <filesystem>
#include <vector>

#include "dicom/ct_writer.h"

namespace tomoscribe::tests {

/// Header of slice `index` of a small synthetic axial series (fictitious identity).
inline dicom::InstanceHeader slice_header(int index, int side = 16) {
  dicom::InstanceHeader header{.study = dicom::StudyUid(dicom::uid_from_name("test study")),
                               .series = dicom::SeriesUid(dicom::uid_from_name("test series")),
                               .sop_instance = dicom::SopInstanceUid(
                                   dicom::uid_from_name("test slice " + std::to_string(index)))};
  header.study_header.patient_id = dicom::PatientId("TEST-1");
  header.study_header.patient_name = {.family = "Ärzte", .given = "Zoë"};
  header.study_header.study_date = "20260102";
  header.study_header.study_time = "030405";
  header.series_number = 3;
  header.instance_number = index + 1;
  header.frame_of_reference = dicom::FrameOfReferenceUid(dicom::uid_from_name("test frame"));
  header.manufacturer = "TEST";
  header.convolution_kernel = "B";
  header.rows = header.columns = side;
  header.planes = {
      {.image_position_patient = dicom::Vec3{-10, -20, 2.5 * index},
       .image_orientation_patient = std::array{dicom::Vec3{1, 0, 0}, dicom::Vec3{0, 1, 0}},
       .pixel_spacing_mm = std::array{0.7, 0.6},
       .slice_thickness_mm = 2.5}};
  return header;
}

inline std::vector<std::uint16_t> slice_pixels(int index, int side = 16) {
  std::vector<std::uint16_t> pixels(static_cast<std::size_t>(side) *
                                    static_cast<std::size_t>(side));
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<std::uint16_t>((i * 7 + static_cast<std::size_t>(index)) % 4096);
  return pixels;
}

inline std::filesystem::path write_slice(const std::filesystem::path& folder, int index,
                                         int side = 16) {
  auto file = folder / ("slice" + std::to_string(index) + ".dcm");
  dicom::write_ct_slice(file, slice_header(index, side), slice_pixels(index, side));
  return file;
}

}  // namespace tomoscribe::tests

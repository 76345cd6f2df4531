#pragma once
// What one DICOM instance says about itself, read once by DCMTK and then carried as plain values.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dicom/identity.h"

namespace tomoscribe::dicom {

using Vec3 = std::array<double, 3>;  ///< LPS, millimetres, or a direction in LPS

/// Where one image plane lies and what its pixels are (PS3.3 C.7.6.2, C.7.6.3, C.8.2.1). One per
/// frame.
struct PlaneHeader {
  std::optional<Vec3> image_position_patient;  ///< (0020,0032), mm, centre of the first voxel
  std::optional<std::array<Vec3, 2>>
      image_orientation_patient;  ///< (0020,0037): row direction, column direction
  std::optional<std::array<double, 2>> pixel_spacing_mm;   ///< (0028,0030): between rows first
  std::optional<double> slice_thickness_mm;                ///< (0018,0050)
  std::optional<double> rescale_slope, rescale_intercept;  ///< (0028,1053), (0028,1052)
  std::string rescale_type;                                ///< (0028,1054); empty when absent
  std::string stack_id;  ///< (0020,9056), of Enhanced CT; empty when absent
  std::optional<int> temporal_position_index = {};  ///< (0020,9128), of Enhanced CT
};

/// Patient and study values shared by the instances of one study. Text is UTF-8.
struct StudyHeader {
  PatientId patient_id;
  std::string issuer_of_patient_id;
  PersonName patient_name;
  std::optional<std::chrono::year_month_day> patient_birth_date;
  std::string patient_sex;  ///< "M", "F", "O" or empty
  AccessionNumber accession_number;
  std::string study_id, study_description, referring_physician_pn, institution_name;
  std::string study_date, study_time;  ///< as stored: DA, TM
  std::string timezone_offset;         ///< (0008,0201) "+0100"; empty when absent
  bool operator==(const StudyHeader&) const = default;
};

/// The header of one instance; geometry per frame (a single-frame image has one plane).
struct InstanceHeader {
  StudyUid study;
  SeriesUid series;
  SopInstanceUid sop_instance;
  std::string sop_class, transfer_syntax;
  StudyHeader study_header;

  std::string modality, series_description, body_part_examined, protocol_name, manufacturer,
      model_name, convolution_kernel, contrast_agent, patient_position;
  std::vector<std::string> image_type;  ///< (0008,0008) or the frame type of Enhanced CT
  std::optional<FrameOfReferenceUid> frame_of_reference;
  std::optional<int> series_number, instance_number, acquisition_number;
  std::optional<double> kvp, gantry_tilt_degrees, patient_size_m;
  std::optional<double> patient_age_years;       ///< (0010,1010)
  std::string temporal_position, cardiac_phase;  ///< as stored; empty when absent
  std::optional<double> acquisition_s;  ///< (0008,0032) Acquisition Time, seconds of the day
  bool lossy = false;                   ///< (0028,2110) or a lossy transfer syntax

  int rows = 0, columns = 0, frames = 0;  ///< frames 0: no pixel data
  int samples_per_pixel = 0, bits_allocated = 0, bits_stored = 0, high_bit = 0;
  bool pixel_is_signed = false;
  std::string photometric;
  std::optional<double> pixel_padding_value,
      pixel_padding_range_limit;    ///< stored values, before rescale
  std::vector<PlaneHeader> planes;  ///< one per frame; empty without pixel data
};

/// Reads the header of a Part 10 file (or of a bare data set) without loading its pixels.
/// Lengths in the file are not trusted: no more than the header is held in memory.
/// \throws Malformed with one sentence when it is no DICOM, is cut, or lacks a required identifier.
/// Thread-safe.
InstanceHeader read_header(const std::filesystem::path& file);

}  // namespace tomoscribe::dicom

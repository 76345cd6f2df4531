#include "dicom/ct_writer.h"

#include <array>
#include <cstdio>
#include <system_error>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

namespace tomoscribe::dicom {
namespace {

/// DS holds at most 16 characters (PS3.5 6.2).
std::string decimal_string(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.10g", value == 0 ? 0.0 : value);
  return text.data();
}

template <std::size_t Count>
std::string decimal_strings(const std::array<double, Count>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : "\\") + decimal_string(value);
  return text;
}

class Writer {
 public:
  explicit Writer(DcmDataset& data_set) : data_set_(data_set) {}
  void put(const DcmTagKey& tag, const std::string& value) {
    check(data_set_.putAndInsertString(tag, value.c_str()));
  }
  void put(const DcmTagKey& tag, int value) { put(tag, std::to_string(value)); }
  void put_us(const DcmTagKey& tag, int value) {
    check(data_set_.putAndInsertUint16(tag, static_cast<Uint16>(value)));
  }

 private:
  static void check(const OFCondition& condition) {
    if (condition.bad())
      throw Malformed(std::string("a CT attribute cannot be written: ") + condition.text());
  }
  DcmDataset& data_set_;
};

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : "\\") + value;
  return text;
}

void put_patient_and_study(Writer& writer, const InstanceHeader& header) {
  const StudyHeader& study = header.study_header;
  std::string birth_date = study.patient_birth_date ? iso_date(*study.patient_birth_date) : "";
  std::erase(birth_date, '-');
  writer.put(DCM_SpecificCharacterSet, "ISO_IR 192");
  writer.put(DCM_PatientName, study.patient_name.pn());
  writer.put(DCM_PatientID, study.patient_id.str());
  if (!study.issuer_of_patient_id.empty())
    writer.put(DCM_IssuerOfPatientID, study.issuer_of_patient_id);
  writer.put(DCM_PatientBirthDate, birth_date);
  writer.put(DCM_PatientSex, study.patient_sex);
  writer.put(DCM_StudyInstanceUID, header.study.str());
  writer.put(DCM_StudyID, study.study_id);
  writer.put(DCM_StudyDate, study.study_date);
  writer.put(DCM_StudyTime, study.study_time);
  writer.put(DCM_AccessionNumber, study.accession_number.str());
  writer.put(DCM_ReferringPhysicianName, study.referring_physician_pn);
  if (!study.study_description.empty()) writer.put(DCM_StudyDescription, study.study_description);
  if (!study.institution_name.empty()) writer.put(DCM_InstitutionName, study.institution_name);
  if (!study.timezone_offset.empty()) writer.put(DCM_TimezoneOffsetFromUTC, study.timezone_offset);
}

void put_series(Writer& writer, const InstanceHeader& header) {
  writer.put(DCM_Modality, "CT");
  writer.put(DCM_SeriesInstanceUID, header.series.str());
  writer.put(DCM_SeriesNumber, header.series_number.value_or(1));
  if (!header.series_description.empty())
    writer.put(DCM_SeriesDescription, header.series_description);
  if (!header.protocol_name.empty()) writer.put(DCM_ProtocolName, header.protocol_name);
  if (header.body_part_examined.empty()) {
    writer.put(DCM_Laterality, "");  // type 2C: asked for where the body part is unknown
  } else {
    writer.put(DCM_BodyPartExamined, header.body_part_examined);
  }
  writer.put(DCM_PatientPosition,
             header.patient_position.empty() ? "HFS" : header.patient_position);
  if (header.frame_of_reference)
    writer.put(DCM_FrameOfReferenceUID, header.frame_of_reference->str());
  writer.put(DCM_PositionReferenceIndicator, "");
  writer.put(DCM_Manufacturer, header.manufacturer);
  writer.put(DCM_ManufacturerModelName, header.model_name);
}

void put_image(Writer& writer, const InstanceHeader& header) {
  const PlaneHeader& plane = header.planes.at(0);
  writer.put(DCM_SOPClassUID, UID_CTImageStorage);
  writer.put(DCM_SOPInstanceUID, header.sop_instance.str());
  writer.put(DCM_ImageType,
             header.image_type.empty() ? "ORIGINAL\\PRIMARY\\AXIAL" : joined(header.image_type));
  writer.put(DCM_InstanceNumber, header.instance_number.value_or(1));
  writer.put(DCM_AcquisitionNumber, header.acquisition_number.value_or(1));
  writer.put(DCM_KVP, decimal_string(header.kvp.value_or(120)));
  writer.put(DCM_ConvolutionKernel, header.convolution_kernel);
  if (!header.contrast_agent.empty()) writer.put(DCM_ContrastBolusAgent, header.contrast_agent);
  if (header.gantry_tilt_degrees)
    writer.put(DCM_GantryDetectorTilt, decimal_string(*header.gantry_tilt_degrees));
  if (plane.image_position_patient)
    writer.put(DCM_ImagePositionPatient, decimal_strings(*plane.image_position_patient));
  if (plane.image_orientation_patient) {
    const auto& [row, column] = *plane.image_orientation_patient;
    writer.put(
        DCM_ImageOrientationPatient,
        decimal_strings(std::array{row[0], row[1], row[2], column[0], column[1], column[2]}));
  }
  if (plane.pixel_spacing_mm)
    writer.put(DCM_PixelSpacing, decimal_strings(*plane.pixel_spacing_mm));
  writer.put(DCM_SliceThickness,
             plane.slice_thickness_mm ? decimal_string(*plane.slice_thickness_mm) : "");
  writer.put(DCM_BurnedInAnnotation, "NO");
  writer.put_us(DCM_SamplesPerPixel, 1);
  writer.put(DCM_PhotometricInterpretation, "MONOCHROME2");
  writer.put_us(DCM_Rows, header.rows);
  writer.put_us(DCM_Columns, header.columns);
  writer.put_us(DCM_BitsAllocated, 16);
  writer.put_us(DCM_BitsStored, 12);
  writer.put_us(DCM_HighBit, 11);
  writer.put_us(DCM_PixelRepresentation, 0);
  if (header.pixel_padding_value)
    writer.put_us(DCM_PixelPaddingValue, static_cast<int>(*header.pixel_padding_value));
  writer.put(DCM_RescaleIntercept, "-1024");
  writer.put(DCM_RescaleSlope, "1");
  writer.put(DCM_RescaleType, "HU");
}

}  // namespace

void write_ct_slice(const std::filesystem::path& file, const InstanceHeader& header,
                    std::span<const std::uint16_t> stored) {
  if (stored.size() !=
      static_cast<std::size_t>(header.rows) * static_cast<std::size_t>(header.columns))
    throw Malformed("the pixels are not rows x columns");
  DcmFileFormat format;
  Writer writer(*format.getDataset());
  put_patient_and_study(writer, header);
  put_series(writer, header);
  put_image(writer, header);
  const OFCondition put = format.getDataset()->putAndInsertUint16Array(
      DCM_PixelData, stored.data(), static_cast<unsigned long>(stored.size()));
  const OFCondition saved =
      put.bad() ? put : format.saveFile(file.c_str(), EXS_LittleEndianExplicit);
  if (saved.bad()) throw std::system_error(EIO, std::generic_category(), "cannot write a CT slice");
}

}  // namespace tomoscribe::dicom

#include "dicom/instance_header.h"

#include <algorithm>

#include "dicom/detail/open_file.h"
#include "dicom/detail/text.h"

namespace tomoscribe::dicom {
namespace {

using detail::first_item;
using detail::integer;
using detail::number;
using detail::numbers;
using detail::text;
using detail::text_at;

constexpr int most_frames = 20000;
constexpr int most_pixels_a_side = 16384;

/// Forgiving: an identity that breaks its rule becomes unknown, except the UIDs without which
/// nothing can be filed.
template <class T>
T text_or_empty(DcmItem& item, const DcmTagKey& tag) {
  return T::parse(text(item, tag)).value_or(T());
}

template <class T>
T required_uid(DcmItem& item, const DcmTagKey& tag, const char* name) {
  const auto uid = T::parse(text(item, tag));
  if (!uid) throw Malformed(std::string("the data set has no valid ") + name);
  return *uid;
}

/// Of a time of the day (PS3.5 6.2, TM): HHMMSS with what follows the seconds left out.
std::optional<double> seconds_of_day(const std::string& time) {
  constexpr std::size_t needed = 6;
  if (time.size() < needed || !std::all_of(time.begin(), time.begin() + needed, [](char letter) {
        return letter >= '0' && letter <= '9';
      }))
    return std::nullopt;
  const auto two = [&](std::size_t at) { return 10 * (time[at] - '0') + (time[at + 1] - '0'); };
  return 3600.0 * two(0) + 60.0 * two(2) + two(4);
}

/// Text becomes UTF-8 (PS3.3 C.12.1.1.2); an unknown or broken character set is read as ISO_IR 100
/// (Latin-1).
void make_utf8(DcmDataset& data_set) {
  if (data_set.convertToUTF8().good()) return;
  data_set.putAndInsertString(DCM_SpecificCharacterSet, "ISO_IR 100");
  data_set.convertToUTF8();
}

StudyHeader study_header(DcmItem& item) {
  StudyHeader header;
  header.patient_id = text_or_empty<PatientId>(item, DCM_PatientID);
  header.issuer_of_patient_id = text(item, DCM_IssuerOfPatientID);
  header.patient_name = PersonName::parse_pn(text(item, DCM_PatientName));
  header.patient_birth_date = parse_date(text(item, DCM_PatientBirthDate));
  header.patient_sex = text(item, DCM_PatientSex);
  if (header.patient_sex != "M" && header.patient_sex != "F" && header.patient_sex != "O")
    header.patient_sex.clear();
  header.accession_number = text_or_empty<AccessionNumber>(item, DCM_AccessionNumber);
  header.study_id = text(item, DCM_StudyID);
  header.study_description = text(item, DCM_StudyDescription);
  header.referring_physician_pn = text(item, DCM_ReferringPhysicianName);
  header.institution_name = text(item, DCM_InstitutionName);
  header.study_date = text(item, DCM_StudyDate);
  header.study_time = text(item, DCM_StudyTime);
  header.timezone_offset = text(item, DCM_TimezoneOffsetFromUTC);
  return header;
}

/// Reads plane attributes of an image item or of one functional group item into what is already
/// known.
void read_plane(DcmItem& item, PlaneHeader& plane) {
  if (const auto position = numbers<3>(item, DCM_ImagePositionPatient))
    plane.image_position_patient = *position;
  if (const auto o = numbers<6>(item, DCM_ImageOrientationPatient))
    plane.image_orientation_patient = {Vec3{(*o)[0], (*o)[1], (*o)[2]},
                                       Vec3{(*o)[3], (*o)[4], (*o)[5]}};
  if (const auto spacing = numbers<2>(item, DCM_PixelSpacing)) plane.pixel_spacing_mm = *spacing;
  if (const auto thickness = number(item, DCM_SliceThickness))
    plane.slice_thickness_mm = *thickness;
  if (const auto slope = number(item, DCM_RescaleSlope)) plane.rescale_slope = *slope;
  if (const auto intercept = number(item, DCM_RescaleIntercept))
    plane.rescale_intercept = *intercept;
  if (std::string type = text(item, DCM_RescaleType); !type.empty())
    plane.rescale_type = std::move(type);
}

/// One item of the shared or per-frame functional groups (PS3.3 C.7.6.16).
void read_groups(DcmItem& groups, PlaneHeader& plane) {
  for (const DcmTagKey& group : {DCM_PlanePositionSequence, DCM_PlaneOrientationSequence,
                                 DCM_PixelMeasuresSequence, DCM_PixelValueTransformationSequence})
    if (DcmItem* item = first_item(groups, group)) read_plane(*item, plane);
  if (DcmItem* content = first_item(groups, DCM_FrameContentSequence)) {
    plane.stack_id = text(*content, DCM_StackID);
    plane.temporal_position_index = integer(*content, DCM_TemporalPositionIndex);
  }
}

void read_frame_type(DcmItem& groups, InstanceHeader& header) {
  if (DcmItem* item = first_item(groups, DCM_CTXRayDetailsSequence))
    if (const auto kvp = number(*item, DCM_KVP)) header.kvp = *kvp;
  if (DcmItem* item = first_item(groups, DCM_CTImageFrameTypeSequence))
    if (auto type = detail::texts(*item, DCM_FrameType); !type.empty())
      header.image_type = std::move(type);
  if (DcmItem* item = first_item(groups, DCM_CTReconstructionSequence))
    if (std::string kernel = text(*item, DCM_ConvolutionKernel); !kernel.empty())
      header.convolution_kernel = std::move(kernel);
}

void read_planes(DcmItem& item, InstanceHeader& header) {
  PlaneHeader common;
  read_plane(item, common);
  if (DcmItem* shared = first_item(item, DCM_SharedFunctionalGroupsSequence)) {
    read_groups(*shared, common);
    read_frame_type(*shared, header);
  }
  header.planes.assign(static_cast<std::size_t>(header.frames), common);
  DcmSequenceOfItems* per_frame = nullptr;
  if (item.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, per_frame).bad()) return;
  const std::size_t count = std::min<std::size_t>(per_frame->card(), header.planes.size());
  for (std::size_t i = 0; i < count; ++i) {
    DcmItem* groups = per_frame->getItem(static_cast<unsigned long>(i));
    read_groups(*groups, header.planes[i]);
    if (i == 0) read_frame_type(*groups, header);
  }
}

void read_pixel_description(DcmItem& item, InstanceHeader& header) {
  header.rows = integer(item, DCM_Rows).value_or(0);
  header.columns = integer(item, DCM_Columns).value_or(0);
  header.samples_per_pixel = integer(item, DCM_SamplesPerPixel).value_or(0);
  header.bits_allocated = integer(item, DCM_BitsAllocated).value_or(0);
  header.bits_stored = integer(item, DCM_BitsStored).value_or(0);
  header.high_bit = integer(item, DCM_HighBit).value_or(0);
  header.pixel_is_signed = integer(item, DCM_PixelRepresentation).value_or(0) == 1;
  header.photometric = text(item, DCM_PhotometricInterpretation);
  header.pixel_padding_value = number(item, DCM_PixelPaddingValue);
  header.pixel_padding_range_limit = number(item, DCM_PixelPaddingRangeLimit);
  if (header.rows <= 0 || header.columns <= 0) return;
  if (header.rows > most_pixels_a_side || header.columns > most_pixels_a_side)
    throw Malformed("rows or columns beyond 16384");
  header.frames = integer(item, DCM_NumberOfFrames).value_or(1);
  if (header.frames < 1 || header.frames > most_frames)
    throw Malformed("number of frames is not in 1..20000");
}

void read_series_values(DcmItem& item, InstanceHeader& header) {
  header.modality = text(item, DCM_Modality);
  header.series_description = text(item, DCM_SeriesDescription);
  header.body_part_examined = text(item, DCM_BodyPartExamined);
  header.protocol_name = text(item, DCM_ProtocolName);
  header.manufacturer = text(item, DCM_Manufacturer);
  header.model_name = text(item, DCM_ManufacturerModelName);
  header.convolution_kernel = text_at(item, DCM_ConvolutionKernel, 0);
  header.contrast_agent = text(item, DCM_ContrastBolusAgent);
  header.patient_position = text(item, DCM_PatientPosition);
  header.image_type = detail::texts(item, DCM_ImageType);
  header.frame_of_reference = FrameOfReferenceUid::parse(text(item, DCM_FrameOfReferenceUID));
  header.series_number = integer(item, DCM_SeriesNumber);
  header.instance_number = integer(item, DCM_InstanceNumber);
  header.acquisition_number = integer(item, DCM_AcquisitionNumber);
  header.kvp = number(item, DCM_KVP);
  header.patient_size_m = number(item, DCM_PatientSize);
  header.patient_age_years = parse_age_years(text(item, DCM_PatientAge));
  header.gantry_tilt_degrees = number(item, DCM_GantryDetectorTilt);
  header.temporal_position = text(item, DCM_TemporalPositionIdentifier);
  header.cardiac_phase = text(item, DCM_NominalPercentageOfCardiacPhase);
  header.acquisition_s = seconds_of_day(text(item, DCM_AcquisitionTime));
}

}  // namespace

InstanceHeader read_header(const std::filesystem::path& file) {
  const auto format = detail::open_file(file, false);
  DcmDataset& data_set = *format->getDataset();
  make_utf8(data_set);
  InstanceHeader header{
      .study = required_uid<StudyUid>(data_set, DCM_StudyInstanceUID, "Study Instance UID"),
      .series = required_uid<SeriesUid>(data_set, DCM_SeriesInstanceUID, "Series Instance UID"),
      .sop_instance =
          required_uid<SopInstanceUid>(data_set, DCM_SOPInstanceUID, "SOP Instance UID")};
  header.sop_class = text(data_set, DCM_SOPClassUID);
  if (!is_uid(header.sop_class)) throw Malformed("the data set has no valid SOP Class UID");
  const DcmXfer syntax(data_set.getOriginalXfer());
  header.transfer_syntax = syntax.getXferID() == nullptr ? "" : syntax.getXferID();
  header.study_header = study_header(data_set);
  read_series_values(data_set, header);
  read_pixel_description(data_set, header);
  header.lossy = detail::is_lossy(data_set.getOriginalXfer()) ||
                 text(data_set, DCM_LossyImageCompression) == "01";
  read_planes(data_set, header);
  return header;
}

}  // namespace tomoscribe::dicom

#include "pipeline/detail/phantom_study.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "dicom/ct_writer.h"
#include "model/phantom/request.h"

namespace tomoscribe::pipeline {

namespace {

namespace fs = std::filesystem;
using model::phantom::Kernel;
using model::phantom::Phantom;
using model::phantom::Phase;
using model::phantom::Settings;

struct BodyWords {
  const char *name, *study, *series, *examined, *model;
};
constexpr std::array<BodyWords, 3> body_words{
    {{"PHANTOM^THORAX", "CT CHEST PHANTOM", "THORAX, SYNTHETIC", "CHEST", "THORAX"},
     {"PHANTOM^HEAD", "CT HEAD PHANTOM", "HEAD, SYNTHETIC", "HEAD", "HEAD"},
     {"PHANTOM^ABDOMEN", "CT ABDOMEN PHANTOM", "ABDOMEN, SYNTHETIC", "ABDOMEN", "ABDOMEN"}}};

std::string identity_words(const Settings& settings, const PhantomIdentity& identity) {
  return "phantom|2|" + model::phantom::settings_json(settings) + '|' + identity.patient_id + '|' +
         identity.accession + '|' + identity.study_uid +
         (identity.background ? '|' + identity.background->series.str() : "");
}

/// How the real series was made.
void keep_acquisition(dicom::InstanceHeader& header, const dicom::InstanceHeader& background) {
  header.convolution_kernel = background.convolution_kernel;
  header.contrast_agent = background.contrast_agent;
  header.kvp = background.kvp;
  header.gantry_tilt_degrees = background.gantry_tilt_degrees;
  header.series_description = "THORAX, FINDINGS SYNTHETIC";
  header.study_header.patient_name = dicom::PersonName::parse_pn("PHANTOM^BACKGROUND");
}

/// PS3.3 C.7.3.1.1.2.
std::string patient_position(model::phantom::Lying lying) {
  using model::phantom::Lying;
  switch (lying) {
    case Lying::supine: return "HFS";
    case Lying::prone: return "HFP";
    case Lying::right_side: return "HFDR";
    case Lying::left_side: return "HFDL";
  }
  throw std::logic_error("unmapped Lying");
}

/// DA, so many weeks before the day of the current scan.
std::string study_date(double weeks_before) {
  const std::chrono::sys_days today =
      std::chrono::year{2025} / std::chrono::January / std::chrono::day{15};
  const std::chrono::year_month_day date = today - std::chrono::days{std::lround(weeks_before * 7)};
  std::ostringstream text;
  text << std::setfill('0') << std::setw(4) << static_cast<int>(date.year()) << std::setw(2)
       << static_cast<unsigned>(date.month()) << std::setw(2) << static_cast<unsigned>(date.day());
  return text.str();
}

std::string kernel_word(const Settings& settings) {
  if (settings.kernel == Kernel::sharp) return "LUNG";
  return "STANDARD";
}

}  // namespace

std::string phantom_slice_name(int number) {
  std::ostringstream name;
  name << "slice-" << std::setw(4) << std::setfill('0') << number << ".dcm";
  return name.str();
}

dicom::InstanceHeader phantom_header(const Settings& settings, const PhantomIdentity& identity) {
  const std::string words = identity_words(settings, identity);
  const auto uid = [&](const char* what) { return dicom::uid_from_name(words + "|" + what); };
  const BodyWords& body = body_words.at(static_cast<std::size_t>(settings.body));
  dicom::InstanceHeader header{
      .study = dicom::StudyUid(identity.study_uid.empty() ? uid("study") : identity.study_uid),
      .series = dicom::SeriesUid(uid("series")),
      .sop_instance = dicom::SopInstanceUid(uid("instance"))};
  dicom::StudyHeader& study = header.study_header;
  const std::string number = std::to_string(settings.seed % 1'000'000'000'000ULL);
  study.patient_id =
      dicom::PatientId(identity.patient_id.empty() ? "PHANTOM-" + number : identity.patient_id);
  study.patient_name = dicom::PersonName::parse_pn(body.name);
  study.patient_birth_date = std::chrono::year_month_day{std::chrono::year{1960},
                                                         std::chrono::January, std::chrono::day{1}};
  study.patient_sex = "O";
  const std::string prior = settings.weeks_before > 0 ? "P" : "";
  study.accession_number = dicom::AccessionNumber(
      (identity.accession.empty() ? "PH" + number : identity.accession) + prior);
  study.study_id = number;
  study.study_description = body.study;
  study.study_date = study_date(settings.weeks_before);
  study.study_time = "101500";
  study.timezone_offset = "+0000";
  header.series_description = body.series;
  header.body_part_examined = body.examined;
  header.manufacturer = "TOMOSCRIBE PHANTOM";
  header.model_name = body.model;
  header.convolution_kernel = kernel_word(settings);
  header.patient_position = patient_position(settings.lying);
  header.image_type = {"ORIGINAL", "PRIMARY", "AXIAL"};
  // Reconstructions of one scan lie in one space: whoever names the study makes several.
  header.frame_of_reference = dicom::FrameOfReferenceUid(
      identity.study_uid.empty()
          ? uid("frame of reference")
          : dicom::uid_from_name("frame of reference|" + identity.study_uid));
  header.series_number = settings.kernel == Kernel::sharp ? 2 : 1;
  header.acquisition_number = 1;
  header.kvp = 120;
  if (settings.tilt_degrees != 0) header.gantry_tilt_degrees = settings.tilt_degrees;
  if (settings.phase != Phase::none) header.contrast_agent = "IODINATED CONTRAST, SYNTHETIC";
  if (settings.padding_circle_mm > 0) header.pixel_padding_value = 0;
  header.rows = settings.rows;
  header.columns = settings.columns;
  header.frames = 1;
  if (identity.background) keep_acquisition(header, *identity.background);
  return header;
}

namespace {

/// A field's text: its separators escaped (HL7 v2.5.1 chapter 2.7).
std::string escaped(const std::string& text) {
  std::string out;
  for (const char letter : text) switch (letter) {
      case '|': out += "\\F\\"; break;
      case '^': out += "\\S\\"; break;
      case '&': out += "\\T\\"; break;
      case '~': out += "\\R\\"; break;
      case '\\': out += "\\E\\"; break;
      default: out += letter;
    }
  return out;
}

/// ORM^O01: the request as the ward's system would send it.
std::string order_message(const dicom::InstanceHeader& header,
                          const model::phantom::Request& request) {
  const dicom::StudyHeader& study = header.study_header;
  const std::string accession = escaped(study.accession_number.str());
  std::string history;
  for (const std::string& fact : request.history) history += (history.empty() ? "" : "; ") + fact;
  return "MSH|^~\\&|WARD|PHANTOM|TOMOSCRIBE||" + study.study_date + "090000||ORM^O01|" + accession +
         "|P|2.3.1\rPID|1||" + escaped(study.patient_id.str()) + "||" + study.patient_name.family +
         '^' + study.patient_name.given + "\rORC|NW|" + accession + '|' + accession + "\rOBR|1|" +
         accession + '|' + accession + "|CT^" + escaped(study.study_description) + "^L|||||||||" +
         escaped(history) + "|||||" + accession + "|||||||||||||" + escaped(request.indication) +
         "\r";
}

void write_file(const fs::path& folder, const std::string& name, const std::string& text) {
  const fs::path part = folder / ('.' + name + ".part");
  {
    std::ofstream file(part, std::ios::binary);
    file << text;
    if (!file.flush()) throw std::runtime_error("cannot write " + (folder / name).string());
  }
  fs::rename(part, folder / name);
}

}  // namespace

void write_truth_file(const fs::path& folder, const std::string& text) {
  write_file(folder, "truth.json", text);
}

void write_phantom_study(const fs::path& folder, const Phantom& phantom,
                         const PhantomIdentity& identity) {
  const Settings& s = phantom.settings;
  dicom::InstanceHeader header = phantom_header(s, identity);
  const std::string words = identity_words(s, identity);
  const auto pixels =
      static_cast<std::size_t>(header.rows) * static_cast<std::size_t>(header.columns);
  std::vector<std::uint16_t> stored(pixels);
  const auto& down = phantom.row_step;
  for (int slice = 0; slice < s.slices; ++slice) {
    const int above = s.every_second_from > 0 ? slice - s.every_second_from : 0;
    if (above > 0 && above % 2 == 1) continue;
    const std::size_t first = pixels * static_cast<std::size_t>(slice);
    for (std::size_t i = 0; i < pixels; ++i)
      stored[i] = static_cast<std::uint16_t>(std::clamp(phantom.hu[first + i] + 1024, 0, 4095));
    const auto& origin = phantom.first_voxel_mm;
    header.sop_instance =
        dicom::SopInstanceUid(dicom::uid_from_name(words + "|slice|" + std::to_string(slice)));
    header.instance_number = slice + 1;
    dicom::PlaneHeader plane;
    plane.image_position_patient =
        dicom::Vec3{origin[0], origin[1], origin[2] + slice * s.slice_mm};
    plane.image_orientation_patient =
        std::array<dicom::Vec3, 2>{dicom::Vec3{1, 0, 0}, dicom::Vec3{down[0], down[1], down[2]}};
    plane.pixel_spacing_mm = std::array<double, 2>{s.pixel_mm, s.pixel_mm};
    plane.slice_thickness_mm = s.thickness_mm > 0 ? s.thickness_mm : s.slice_mm;
    header.planes = {plane};
    dicom::write_ct_slice(folder / phantom_slice_name(slice + 1), header, stored);
  }
  write_file(folder, "order.hl7", order_message(header, model::phantom::request_of(phantom)));
  write_truth_file(folder, model::phantom::truth_json(phantom));
}

}  // namespace tomoscribe::pipeline

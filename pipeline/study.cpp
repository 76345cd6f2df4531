#include "pipeline/study.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace tomoscribe::pipeline {
namespace {

/// Two digits at `at`, or nullopt.
std::optional<int> two_digits(std::string_view text, std::size_t at) {
  if (text.size() < at + 2) return std::nullopt;
  int value = 0;
  const char* end = text.data() + at + 2;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  if (error != std::errc() || stop != end || value < 0) return std::nullopt;
  return value;
}

std::chrono::seconds time_of_day(const std::string& stored) {
  std::string digits = stored;
  std::erase(digits, ':');  // legacy ACR-NEMA form
  const int hours = two_digits(digits, 0).value_or(0), minutes = two_digits(digits, 2).value_or(0),
            seconds = two_digits(digits, 4).value_or(0);
  if (hours > 23 || minutes > 59 || seconds > 60) return std::chrono::seconds(0);
  return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
}

std::chrono::minutes offset_of(const std::string& text) {
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-')) return std::chrono::minutes(0);
  const auto hours = two_digits(text, 1), minutes = two_digits(text, 3);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::chrono::minutes(0);
  const std::chrono::minutes offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return text[0] == '-' ? -offset : offset;
}

bool has(const std::vector<std::string>& regions, std::string_view word) {
  return std::ranges::find(regions, word) != regions.end();
}

struct ProcedureRow {
  const char* open;      ///< contrast not said; nullptr: there is no such code
  const char* enhanced;  ///< with intravenous contrast
  const char* name;
};
// R4 c80-doc-typecodes and DICOM CID 7000.
constexpr ProcedureRow head_row{"24725-4", "24727-0", "CT Head"};
constexpr ProcedureRow chest_row{"24627-2", "24628-0", "CT Chest"};
constexpr ProcedureRow chest_abdomen_row{nullptr, "42275-8", "CT Chest and Abdomen"};
constexpr ProcedureRow abdomen_row{"41806-1", "30599-5", "CT Abdomen"};
constexpr ProcedureRow abdomen_pelvis_row{"44115-4", "36813-4", "CT Abdomen and Pelvis"};
constexpr ProcedureRow trunk_row{nullptr, "72254-6", "CT Chest and Abdomen and Pelvis"};

const ProcedureRow* row_for(const std::vector<std::string>& regions, bool contrast) {
  const bool chest = has(regions, "chest"), abdomen = has(regions, "abdomen"),
             pelvis = has(regions, "pelvis"), head = has(regions, "head");
  if (head) return chest || abdomen || pelvis ? nullptr : &head_row;
  if (chest && pelvis) return &trunk_row;
  if (pelvis) return &abdomen_pelvis_row;
  // Without a code for chest and abdomen, contrast open: the chest was examined in any case.
  if (chest) return abdomen && contrast ? &chest_abdomen_row : &chest_row;
  if (abdomen) return &abdomen_row;
  return nullptr;
}

}  // namespace

std::optional<reporting::Moment> study_moment(const dicom::StudyHeader& header) {
  const auto date = dicom::parse_date(header.study_date);
  if (!date) return std::nullopt;
  const std::chrono::minutes offset = offset_of(header.timezone_offset);
  return reporting::Moment{
      .utc = std::chrono::sys_days(*date) + time_of_day(header.study_time) - offset,
      .offset = offset};
}

std::string body_part_words(const std::vector<std::string>& regions) {
  std::string words;
  for (std::size_t i = 0; i < regions.size(); ++i)
    words += (i == 0 ? "" : i + 1 == regions.size() ? " and " : ", ") + regions[i];
  return words;
}

reporting::Code procedure_code(const std::vector<std::string>& regions, bool contrast) {
  const ProcedureRow* row = row_for(regions, contrast);
  const char* code = row == nullptr ? nullptr : contrast ? row->enhanced : row->open;
  if (code == nullptr) return {"25045-6", "LN", "CT Unspecified body region"};
  return {code, "LN", std::string(row->name) + (contrast ? " W contrast IV" : "")};
}

reporting::Study study_from(const std::vector<InstanceFile>& instances,
                            const std::vector<reporting::SeriesUse>& series) {
  const dicom::InstanceHeader& header = instances.front().header;
  const dicom::StudyHeader& values = header.study_header;
  return {.uid = header.study,
          .patient = {.id = values.patient_id,
                      .issuer = values.issuer_of_patient_id,
                      .name = values.patient_name,
                      .birth_date = values.patient_birth_date,
                      .sex = values.patient_sex},
          .accession = values.accession_number,
          .study_id = values.study_id,
          .description = values.study_description,
          .referring_physician_pn = values.referring_physician_pn,
          .institution = values.institution_name,
          .started = study_moment(values),
          .series = series,
          .body_part = {},
          .procedure = {},
          .contrast = false,
          .instances = static_cast<int>(instances.size())};
}

}  // namespace tomoscribe::pipeline

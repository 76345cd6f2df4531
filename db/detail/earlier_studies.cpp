#include "db/detail/earlier_studies.h"

#include "reporting/faces.h"
#include "reporting/same_patient.h"

namespace tomoscribe::db::detail {
namespace {

reporting::Patient patient_of(const pqxx::row& row, const std::string& prefix) {
  const auto text = [&](const char* column) { return row[prefix + column].as<std::string>(); };
  reporting::Patient patient{.id = dicom::PatientId(text("patient_id")),
                             .issuer = text("issuer"),
                             .name = dicom::PersonName::parse_pn(text("patient_name")),
                             .birth_date = std::nullopt,
                             .sex = text("sex")};
  if (!row[prefix + "birth_date"].is_null())
    patient.birth_date = dicom::parse_date(text("birth_date"));
  return patient;
}

/// "the study of 2024-07-17".
std::string named(const std::string& date) {
  const auto day = dicom::parse_date(date);
  return day ? "the study of " + dicom::iso_date(*day) : "a study without a date";
}

/// Why an earlier study is not compared with; empty: it may be.
std::string why_not(const pqxx::row& row) {
  if (std::string why =
          reporting::why_not_one_patient(patient_of(row, "now_"), patient_of(row, "then_"));
      !why.empty())
    return why;
  const auto text = [&row](const char* column) { return row[column].as<std::string>(); };
  if (!dicom::parse_date(text("study_date"))) return "when it was made is not known";
  const std::string state = text("state");
  if (state == "unsuitable" || state == "failed") return "no draft could be made of it";
  if (state != "drafted" && state != "signed") return "it has no draft yet";
  if (text("body_part").find("chest") == std::string::npos)
    return "its draft shows no chest, and lungs are what is compared";
  return "";
}

std::vector<dicom::BlobId> files_of(pqxx::transaction_base& transaction, const std::string& study) {
  const auto rows = run(transaction,
                        "SELECT file_hash FROM instance WHERE study = $1 AND state = 'in_force' "
                        "ORDER BY sop_instance",
                        study);
  std::vector<dicom::BlobId> files;
  files.reserve(static_cast<std::size_t>(rows.size()));
  for (const auto& row : rows) files.emplace_back(row[0].as<std::string>());
  return files;
}

}  // namespace

std::optional<reporting::ReportVersion> newest_version(pqxx::transaction_base& transaction,
                                                       const std::string& study) {
  const auto rows =
      run(transaction,
          "SELECT body FROM report_version WHERE study = $1 ORDER BY number DESC LIMIT 1", study);
  if (rows.empty()) return std::nullopt;
  // A report of another schema keeps nothing from being made anew.
  try {
    return reporting::from_json(rows[0][0].as<std::string>());
  } catch (const dicom::Malformed&) {
    return std::nullopt;
  }
}

namespace {

constexpr int a_page = 250, most_looked_at = 500, most_named = 20;

/// Newest first; `skipped` of them left out.
pqxx::result earlier_page(pqxx::transaction_base& transaction, const dicom::StudyUid& study,
                          int skipped) {
  // An empty date is before every other.
  return run(transaction, R"(
      SELECT e.uid, e.study_date, e.state, coalesce(v.body_part, '') AS body_part,
             s.patient_id AS now_patient_id, s.issuer AS now_issuer, s.patient_name AS now_patient_name,
             s.birth_date AS now_birth_date, s.sex AS now_sex,
             e.patient_id AS then_patient_id, e.issuer AS then_issuer, e.patient_name AS then_patient_name,
             e.birth_date AS then_birth_date, e.sex AS then_sex
      FROM study s JOIN study e ON e.patient_id = s.patient_id AND e.uid <> s.uid
      LEFT JOIN LATERAL (SELECT body::jsonb -> 'study' ->> 'bodyPart' AS body_part FROM report_version
                         WHERE study = e.uid ORDER BY number DESC LIMIT 1) v ON true
      WHERE s.uid = $1 AND s.patient_id <> '' AND e.study_date < s.study_date
        AND EXISTS (SELECT FROM series WHERE study = e.uid AND modality IN ('CT', ''))
      ORDER BY e.study_date DESC, e.uid LIMIT $2 OFFSET $3)",
             study.str(), a_page, skipped);
}

/// Whether there may be more: the page was full and none of it can be compared.
/// \param seen  studies that cannot be compared, so far; the first of them are named.
bool take_page(pqxx::transaction_base& transaction, const pqxx::result& page, int& seen,
               StudyInput& input) {
  for (const auto& row : page) {
    const std::string name = named(row["study_date"].as<std::string>());
    if (const std::string why = why_not(row); !why.empty()) {
      if (++seen <= most_named) input.not_compared.push_back(name + ": " + why);
      continue;
    }
    const auto uid = row["uid"].as<std::string>();
    input.earlier = EarlierInput{.name = name,
                                 .files = files_of(transaction, uid),
                                 .report = newest_version(transaction, uid)};
    return false;
  }
  return static_cast<int>(page.size()) == a_page;
}

}  // namespace

void find_earlier(pqxx::transaction_base& transaction, const dicom::StudyUid& study,
                  StudyInput& input) {
  int seen = 0;
  while (seen < most_looked_at &&
         take_page(transaction, earlier_page(transaction, study, seen), seen, input)) {
  }
  const int unlisted = seen - most_named;
  if (unlisted > 0)
    input.not_compared.push_back(
        std::to_string(unlisted) + (unlisted == 1 ? " older study" : " older studies") +
        " beyond this list: cannot be compared either" +
        (seen >= most_looked_at ? "; what is older was not looked at" : ""));
}

}  // namespace tomoscribe::db::detail

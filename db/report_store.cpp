#include <map>

#include "db/detail/sql.h"
#include "reporting/faces.h"

namespace tomoscribe::db {
namespace {

using reporting::ReportVersion;
using reporting::StudyRow;

/// DA and TM as stored, with the study's own offset or UTC; nothing when the date is no date.
std::optional<reporting::Moment> started(const std::string& date, const std::string& time,
                                         const std::string& offset) {
  const auto day = dicom::parse_date(date);
  if (!day) return std::nullopt;
  const auto two = [&](std::size_t at) {
    const bool digits = time.size() >= at + 2 &&
                        std::isdigit(static_cast<unsigned char>(time[at])) != 0 &&
                        std::isdigit(static_cast<unsigned char>(time[at + 1])) != 0;
    return digits ? (time[at] - '0') * 10 + (time[at + 1] - '0') : 0;
  };
  std::chrono::minutes shift{0};
  if (offset.size() == 5 && (offset[0] == '+' || offset[0] == '-')) {
    const int digits =
        std::atoi(offset.c_str() + 1);  // NOLINT(cert-err34-c): four digits or nonsense, then UTC
    shift = std::chrono::minutes((digits / 100 * 60 + digits % 100) * (offset[0] == '-' ? -1 : 1));
  }
  const auto local = std::chrono::sys_days(*day) + std::chrono::hours(two(0)) +
                     std::chrono::minutes(two(2)) + std::chrono::seconds(two(4));
  return reporting::Moment{.utc = local - shift, .offset = shift};
}

StudyRow study_row(const pqxx::row& row) {
  const auto text = [&row](const char* column) { return row[column].as<std::string>(); };
  StudyRow study{
      .uid = dicom::StudyUid(text("uid")),
      .state = *reporting::from_text<reporting::StudyState>(text("state")),
      .reason = text("reason"),
      .stage = text("stage"),
      .progress = row["progress"].as<double>(),
      .patient = {.id = dicom::PatientId(text("patient_id")),
                  .issuer = text("issuer"),
                  .name = dicom::PersonName::parse_pn(text("patient_name")),
                  .sex = text("sex")},
      .accession = dicom::AccessionNumber(text("accession")),
      .description = text("description"),
      .started = started(text("study_date"), text("study_time"), text("timezone_offset")),
      .received = detail::moment(row["received"]),
      .series = row["series"].as<int>(),
      .instances = row["instances"].as<int>(),
      .conflicts = row["conflicts"].as<int>(),
      .version = row["version"].as<int>()};
  if (!row["birth_date"].is_null())
    study.patient.birth_date = dicom::parse_date(text("birth_date"));
  if (study.version > 0) {
    study.report_id = text("report_id");
    study.report_state = reporting::from_text<reporting::ReportState>(text("report_state"));
    study.signed_version = row["signed_version"].as<int>();
    study.newer_draft =
        row["person_before"].as<bool>() && *study.report_state == reporting::ReportState::draft;
  }
  return study;
}

constexpr const char* studies_sql = R"(
    SELECT s.uid, s.state, s.reason, s.stage, s.progress, s.patient_id, s.issuer, s.patient_name, s.birth_date, s.sex, s.accession,
           s.description, s.study_date, s.study_time, s.timezone_offset,
           extract(epoch FROM coalesce(c.received, s.created))::bigint AS received, c.instances, c.conflicts,
           (SELECT count(*) FROM series WHERE study = s.uid) AS series,
           coalesce(v.number, 0) AS version, v.report_id, v.state AS report_state,
           EXISTS (SELECT FROM report_version WHERE study = s.uid AND state <> 'draft') AS person_before,
           coalesce((SELECT max(number) FROM report_version WHERE study = s.uid AND state NOT IN ('draft', 'preliminary')), 0) AS signed_version
    FROM study s
    CROSS JOIN LATERAL (SELECT max(received) AS received, count(*) FILTER (WHERE state = 'in_force') AS instances,
                               count(*) FILTER (WHERE state = 'quarantined') AS conflicts FROM instance WHERE study = s.uid) c
    LEFT JOIN LATERAL (SELECT number, report_id, state FROM report_version WHERE study = s.uid ORDER BY number DESC LIMIT 1) v ON true
    WHERE ($1 = '' OR s.patient_id = $1) AND ($2 = '' OR s.accession = $2) AND ($3 = '' OR s.uid = $3) AND ($4 = '' OR s.state = $4)
      AND ($5 = '' OR position(lower($5) IN lower(s.patient_name || ' ' || s.patient_id || ' ' || s.accession)) > 0)
    ORDER BY coalesce(c.received, s.created) DESC, s.uid LIMIT $6 OFFSET $7)";

class PostgresReportStore : public reporting::ReportStore {
 public:
  explicit PostgresReportStore(std::string dsn) : pool_(std::move(dsn)) {}

  std::vector<StudyRow> studies(const reporting::StudyQuery& query) override {
    return pool_.transact([&](pqxx::work& transaction) {
      const auto rows =
          detail::run(transaction, studies_sql, query.patient_id, query.accession,
                      query.study ? query.study->str() : std::string(),
                      query.state ? std::string(to_text(*query.state)) : std::string(), query.text,
                      query.limit, query.offset);
      std::vector<StudyRow> studies;
      for (const auto& row : rows) studies.push_back(study_row(row));
      return studies;
    });
  }

  std::optional<ReportVersion> latest(const dicom::StudyUid& study,
                                      reporting::Which which) override {
    return one(
        "SELECT body FROM report_version WHERE study = $1 AND ($2 = 0 OR state <> 'draft') "
        "AND ($2 < 2 OR state <> 'preliminary') ORDER BY number DESC LIMIT 1",
        study.str(), static_cast<int>(which));
  }

  std::optional<ReportVersion> version(const std::string& report_id, int number) override {
    return one("SELECT body FROM report_version WHERE report_id = $1 AND number = $2", report_id,
               number);
  }

  std::vector<int> versions(const std::string& report_id) override {
    return pool_.transact([&](pqxx::work& transaction) {
      std::vector<int> numbers;
      for (const auto& row : detail::run(
               transaction,
               "SELECT number FROM report_version WHERE report_id = $1 ORDER BY number", report_id))
        numbers.push_back(row[0].as<int>());
      return numbers;
    });
  }

  void append(const ReportVersion& version, const std::string& actor) override {
    pool_.transact([&](pqxx::work& transaction) {
      detail::append_version(transaction, version, actor);
      detail::run(transaction,
                  "UPDATE study SET state = $2 WHERE uid = $1 AND state IN ('drafted', 'signed')",
                  version.study.uid.str(),
                  reporting::is_signed(version.state) ? "signed" : "drafted");
    });
  }

  std::vector<reporting::DeliveryRow> deliveries(const std::string& report_id) override {
    return pool_.transact([&](pqxx::work& transaction) {
      std::vector<reporting::DeliveryRow> rows;
      for (const auto& row : detail::run(
               transaction,
               "SELECT destination, kind, state, version, attempt, last_error FROM delivery "
               "WHERE report_id = $1 ORDER BY version, destination",
               report_id))
        rows.push_back({.destination = row[0].as<std::string>(),
                        .kind = row[1].as<std::string>(),
                        .state = row[2].as<std::string>(),
                        .version = row[3].as<int>(),
                        .attempts = row[4].as<int>(),
                        .last_error = row[5].as<std::string>()});
      return rows;
    });
  }

  bool resend(const std::string& report_id, int version, const std::string& destination,
              const std::string& actor) override {
    return pool_.transact([&](pqxx::work& transaction) {
      const auto rows = detail::run(transaction, R"(
          UPDATE delivery d SET state = 'waiting', run_after = now(), lease_until = NULL, changed = now()
          WHERE report_id = $1 AND version = $2 AND destination = $3 AND state <> 'sending'
            AND NOT EXISTS (SELECT FROM delivery e WHERE e.report_id = $1 AND e.destination = $3 AND e.version > $2))",
                                    report_id, version, destination);
      if (rows.affected_rows() != 1) return false;
      detail::run(transaction,
                  "INSERT INTO audit (actor, action, object) VALUES ($1, 'resend', $2)", actor,
                  report_id + "/" + std::to_string(version) + "/" + destination);
      return true;
    });
  }

  std::optional<reporting::Order> order_for(const dicom::StudyUid& study,
                                            const dicom::AccessionNumber& accession) override {
    return pool_.transact([&](pqxx::work& transaction) {
      return detail::order_for(transaction, study.str(), accession.str(), nullptr);
    });
  }

 private:
  template <class... Values>
  std::optional<ReportVersion> one(const char* sql, const Values&... values) {
    const auto body = pool_.transact([&](pqxx::work& transaction) -> std::optional<std::string> {
      const auto rows = detail::run(transaction, sql, values...);
      if (rows.empty()) return std::nullopt;
      return rows[0][0].template as<std::string>();
    });
    if (!body) return std::nullopt;
    return reporting::from_json(*body);
  }

  detail::Pool pool_;
};

}  // namespace

std::unique_ptr<reporting::ReportStore> make_report_store(std::string dsn) {
  return std::make_unique<PostgresReportStore>(std::move(dsn));
}

namespace detail {

void append_version(pqxx::transaction_base& transaction, const ReportVersion& version,
                    const std::string& actor) {
  if (const auto broken = reporting::faults(version); !broken.empty())
    throw std::logic_error("a report version breaks the graph's rules: " + broken.front());
  // The study's row orders the writers of one report.
  run(transaction, "SELECT FROM study WHERE uid = $1 FOR UPDATE", version.study.uid.str());
  const auto inserted = run(transaction, R"(
      INSERT INTO report_version (report_id, number, study, state, predecessor, body, actor)
      SELECT $1, $2, $3, $4, $5, $6, $7
      WHERE $2::integer = 1 + (SELECT coalesce(max(number), 0) FROM report_version WHERE study = $3))",
                            version.report_id, version.number, version.study.uid.str(),
                            std::string(to_text(version.state)), version.predecessor,
                            reporting::to_json(version), actor);
  if (inserted.affected_rows() != 1)
    throw reporting::Conflict("a newer version of this report exists");
  run(transaction, "INSERT INTO audit (actor, action, object) VALUES ($1, $2, $3)", actor,
      "report " + std::string(to_text(version.state)),
      version.report_id + "/" + std::to_string(version.number));
  if (reporting::is_signed(version.state))
    run(transaction,
        "INSERT INTO delivery (report_id, version, destination, kind) SELECT $1, $2, name, kind "
        "FROM destination WHERE active",
        version.report_id, version.number);
}

}  // namespace detail
}  // namespace tomoscribe::db

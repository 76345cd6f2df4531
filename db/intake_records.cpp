#include "db/detail/sql.h"

namespace tomoscribe::db {

struct IntakeRecords::Impl {
  explicit Impl(std::string dsn) : pool(std::move(dsn)) {}
  detail::Pool pool;
};

IntakeRecords::IntakeRecords(std::string dsn) : impl_(std::make_unique<Impl>(std::move(dsn))) {}
IntakeRecords::~IntakeRecords() = default;

namespace {

dicom::Stored outcome(const std::string& word) {
  if (word == "stored") return dicom::Stored::stored;
  if (word == "already_held") return dicom::Stored::already_held;
  if (word == "header_version") return dicom::Stored::header_version;
  if (word == "conflict") return dicom::Stored::conflict;
  throw std::logic_error("record_instance answered an unknown word");
}

}  // namespace

dicom::Stored IntakeRecords::record(const dicom::ReceivedInstance& instance) {
  const dicom::InstanceHeader& h = instance.header;
  const dicom::StudyHeader& s = h.study_header;
  return impl_->pool.transact([&](pqxx::work& transaction) {
    const auto rows =
        detail::run(transaction,
                    "SELECT "
                    "record_instance($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$"
                    "18,$19,$20,$21::date,$22,$23,"
                    "$24,$25,$26,$27,$28)",
                    h.sop_instance.str(), h.study.str(), h.series.str(), h.sop_class,
                    h.transfer_syntax, h.instance_number, h.rows, h.columns, h.frames,
                    instance.file_hash.str(), instance.content_hash.str(),
                    instance.image_hash.str(), static_cast<std::int64_t>(instance.bytes),
                    instance.calling.str(), h.modality, h.series_description, h.series_number,
                    s.patient_id.str(), s.issuer_of_patient_id, s.patient_name.pn(),
                    detail::sql_date(s.patient_birth_date), s.patient_sex, s.accession_number.str(),
                    s.study_id, s.study_description, s.study_date, s.study_time, s.timezone_offset);
    return outcome(rows[0][0].as<std::string>());
  });
}

bool IntakeRecords::holds(const dicom::SopInstanceUid& instance,
                          const dicom::BlobId& content_hash) {
  return impl_->pool.transact([&](pqxx::work& transaction) {
    return !detail::run(transaction,
                        "SELECT FROM instance WHERE sop_instance = $1 AND content_hash = $2 "
                        "AND state <> 'superseded'",
                        instance.str(), content_hash.str())
                .empty();
  });
}

void IntakeRecords::association_ended(const dicom::AeTitle& /*calling*/,
                                      const std::vector<dicom::StudyUid>& studies) {
  impl_->pool.transact([&](pqxx::work& transaction) {
    for (const auto& study : studies)
      detail::run(transaction,
                  "UPDATE study SET not_before = now() WHERE uid = $1 AND state = 'receiving'",
                  study.str());
  });
}

void IntakeRecords::set_quiet_periods(const std::vector<QuietPeriod>& periods) {
  impl_->pool.transact([&](pqxx::work& transaction) {
    transaction.exec("DELETE FROM quiet_period WHERE calling <> ''");
    for (const QuietPeriod& period : periods)
      detail::run(transaction,
                  "INSERT INTO quiet_period VALUES ($1, $2::interval) ON CONFLICT (calling) DO "
                  "UPDATE SET length = $2::interval",
                  period.calling.str(), detail::interval(period.length));
  });
}

void IntakeRecords::set_destinations(const std::vector<Destination>& destinations) {
  impl_->pool.transact([&](pqxx::work& transaction) {
    transaction.exec("UPDATE destination SET active = false");
    for (const Destination& destination : destinations)
      detail::run(transaction,
                  "INSERT INTO destination VALUES ($1, $2, true) ON CONFLICT (name) DO UPDATE SET "
                  "kind = $2, active = true",
                  destination.name, destination.kind);
  });
}

}  // namespace tomoscribe::db

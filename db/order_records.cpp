#include "db/detail/sql.h"

namespace tomoscribe::db {
namespace {

/// Studies that the order joins, have no signed report and are at rest get a new draft.
void make_joined_studies_due(pqxx::transaction_base& transaction, const std::string& study,
                             const std::string& accession) {
  detail::run(transaction, R"(
      UPDATE study SET not_before = clock_timestamp(),
                       state = CASE WHEN state IN ('drafted', 'unsuitable') THEN 'receiving' ELSE state END
      WHERE (uid = $1 OR (accession <> '' AND accession = $2))
        AND NOT EXISTS (SELECT FROM report_version WHERE study = uid AND state NOT IN ('draft', 'preliminary')))",
              study, accession);
}

/// The row that a message speaks of: of its filler number, else of its placer number. Makes a row
/// of nothing but the numbers when there is none. One order told of twice, by each number alone, is
/// one from the message on that names both.
std::int64_t row_of(pqxx::transaction_base& transaction, const reporting::Order& o) {
  const auto rows = detail::run(transaction, R"(
      SELECT id FROM imaging_order
      WHERE assigning_authority = $3 AND ((filler <> '' AND filler = $2)
            OR (placer <> '' AND placer = $1 AND (filler = '' OR $2 = '')))
      ORDER BY (filler <> '' AND filler = $2) DESC, id FOR UPDATE)",
                                o.placer_number, o.filler_number, o.assigning_authority);
  if (!rows.empty()) {
    const auto id = rows[0][0].as<std::int64_t>();
    detail::run(transaction, R"(
        UPDATE imaging_order SET status = 'cancelled'
        WHERE id <> $1 AND assigning_authority = $3 AND placer <> '' AND placer = $2 AND filler = '')",
                id, o.placer_number, o.assigning_authority);
    return id;
  }
  return detail::run(transaction, R"(
      INSERT INTO imaging_order (placer, filler, accession, study, patient_id, issuer, patient_name, sex, procedure_code,
             procedure_scheme, procedure_meaning, indication, history, ordering_provider, priority, assigning_authority, status)
      VALUES ($1, $2, '', '', '', '', '', '', '', '', '', '', '', '', '', $3, 'active') RETURNING id)",
                     o.placer_number, o.filler_number, o.assigning_authority)[0][0]
      .as<std::int64_t>();
}

/// What the message makes of the order; empty: what is known stays. A status or an acknowledgement
/// that comes late revives nothing (HL7 v2.5.1 table 0119).
std::string status_after(const reporting::Order& order, const std::string& control) {
  if (order.status == "cancelled") return order.status;
  const bool activates = control == "NW" || control == "XO" || control == "RP" || control == "RO";
  return activates ? "active" : "";
}

/// A field that the message leaves empty keeps what is known (HL7 v2.5.1 2.5.3: not valued is not
/// deleted).
void upsert(pqxx::transaction_base& transaction, const reporting::Order& o,
            const std::string& status) {
  const std::int64_t id = row_of(transaction, o);
  const auto before =
      detail::run(transaction, "SELECT study, accession FROM imaging_order WHERE id = $1", id);
  detail::run(transaction, R"(
      UPDATE imaging_order SET placer = coalesce(nullif($2, ''), placer), filler = coalesce(nullif($3, ''), filler),
             accession = coalesce(nullif($4, ''), accession), study = coalesce(nullif($5, ''), study),
             patient_id = coalesce(nullif($6, ''), patient_id), issuer = coalesce(nullif($7, ''), issuer),
             patient_name = coalesce(nullif($8, ''), patient_name), birth_date = coalesce($9::date, birth_date),
             sex = coalesce(nullif($10, ''), sex), procedure_code = coalesce(nullif($11, ''), procedure_code),
             procedure_scheme = coalesce(nullif($12, ''), procedure_scheme),
             procedure_meaning = coalesce(nullif($13, ''), procedure_meaning), indication = coalesce(nullif($14, ''), indication),
             history = coalesce(nullif($15, ''), history), ordering_provider = coalesce(nullif($16, ''), ordering_provider),
             priority = coalesce(nullif($17, ''), priority), status = coalesce(nullif($18, ''), status), changed = clock_timestamp()
      WHERE id = $1)",
              id, o.placer_number, o.filler_number, o.accession.str(),
              o.study ? o.study->str() : std::string(), o.patient.id.str(), o.patient.issuer,
              o.patient.name.pn(), detail::sql_date(o.patient.birth_date), o.patient.sex,
              o.procedure.value, o.procedure.scheme, o.procedure.meaning, o.indication, o.history,
              o.ordering_provider, o.priority, status);
  const auto after =
      detail::run(transaction, "SELECT study, accession FROM imaging_order WHERE id = $1", id);
  // A study that the order joined until now has its words in its draft.
  make_joined_studies_due(transaction, before[0][0].as<std::string>(),
                          before[0][1].as<std::string>());
  make_joined_studies_due(transaction, after[0][0].as<std::string>(),
                          after[0][1].as<std::string>());
}

bool differ(const std::string& ordered, const std::string& imaged) {
  return !ordered.empty() && !imaged.empty() && ordered != imaged;
}

}  // namespace

std::string another_patient(const reporting::Patient& ordered, const reporting::Patient& imaged) {
  std::string what;
  if (differ(ordered.id.str(), imaged.id.str()))
    what = "names another patient than its images";
  else if (differ(ordered.issuer, imaged.issuer))
    what = "has its patient id from another assigning authority than its images";
  else if (ordered.birth_date && imaged.birth_date && ordered.birth_date != imaged.birth_date)
    what = "gives its patient another birth date than its images";
  else if (differ(ordered.sex, imaged.sex))
    what = "gives its patient another sex than its images";
  return what.empty() ? what : "the order for this study " + what + ": reconcile them first";
}

struct OrderRecords::Impl {
  explicit Impl(std::string dsn) : pool(std::move(dsn)) {}
  detail::Pool pool;
};

OrderRecords::OrderRecords(std::string dsn) : impl_(std::make_unique<Impl>(std::move(dsn))) {}
OrderRecords::~OrderRecords() = default;

std::optional<std::string> OrderRecords::acknowledged(const std::string& sender,
                                                      const std::string& control_id) {
  return impl_->pool.transact([&](pqxx::work& transaction) -> std::optional<std::string> {
    const auto rows = detail::run(
        transaction, "SELECT acknowledgement FROM hl7_inbox WHERE sender = $1 AND control_id = $2",
        sender, control_id);
    if (rows.empty()) return std::nullopt;
    return rows[0][0].as<std::string>();
  });
}

void OrderRecords::store(const reporting::Order& order, const std::string& control,
                         const std::string& sender, const std::string& control_id,
                         const std::string& acknowledgement) {
  impl_->pool.transact([&](pqxx::work& transaction) {
    const auto first = detail::run(
        transaction,
        "INSERT INTO hl7_inbox (sender, control_id, acknowledgement) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING",
        sender, control_id, acknowledgement);
    if (first.affected_rows() == 0)
      return;  // a race between two sends of one message: the other one did it
    upsert(transaction, order, status_after(order, control));
  });
}

namespace detail {

std::optional<reporting::Order> order_for(pqxx::transaction_base& transaction,
                                          const std::string& study, const std::string& accession,
                                          std::string* mismatch) {
  const auto rows = run(transaction, R"(
      SELECT o.*, s.patient_id AS study_patient, s.issuer AS study_issuer, s.birth_date AS study_birth_date,
             s.sex AS study_sex
      FROM imaging_order o JOIN study s ON s.uid = $1
      WHERE o.status = 'active' AND (o.study = $1 OR (o.accession <> '' AND o.accession = $2))
      ORDER BY (o.study = $1) DESC, o.changed DESC LIMIT 1)",
                        study, accession);
  if (rows.empty()) return std::nullopt;
  const auto& row = rows[0];
  const auto text = [&row](const char* column) { return row[column].as<std::string>(); };
  const auto person = [&](const char* id, const char* issuer, const char* birth_date,
                          const char* sex) {
    reporting::Patient patient;
    patient.id = dicom::PatientId(text(id));
    patient.issuer = text(issuer);
    if (!row[birth_date].is_null()) patient.birth_date = dicom::parse_date(text(birth_date));
    patient.sex = text(sex);
    return patient;
  };
  reporting::Patient ordered = person("patient_id", "issuer", "birth_date", "sex");
  const std::string another = another_patient(
      ordered, person("study_patient", "study_issuer", "study_birth_date", "study_sex"));
  if (!another.empty()) {
    if (mismatch != nullptr) *mismatch = another;
    return std::nullopt;
  }
  ordered.name = dicom::PersonName::parse_pn(text("patient_name"));
  return reporting::Order{
      .placer_number = text("placer"),
      .filler_number = text("filler"),
      .accession = dicom::AccessionNumber(text("accession")),
      .study = dicom::StudyUid::parse(text("study")),
      .patient = std::move(ordered),
      .procedure = {text("procedure_code"), text("procedure_scheme"), text("procedure_meaning")},
      .indication = text("indication"),
      .history = text("history"),
      .ordering_provider = text("ordering_provider"),
      .priority = text("priority"),
      .assigning_authority = text("assigning_authority"),
      .status = text("status")};
}

}  // namespace detail
}  // namespace tomoscribe::db

#include "db/detail/sql.h"

namespace tomoscribe::db {
namespace {

/// Studies that the order joins, have no signed report and are at rest get a new draft.
void make_joined_studies_due(pqxx::transaction_base& transaction, const reporting::Order& order) {
  detail::run(transaction, R"(
      UPDATE study SET not_before = clock_timestamp(),
                       state = CASE WHEN state IN ('drafted', 'unsuitable') THEN 'receiving' ELSE state END
      WHERE (uid = $1 OR (accession <> '' AND accession = $2))
        AND NOT EXISTS (SELECT FROM report_version WHERE study = uid AND state NOT IN ('draft', 'preliminary')))",
              order.study ? order.study->str() : std::string(), order.accession.str());
}

void upsert(pqxx::transaction_base& transaction, const reporting::Order& o,
            const std::string& status) {
  const auto changed =
      detail::run(transaction, R"(
      UPDATE imaging_order SET placer = $1, filler = $2, accession = $3, study = $4, patient_id = $5, issuer = $6,
             patient_name = $7, birth_date = $8::date, sex = $9, procedure_code = $10, procedure_scheme = $11, procedure_meaning = $12,
             indication = $13, history = $14, ordering_provider = $15, priority = $16, assigning_authority = $17, status = $18,
             changed = clock_timestamp()
      WHERE id = (SELECT id FROM imaging_order WHERE assigning_authority = $17 AND ((filler <> '' AND filler = $2)
                  OR (placer <> '' AND placer = $1 AND (filler = '' OR $2 = ''))) ORDER BY id LIMIT 1))",
                  o.placer_number, o.filler_number, o.accession.str(),
                  o.study ? o.study->str() : "", o.patient.id.str(), o.patient.issuer,
                  o.patient.name.pn(), detail::sql_date(o.patient.birth_date), o.patient.sex,
                  o.procedure.value, o.procedure.scheme, o.procedure.meaning, o.indication,
                  o.history, o.ordering_provider, o.priority, o.assigning_authority, status);
  if (changed.affected_rows() > 0) return;
  detail::run(transaction, R"(
      INSERT INTO imaging_order (placer, filler, accession, study, patient_id, issuer, patient_name, birth_date, sex, procedure_code,
             procedure_scheme, procedure_meaning, indication, history, ordering_provider, priority, assigning_authority, status)
      VALUES ($1,$2,$3,$4,$5,$6,$7,$8::date,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18))",
              o.placer_number, o.filler_number, o.accession.str(), o.study ? o.study->str() : "",
              o.patient.id.str(), o.patient.issuer, o.patient.name.pn(),
              detail::sql_date(o.patient.birth_date), o.patient.sex, o.procedure.value,
              o.procedure.scheme, o.procedure.meaning, o.indication, o.history, o.ordering_provider,
              o.priority, o.assigning_authority, status);
}

}  // namespace

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
  const bool cancels = control == "CA" || control == "OC" || control == "DC";
  impl_->pool.transact([&](pqxx::work& transaction) {
    const auto first = detail::run(
        transaction,
        "INSERT INTO hl7_inbox (sender, control_id, acknowledgement) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING",
        sender, control_id, acknowledgement);
    if (first.affected_rows() == 0)
      return;  // a race between two sends of one message: the other one did it
    upsert(transaction, order, cancels ? "cancelled" : "active");
    make_joined_studies_due(transaction, order);
  });
}

namespace detail {

std::optional<reporting::Order> order_for(pqxx::transaction_base& transaction,
                                          const std::string& study, const std::string& accession,
                                          std::string* mismatch) {
  const auto rows = run(transaction, R"(
      SELECT o.*, s.patient_id AS study_patient FROM imaging_order o JOIN study s ON s.uid = $1
      WHERE o.status = 'active' AND (o.study = $1 OR (o.accession <> '' AND o.accession = $2))
      ORDER BY (o.study = $1) DESC, o.changed DESC LIMIT 1)",
                        study, accession);
  if (rows.empty()) return std::nullopt;
  const auto& row = rows[0];
  const auto text = [&row](const char* column) { return row[column].as<std::string>(); };
  const std::string ordered = text("patient_id"), imaged = text("study_patient");
  if (!ordered.empty() && !imaged.empty() && ordered != imaged) {
    if (mismatch != nullptr)
      *mismatch =
          "the order for this study names another patient than its images: reconcile them first";
    return std::nullopt;
  }
  reporting::Order order{
      .placer_number = text("placer"),
      .filler_number = text("filler"),
      .accession = dicom::AccessionNumber(text("accession")),
      .study = dicom::StudyUid::parse(text("study")),
      .patient = {.id = dicom::PatientId(ordered),
                  .issuer = text("issuer"),
                  .name = dicom::PersonName::parse_pn(text("patient_name")),
                  .sex = text("sex")},
      .procedure = {text("procedure_code"), text("procedure_scheme"), text("procedure_meaning")},
      .indication = text("indication"),
      .history = text("history"),
      .ordering_provider = text("ordering_provider"),
      .priority = text("priority"),
      .assigning_authority = text("assigning_authority"),
      .status = text("status")};
  if (!row["birth_date"].is_null())
    order.patient.birth_date = dicom::parse_date(text("birth_date"));
  return order;
}

}  // namespace detail
}  // namespace tomoscribe::db

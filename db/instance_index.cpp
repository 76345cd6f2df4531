#include "db/detail/sql.h"

namespace tomoscribe::db {
namespace {

class PostgresInstanceIndex : public dicom::InstanceIndex {
 public:
  explicit PostgresInstanceIndex(std::string dsn) : pool_(std::move(dsn)) {}

  bool has_study(const dicom::StudyUid& study) override {
    return pool_.transact([&](pqxx::work& transaction) {
      return !detail::run(transaction, "SELECT FROM study WHERE uid = $1", study.str()).empty();
    });
  }

  std::vector<dicom::IndexedSeries> series(const dicom::StudyUid& study) override {
    return pool_.transact([&](pqxx::work& transaction) {
      std::vector<dicom::IndexedSeries> series;
      for (const auto& row : detail::run(transaction, R"(
               SELECT s.uid, s.modality, s.description, s.number, count(i.id) FROM series s
               JOIN instance i ON i.study = s.study AND i.series = s.uid AND i.state = 'in_force'
               WHERE s.study = $1 GROUP BY s.uid, s.modality, s.description, s.number ORDER BY s.number NULLS LAST, s.uid)",
                                         study.str()))
        series.push_back({.uid = dicom::SeriesUid(row[0].as<std::string>()),
                          .modality = row[1].as<std::string>(),
                          .description = row[2].as<std::string>(),
                          .number = detail::optional_int(row[3]),
                          .instances = row[4].as<int>()});
      return series;
    });
  }

  std::vector<dicom::IndexedInstance> instances(const dicom::StudyUid& study,
                                                const dicom::SeriesUid& series) override {
    return pool_.transact([&](pqxx::work& transaction) {
      std::vector<dicom::IndexedInstance> instances;
      for (const auto& row : detail::run(transaction, R"(
               SELECT sop_instance, sop_class, number, rows, columns, frames, file_hash FROM instance
               WHERE study = $1 AND series = $2 AND state = 'in_force' ORDER BY number NULLS LAST, sop_instance)",
                                         study.str(), series.str()))
        instances.push_back({.uid = dicom::SopInstanceUid(row[0].as<std::string>()),
                             .sop_class = row[1].as<std::string>(),
                             .number = detail::optional_int(row[2]),
                             .rows = row[3].as<int>(),
                             .columns = row[4].as<int>(),
                             .frames = row[5].as<int>(),
                             .file_hash = dicom::BlobId(row[6].as<std::string>())});
      return instances;
    });
  }

 private:
  detail::Pool pool_;
};

}  // namespace

std::unique_ptr<dicom::InstanceIndex> make_instance_index(std::string dsn) {
  return std::make_unique<PostgresInstanceIndex>(std::move(dsn));
}

void audit(const std::string& dsn, const std::string& actor, const std::string& action,
           const std::string& object) {
  detail::Pool(dsn).transact([&](pqxx::work& transaction) {
    detail::run(transaction, "INSERT INTO audit (actor, action, object) VALUES ($1, $2, $3)", actor,
                action, object);
  });
}

Census census(const std::string& dsn) {
  return detail::Pool(dsn).transact([](pqxx::work& transaction) {
    const auto row = transaction.exec1(R"(
        SELECT (SELECT count(*) FROM study), (SELECT count(*) FROM instance),
               (SELECT count(*) FROM job WHERE state = 'ready'), (SELECT count(*) FROM job WHERE state = 'running'),
               (SELECT count(*) FROM job WHERE state = 'dead'), (SELECT count(*) FROM delivery WHERE state IN ('waiting', 'sending')),
               (SELECT count(*) FROM delivery WHERE state = 'dead'))");
    const auto number = [&row](int column) { return row[column].as<std::int64_t>(); };
    return Census{.studies = number(0),
                  .instances = number(1),
                  .jobs_ready = number(2),
                  .jobs_running = number(3),
                  .jobs_dead = number(4),
                  .deliveries_waiting = number(5),
                  .deliveries_dead = number(6)};
  });
}

}  // namespace tomoscribe::db

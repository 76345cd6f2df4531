#include "db/detail/migrations.h"
#include "db/detail/sql.h"

namespace tomoscribe::db {
namespace {

constexpr std::int64_t advisory_lock = 0x746f6d6f;  // "tomo": one program migrates at a time

int applied(pqxx::transaction_base& transaction) {
  transaction.exec("SET client_min_messages TO warning");
  transaction.exec(
      "CREATE TABLE IF NOT EXISTS schema_migration (version integer PRIMARY KEY, "
      "applied timestamptz NOT NULL DEFAULT now())");
  return detail::run(transaction, "SELECT coalesce(max(version), 0) FROM schema_migration")[0][0]
      .as<int>();
}

}  // namespace

int migrate(const std::string& dsn) {
  detail::Pool pool(dsn);
  const int known = static_cast<int>(detail::migrations().size());
  int count = 0;
  while (true) {
    const bool more = pool.transact([&](pqxx::work& transaction) {
      detail::run(transaction, "SELECT pg_advisory_xact_lock($1)", advisory_lock);
      const int version = applied(transaction);
      if (version > known)
        throw std::runtime_error(
            "the database's schema is newer than this program: use a newer program");
      if (version == known) return false;
      transaction.exec(std::string(detail::migrations()[static_cast<std::size_t>(version)]));
      detail::run(transaction, "INSERT INTO schema_migration (version) VALUES ($1)", version + 1);
      return true;
    });
    if (!more) return count;
    ++count;
  }
}

SchemaVersion schema_version(const std::string& dsn) {
  detail::Pool pool(dsn);
  return pool.transact([](pqxx::work& transaction) {
    const bool exists =
        detail::run(transaction, "SELECT to_regclass('schema_migration') IS NOT NULL")[0][0]
            .as<bool>();
    const int version = exists ? applied(transaction) : 0;
    return SchemaVersion{.database = version,
                         .program = static_cast<int>(detail::migrations().size())};
  });
}

}  // namespace tomoscribe::db

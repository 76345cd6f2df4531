#pragma once
// Connections and the one way to run a statement. libpqxx 6 and 7 differ in how parameters are
// passed: only here.

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <pqxx/pqxx>

#include "db/database.h"

namespace tomoscribe::db::detail {

/// Runs one parameterised statement.
template <class... Values>
pqxx::result run(pqxx::transaction_base& transaction, const char* sql, const Values&... values) {
  return transaction.exec_params(sql, values...);
}

/// True for a SQLSTATE that says nothing against the statement: out of disk, memory or connections,
/// shutting down (PostgreSQL's appendix A: classes 53, 57, 58).
bool is_passing(std::string_view sqlstate);

/// A few connections, made when needed and kept. Thread-safe.
class Pool {
 public:
  explicit Pool(std::string dsn) : dsn_(std::move(dsn)) {}

  /// Runs `work(transaction)` and commits. A kept connection that the server ended in the meantime
  /// is replaced once. \throws Unavailable when the database cannot be reached, ends the connection
  /// or has no room.
  template <class Work>
  auto transact(Work work) {
    while (true) {
      Taken taken = take();
      try {
        if constexpr (std::is_void_v<std::invoke_result_t<Work, pqxx::work&>>) {
          committed(*taken.connection, work);
          give_back(std::move(taken.connection));
          return;
        } else {
          auto result = committed(*taken.connection, work);
          give_back(std::move(taken.connection));
          return result;
        }
      } catch (...) {
        settle(std::move(taken));
      }
    }
  }

 private:
  struct Taken {
    std::unique_ptr<pqxx::connection> connection;
    bool fresh;
  };
  template <class Work>
  static auto committed(pqxx::connection& connection, Work& work) {
    pqxx::work transaction(connection);
    if constexpr (std::is_void_v<std::invoke_result_t<Work, pqxx::work&>>) {
      work(transaction);
      transaction.commit();
    } else {
      auto result = work(transaction);
      transaction.commit();
      return result;
    }
  }
  Taken take();
  /// Inside a catch block. Returns when another connection is worth a try, throws otherwise.
  void settle(Taken taken);
  void give_back(std::unique_ptr<pqxx::connection> connection);
  void clear();

  std::string dsn_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<pqxx::connection>> idle_;  // guarded by mutex_
};

/// "2026-11-24 15:04:05+00" as the server prints UTC seconds -> Moment.
reporting::Moment moment(const pqxx::field& epoch_seconds);
std::optional<int> optional_int(const pqxx::field& field);
/// Days as SQL takes them: "2026-11-24", or nothing.
std::optional<std::string> sql_date(const std::optional<std::chrono::year_month_day>& day);
std::string interval(std::chrono::seconds length);

/// Appends a version and its deliveries inside a transaction. \throws reporting::Conflict when the
/// number is not the next.
void append_version(pqxx::transaction_base& transaction, const reporting::ReportVersion& version,
                    const std::string& actor);
/// The order that belongs to a study, if any; `mismatch` gets a sentence when its patient is
/// another one.
std::optional<reporting::Order> order_for(pqxx::transaction_base& transaction,
                                          const std::string& study, const std::string& accession,
                                          std::string* mismatch);

}  // namespace tomoscribe::db::detail

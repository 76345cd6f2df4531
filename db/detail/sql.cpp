#include "db/detail/sql.h"

namespace tomoscribe::db::detail {

namespace {
constexpr std::size_t most_idle = 32;
}

Pool::Taken Pool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return {.connection = std::move(connection), .fresh = false};
    }
  }
  try {
    auto connection = std::make_unique<pqxx::connection>(dsn_);
    // A server may be set to answer before its log is on the disk; we may not acknowledge then.
    pqxx::nontransaction(*connection)
        .exec(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'");
    return {.connection = std::move(connection), .fresh = true};
  } catch (const pqxx::broken_connection&) {
    throw Unavailable("the database cannot be reached");
  }
}

void Pool::settle(Taken taken) {
  const bool open = taken.connection->is_open();
  try {
    throw;
  } catch (const pqxx::in_doubt_error&) {
    throw Unavailable("the database ended the connection while committing");
  } catch (const pqxx::broken_connection&) {
    (void)0;                                     // below
  } catch (const pqxx::transaction_rollback&) {  // libpqxx's class for SQLSTATE 40xxx
    if (open) give_back(std::move(taken.connection));
    throw Unavailable("the database undid it for another's sake");
  } catch (const pqxx::sql_error& fault) {
    if (open) {
      give_back(std::move(taken.connection));
      if (!is_passing(fault.sqlstate())) throw;
      throw Unavailable("the database cannot do it at the moment");
    }
  } catch (...) {
    if (open) give_back(std::move(taken.connection));
    throw;
  }
  if (taken.fresh) throw Unavailable("the database ended the connection");
  clear();  // the others were kept as long and are as dead
}

void Pool::give_back(std::unique_ptr<pqxx::connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < most_idle) idle_.push_back(std::move(connection));
}

void Pool::clear() {
  const std::lock_guard lock(mutex_);
  idle_.clear();
}

bool is_passing(std::string_view sqlstate) {
  const auto family = sqlstate.substr(0, 2);
  return family == "53" || family == "57" || family == "58";
}

reporting::Moment moment(const pqxx::field& epoch_seconds) {
  return {.utc = std::chrono::sys_seconds(std::chrono::seconds(epoch_seconds.as<std::int64_t>()))};
}

std::optional<int> optional_int(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return field.as<int>();
}

std::optional<std::string> sql_date(const std::optional<std::chrono::year_month_day>& day) {
  if (!day) return std::nullopt;
  return dicom::iso_date(*day);
}

std::string interval(std::chrono::seconds length) {
  return std::to_string(length.count()) + " seconds";
}

}  // namespace tomoscribe::db::detail

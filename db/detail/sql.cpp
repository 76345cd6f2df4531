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
    return {.connection = std::make_unique<pqxx::connection>(dsn_), .fresh = true};
  } catch (const pqxx::broken_connection&) {
    throw Unavailable("the database cannot be reached");
  }
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

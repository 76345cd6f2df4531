#include "db/detail/sql.h"

namespace tomoscribe::db {

struct DeliveryQueue::Impl {
  Impl(std::string dsn, std::string name, std::chrono::seconds length)
      : pool(std::move(dsn)), worker(std::move(name)), lease(length) {}
  detail::Pool pool;
  std::string worker;
  std::chrono::seconds lease;
};

DeliveryQueue::DeliveryQueue(std::string dsn, std::string worker, std::chrono::seconds lease)
    : impl_(std::make_unique<Impl>(std::move(dsn), std::move(worker), lease)) {}
DeliveryQueue::~DeliveryQueue() = default;

std::optional<Delivery> DeliveryQueue::claim(const std::string& destination) {
  return impl_->pool.transact([&](pqxx::work& transaction) -> std::optional<Delivery> {
    // Versions of one report reach a destination in their order; a dead one holds nobody up.
    const auto rows = detail::run(transaction, R"(
        UPDATE delivery SET state = 'sending', attempt = attempt + 1, worker = $1, lease_until = now() + $2::interval, changed = now()
        WHERE id = (SELECT d.id FROM delivery d JOIN destination t ON t.name = d.destination AND t.active
                    WHERE d.destination = $3 AND ((d.state = 'waiting' AND d.run_after <= now()) OR (d.state = 'sending' AND d.lease_until < now()))
                      AND NOT EXISTS (SELECT FROM delivery e WHERE e.report_id = d.report_id AND e.destination = d.destination
                                      AND e.version < d.version AND e.state IN ('waiting', 'sending'))
                    ORDER BY d.run_after, d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
        RETURNING id, attempt, destination, kind, report_id, version)",
                                  impl_->worker, detail::interval(impl_->lease), destination);
    if (rows.empty()) return std::nullopt;
    const auto& row = rows[0];
    return Delivery{.id = row[0].as<std::int64_t>(),
                    .attempt = row[1].as<int>(),
                    .destination = row[2].as<std::string>(),
                    .kind = row[3].as<std::string>(),
                    .report_id = row[4].as<std::string>(),
                    .version = row[5].as<int>()};
  });
}

void DeliveryQueue::delivered(const Delivery& delivery) {
  impl_->pool.transact([&](pqxx::work& transaction) {
    const auto rows = detail::run(transaction,
                                  "UPDATE delivery SET state = 'delivered', lease_until = NULL, "
                                  "last_error = '', changed = now() "
                                  "WHERE id = $1 AND attempt = $2 AND state = 'sending'",
                                  delivery.id, delivery.attempt);
    if (rows.affected_rows() != 1) throw Fenced("another thread has this delivery now");
  });
}

void DeliveryQueue::failed(const Delivery& delivery, const std::string& reason, bool final) {
  impl_->pool.transact([&](pqxx::work& transaction) {
    const auto rows = detail::run(transaction, R"(
        UPDATE delivery SET state = CASE WHEN $4 THEN 'dead' ELSE 'waiting' END, lease_until = NULL, last_error = $3, changed = now(),
               run_after = now() + least(interval '1 second' * power(2, least(attempt, 20) - 1), interval '1 hour')
        WHERE id = $1 AND attempt = $2 AND state = 'sending')",
                                  delivery.id, delivery.attempt, reason, final);
    if (rows.affected_rows() != 1) throw Fenced("another thread has this delivery now");
  });
}

}  // namespace tomoscribe::db

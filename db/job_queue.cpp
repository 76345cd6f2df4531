#include <algorithm>
#include <poll.h>

#include "db/detail/earlier_studies.h"
#include "db/detail/sql.h"

namespace tomoscribe::db {
namespace {

/// Every change to a job names its attempt: a worker whose lease lapsed changes nothing.
void must_own(const pqxx::result& rows) {
  if (rows.affected_rows() != 1) throw Fenced("another worker has this job now");
}

/// The study's row, held against record_instance(): what the next statement sees of its instances
/// is all there is.
void wait_for_slices_in_flight(pqxx::transaction_base& transaction, const dicom::StudyUid& study) {
  detail::run(transaction, "SELECT FROM study WHERE uid = $1 FOR UPDATE", study.str());
}

/// The study of a job that has ended: back to receiving when slices or an order came meanwhile.
void settle_study(pqxx::transaction_base& transaction, const dicom::StudyUid& study,
                  std::int64_t job, const char* state, const std::string& reason) {
  wait_for_slices_in_flight(transaction, study);
  detail::run(transaction, R"(
      UPDATE study SET stage = '', progress = 0, reason = CASE WHEN late.newer THEN '' ELSE $4 END,
                       state = CASE WHEN late.newer THEN 'receiving' ELSE $3 END
      FROM (SELECT EXISTS (SELECT FROM instance WHERE study = $1 AND id > j.through_instance)
                   OR EXISTS (SELECT FROM study WHERE uid = $1 AND not_before > j.order_seen) AS newer
            FROM job j WHERE j.id = $2) late
      WHERE uid = $1)",
              study.str(), job, state, reason);
}

}  // namespace

struct JobQueue::Impl {
  Impl(std::string dsn, std::string name, std::chrono::seconds length)
      : pool(dsn), wake_dsn(std::move(dsn)), worker(std::move(name)), lease(length) {}

  /// Ends the job and puts the study where it belongs.
  static void end(pqxx::transaction_base& transaction, const Job& job, const char* study_state,
                  const std::string& reason) {
    must_own(detail::run(transaction,
                         "UPDATE job SET state = 'done', lease_until = NULL, reason = $3 "
                         "WHERE id = $1 AND attempt = $2 AND state = 'running'",
                         job.id, job.attempt, reason));
    settle_study(transaction, job.study, job.id, study_state, reason);
  }

  detail::Pool pool;
  std::string wake_dsn, worker;
  std::chrono::seconds lease;
  std::unique_ptr<pqxx::connection> wake;
};

JobQueue::JobQueue(std::string dsn, std::string worker, std::chrono::seconds lease)
    : impl_(std::make_unique<Impl>(std::move(dsn), std::move(worker), lease)) {}
JobQueue::~JobQueue() = default;

int JobQueue::make_due() {
  return impl_->pool.transact([](pqxx::work& transaction) {
    // The quiet period is that of the newest instance's calling AE, counted from it and from its
    // association's end.
    const auto rows = transaction.exec(R"(
        WITH due AS (
            SELECT s.uid FROM study s
            CROSS JOIN LATERAL (SELECT received, calling FROM instance WHERE study = s.uid ORDER BY id DESC LIMIT 1) newest
            CROSS JOIN LATERAL (SELECT length FROM quiet_period WHERE calling IN (newest.calling, '')
                                ORDER BY calling DESC LIMIT 1) quiet
            WHERE s.state = 'receiving' AND greatest(newest.received, s.not_before) + quiet.length <= clock_timestamp()
              AND NOT EXISTS (SELECT FROM job WHERE study = s.uid AND state IN ('ready', 'running'))
            ORDER BY newest.received FOR UPDATE OF s SKIP LOCKED),
        made AS (INSERT INTO job (kind, study) SELECT 'analyse', uid FROM due RETURNING study)
        UPDATE study SET state = 'queued', reason = '' FROM made WHERE uid = made.study RETURNING uid)");
    if (!rows.empty()) transaction.exec("NOTIFY tomoscribe_job");
    return static_cast<int>(rows.size());
  });
}

std::optional<Job> JobQueue::claim() {
  return impl_->pool.transact([this](pqxx::work& transaction) -> std::optional<Job> {
    // A job whose last permitted attempt let its lease lapse killed its worker each time: it must
    // not loop.
    const auto dead = transaction.exec(R"(
        UPDATE job SET state = 'dead', lease_until = NULL, reason = 'the worker ended while it had this study, ' || attempt || ' times'
        WHERE state = 'running' AND lease_until < now() AND attempt >= attempt_limit RETURNING study, id, reason)");
    for (const auto& row : dead)
      settle_study(transaction, dicom::StudyUid(row[0].as<std::string>()),
                   row[1].as<std::int64_t>(), "failed", row[2].as<std::string>());
    const auto rows = detail::run(transaction, R"(
        UPDATE job SET state = 'running', attempt = attempt + 1, worker = $1, lease_until = now() + $2::interval
        WHERE id = (SELECT id FROM job WHERE (state = 'ready' AND run_after <= now()) OR (state = 'running' AND lease_until < now())
                    ORDER BY run_after, id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, attempt, study)",
                                  impl_->worker, detail::interval(impl_->lease));
    if (rows.empty()) return std::nullopt;
    Job job{.id = rows[0][0].as<std::int64_t>(),
            .attempt = rows[0][1].as<int>(),
            .study = dicom::StudyUid(rows[0][2].as<std::string>())};
    wait_for_slices_in_flight(transaction, job.study);
    detail::run(transaction, R"(
        UPDATE job SET through_instance = (SELECT coalesce(max(id), 0) FROM instance i WHERE i.study = job.study),
                       order_seen = clock_timestamp() WHERE id = $1)",
                job.id);
    detail::run(
        transaction,
        "UPDATE study SET state = 'analysing', stage = 'starting', progress = 0 WHERE uid = $1",
        job.study.str());
    return job;
  });
}

StudyInput JobQueue::input(const Job& job) {
  return impl_->pool.transact([&](pqxx::work& transaction) {
    StudyInput input;
    const auto files = detail::run(transaction, R"(
        SELECT i.file_hash FROM instance i JOIN job j ON j.study = i.study
        WHERE j.id = $1 AND i.state = 'in_force' AND i.id <= j.through_instance ORDER BY i.sop_instance)",
                                   job.id);
    for (const auto& row : files) input.files.emplace_back(row[0].as<std::string>());
    const auto study = detail::run(transaction, R"(
        SELECT accession, extract(epoch FROM now())::bigint,
               (SELECT count(*) FROM instance WHERE study = uid AND state = 'quarantined')
        FROM study WHERE uid = $1)",
                                   job.study.str());
    input.now = detail::moment(study[0][1]);
    input.conflicts = study[0][2].as<int>();
    input.before = detail::newest_version(transaction, job.study.str());
    detail::find_earlier(transaction, job.study, input);
    input.order = detail::order_for(transaction, job.study.str(), study[0][0].as<std::string>(),
                                    &input.mismatch);
    return input;
  });
}

void JobQueue::renew(const Job& job, const std::string& stage, double progress) {
  impl_->pool.transact([&](pqxx::work& transaction) {
    must_own(detail::run(transaction,
                         "UPDATE job SET lease_until = now() + $3::interval WHERE id = $1 AND "
                         "attempt = $2 AND state = 'running'",
                         job.id, job.attempt, detail::interval(impl_->lease)));
    detail::run(transaction, "UPDATE study SET stage = $2, progress = $3 WHERE uid = $1",
                job.study.str(), stage, std::clamp(progress, 0.0, 1.0));
  });
}

int JobQueue::finish(const Job& job, reporting::ReportVersion version) {
  return impl_->pool.transact([&](pqxx::work& transaction) {
    // The job first: its row lock keeps a second worker of the same study out until this commits.
    impl_->end(transaction, job, "drafted", "");
    // Under the study's lock: a person may have saved a version while the analysis ran.
    version.predecessor =
        detail::run(transaction,
                    "SELECT coalesce(max(number), 0) FROM report_version WHERE study = $1",
                    job.study.str())[0][0]
            .as<int>();
    version.number = version.predecessor + 1;
    detail::append_version(transaction, version, "worker");
    return version.number;
  });
}

void JobQueue::finish_unsuitable(const Job& job, const std::string& reason) {
  impl_->pool.transact(
      [&](pqxx::work& transaction) { Impl::end(transaction, job, "unsuitable", reason); });
}

void JobQueue::fail(const Job& job, const std::string& reason) {
  impl_->pool.transact([&](pqxx::work& transaction) {
    const auto rows = detail::run(transaction, R"(
        UPDATE job SET lease_until = NULL, reason = $3,
               state = CASE WHEN attempt >= attempt_limit THEN 'dead' ELSE 'ready' END,
               run_after = now() + interval '5 seconds' * power(2, attempt - 1)
        WHERE id = $1 AND attempt = $2 AND state = 'running' RETURNING state)",
                                  job.id, job.attempt, reason);
    must_own(rows);
    if (rows[0][0].as<std::string>() == "dead")
      return settle_study(transaction, job.study, job.id, "failed", reason);
    detail::run(transaction,
                "UPDATE study SET state = 'queued', reason = '', stage = '', progress = 0 "
                "WHERE uid = $1",
                job.study.str());
  });
}

void JobQueue::give_back(const Job& job) {
  impl_->pool.transact([&](pqxx::work& transaction) {
    must_own(detail::run(
        transaction,
        "UPDATE job SET state = 'ready', lease_until = NULL, attempt_limit = attempt_limit + 1 "
        "WHERE id = $1 AND attempt = $2 AND state = 'running'",
        job.id, job.attempt));
    detail::run(transaction,
                "UPDATE study SET state = 'queued', stage = '', progress = 0 WHERE uid = $1",
                job.study.str());
    transaction.exec("NOTIFY tomoscribe_job");
  });
}

bool retry(const std::string& dsn, const dicom::StudyUid& study) {
  return detail::Pool(dsn).transact([&](pqxx::work& transaction) {
    const auto rows = detail::run(
        transaction,
        "UPDATE study SET state = 'receiving', reason = '', not_before = clock_timestamp() "
        "WHERE uid = $1 AND state IN ('failed', 'unsuitable')",
        study.str());
    if (rows.affected_rows() == 0) return false;
    detail::run(transaction,
                "INSERT INTO audit (actor, action, object) VALUES ('operator', 'retry', $1)",
                study.str());
    return true;
  });
}

void JobQueue::wait(std::chrono::milliseconds timeout) {
  class Ignore : public pqxx::notification_receiver {
   public:
    using pqxx::notification_receiver::notification_receiver;
    void operator()(const std::string& /*payload*/, int /*backend*/) override {}
  };
  try {
    if (!impl_->wake) impl_->wake = std::make_unique<pqxx::connection>(impl_->wake_dsn);
    const Ignore receiver(*impl_->wake, "tomoscribe_job");
    impl_->wake->await_notification(timeout.count() / 1000, (timeout.count() % 1000) * 1000);
  } catch (const pqxx::failure&) {
    impl_->wake.reset();  // the next claim() says that the database is away
    ::poll(nullptr, 0, static_cast<int>(timeout.count()));
  }
}

}  // namespace tomoscribe::db

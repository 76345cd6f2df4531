#include "pipeline/worker.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <unistd.h>

#include "pipeline/clock.h"
#include "pipeline/failure.h"

namespace tomoscribe::pipeline {

using namespace std::chrono_literals;

namespace {

/// Renews the lease from a thread of its own, with the stage that the page shows. When the job is
/// lost to another worker, or the process is asked to stop, it asks the analysis to stop.
class Heartbeat {
 public:
  Heartbeat(db::JobQueue& queue, const db::Job& job, std::chrono::seconds lease,
            const std::stop_token& stop, const Log& log)
      : queue_(queue),
        job_(job),
        interval_(lease / 3),
        log_(log),
        forward_(stop, [this] { abandoned_.request_stop(); }),
        thread_([this](const std::stop_token& end) { run(end); }) {}
  ~Heartbeat() {
    thread_.request_stop();
    changed_.notify_all();
  }
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  void progress(const std::string& stage, double fraction) {
    const std::scoped_lock lock(mutex_);
    told_ = told_ && stage == stage_ && fraction - fraction_ < 0.01;
    if (!told_) {
      stage_ = stage;
      fraction_ = fraction;
      changed_.notify_all();
    }
  }
  std::stop_token abandoned() const { return abandoned_.get_token(); }
  bool fenced() const { return fenced_; }

 private:
  void run(const std::stop_token& end) {
    std::unique_lock lock(mutex_);
    while (!end.stop_requested()) {
      const std::string stage = stage_;
      const double fraction = fraction_;
      told_ = true;
      lock.unlock();
      renew(stage, fraction);
      lock.lock();
      changed_.wait_for(lock, end, interval_, [this] { return !told_; });
    }
  }

  void renew(const std::string& stage, double fraction) {
    try {
      queue_.renew(job_, stage, fraction);
    } catch (const db::Fenced&) {
      fenced_ = true;
      abandoned_.request_stop();
    } catch (const std::exception& fault) {
      // The lease may outlast the trouble; if not, finishing is fenced.
      log_.warn("lease not renewed", {{"job", job_.id}, {"reason", loggable(fault)}});
    }
  }

  db::JobQueue& queue_;
  const db::Job& job_;
  std::chrono::milliseconds interval_;
  const Log& log_;
  std::stop_source abandoned_;
  std::atomic<bool> fenced_ = false;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string stage_ = "starting";
  double fraction_ = 0;
  bool told_ = false;
  std::stop_callback<std::function<void()>> forward_;
  std::jthread thread_;  ///< last: it uses the others
};

std::string worker_name() {
  std::array<char, 65> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return std::string(host.data()) + "-" + std::to_string(getpid());
}

}  // namespace

Worker::Worker(const Config& config, std::string dsn, const dicom::BlobStore& blobs,
               Analyse analyse, const Log& log)
    : config_(config),
      dsn_(std::move(dsn)),
      name_(worker_name()),
      blobs_(blobs),
      analyse_(std::move(analyse)),
      log_(log) {}

void Worker::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  while (!stop.stop_requested()) {
    try {
      db::JobQueue queue(dsn_, name_, std::chrono::seconds(config_.worker.lease_s));
      while (!stop.stop_requested()) {
        queue.make_due();
        if (const auto job = queue.claim()) {
          work(queue, *job, stop);
        } else {
          queue.wait(500ms);
        }
      }
    } catch (const std::exception& fault) {
      log_.warn("queue not available", {{"reason", loggable(fault)}});
      std::unique_lock lock(mutex);
      wake.wait_for(lock, stop, 2s, [] { return false; });
    }
  }
}

/// In the order of their hashes: the same whichever way they arrived.
std::vector<std::filesystem::path> Worker::files(const std::vector<dicom::BlobId>& ids) const {
  std::set<std::filesystem::path> paths;
  for (const auto& id : ids) paths.insert(blobs_.path_of(id));
  return {paths.begin(), paths.end()};
}

std::variant<AnalysedStudy, Unsuitable> Worker::analyse(const db::StudyInput& input,
                                                        AnalysisContext& context,
                                                        const Progress& progress) const {
  context.before = input.before;
  context.not_compared = input.not_compared;
  if (input.earlier) {
    context.earlier = StudyFiles{files(input.earlier->files)};
    context.earlier_report = input.earlier->report;
  }
  auto result = analyse_({files(input.files)}, context, progress);
  if (!input.earlier || !std::holds_alternative<Unsuitable>(result)) return result;
  // An earlier study that cannot be used must not keep a report from being made.
  context.earlier.reset();
  context.earlier_report.reset();
  context.not_compared.push_back(input.earlier->name + ": " + std::get<Unsuitable>(result).reason);
  return analyse_({files(input.files)}, context, progress);
}

void Worker::analyse_job(db::JobQueue& queue, const db::Job& job, const std::stop_token& stop) {
  const db::StudyInput input = queue.input(job);
  AnalysisContext context{.order = input.order, .now = input.now, .code_version = code_version()};
  if (input.conflicts > 0)
    context.notes = {"other versions of " + std::to_string(input.conflicts) +
                     " image(s) arrived under UIDs that were taken: kept apart, not read"};
  context.now.offset = now().offset;  // the database knows the instant, the site its time zone
  std::variant<AnalysedStudy, Unsuitable> result = Unsuitable{input.mismatch};
  if (input.mismatch.empty()) {
    Heartbeat heartbeat(queue, job, std::chrono::seconds(config_.worker.lease_s), stop, log_);
    context.stop = heartbeat.abandoned();
    result = analyse(input, context, [&](const std::string& stage, double fraction) {
      heartbeat.progress(stage, fraction);
    });
    if (heartbeat.fenced()) throw db::Fenced("another worker has the job");
  }
  if (auto* unsuitable = std::get_if<Unsuitable>(&result)) {
    queue.finish_unsuitable(job, unsuitable->reason);
    log_.info("study unsuitable", {{"job", job.id}, {"study", job.study}});
    return;
  }
  auto& draft = std::get<AnalysedStudy>(result);
  auto& issuer = draft.version.study.patient.issuer;
  if (issuer.empty()) issuer = config_.site.assigning_authority;
  for (const auto& blob : draft.blobs) blobs_.put(blob.bytes);  // durable before a row names them
  const int number = queue.finish(job, draft.version);
  log_.info("draft made", {{"job", job.id},
                           {"study", job.study},
                           {"report", draft.version.report_id},
                           {"version", number}});
}

/// Analyses the job and ends it one way or another. \throws Fenced, Unavailable.
void Worker::settle(db::JobQueue& queue, const db::Job& job, const std::stop_token& stop) {
  const auto started = std::chrono::steady_clock::now();
  try {
    analyse_job(queue, job, stop);
  } catch (const Cancelled&) {
    queue.give_back(job);
    log_.info("job put back", {{"job", job.id}});
    return;
  } catch (const db::Fenced&) {
    throw;
  } catch (const db::Unavailable&) {
    throw;  // the lease lapses and somebody tries again
  } catch (const std::exception& fault) {
    const std::string reason = loggable(fault);
    log_.error("job failed", {{"job", job.id}, {"attempt", job.attempt}, {"reason", reason}});
    queue.fail(job, reason);
    return;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  log_.info("job done", {{"job", job.id}, {"seconds", seconds.count()}});
}

void Worker::work(db::JobQueue& queue, const db::Job& job, const std::stop_token& stop) {
  log_.info("job started", {{"job", job.id}, {"attempt", job.attempt}, {"study", job.study}});
  try {
    settle(queue, job, stop);
  } catch (const db::Fenced&) {
    log_.warn("job lost to another worker", {{"job", job.id}});
  }
}

}  // namespace tomoscribe::pipeline

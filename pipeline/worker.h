#pragma once

#include <stop_token>
#include <string>

#include "db/database.h"
#include "dicom/blob_store.h"
#include "pipeline/analyse.h"
#include "pipeline/config.h"
#include "pipeline/log.h"

namespace tomoscribe::pipeline {

/// The function that makes a draft; `analyse` in the program.
using Analyse = std::function<std::variant<AnalysedStudy, Unsuitable>(
    const StudyFiles&, const AnalysisContext&, const Progress&)>;

/// Claims jobs and makes drafts, one at a time. A fault of one job ends that job; a fault that
/// kills the process ends it by its attempt limit, once the lease has lapsed.
class Worker {
 public:
  Worker(const Config& config, std::string dsn, const dicom::BlobStore& blobs, Analyse analyse,
         const Log& log);
  /// Until `stop`; the job in hand then goes back to the queue. Outlives the database's absence.
  void run(const std::stop_token& stop);

 private:
  void work(db::JobQueue& queue, const db::Job& job, const std::stop_token& stop);
  void settle(db::JobQueue& queue, const db::Job& job, const std::stop_token& stop);
  void analyse_job(db::JobQueue& queue, const db::Job& job, const std::stop_token& stop);
  std::vector<std::filesystem::path> files(const std::vector<dicom::BlobId>& ids) const;
  /// With the earlier study that the database holds, or without it where it cannot be used.
  std::variant<AnalysedStudy, Unsuitable> analyse(const db::StudyInput& input,
                                                  AnalysisContext& context,
                                                  const Progress& progress) const;

  const Config& config_;
  std::string dsn_, name_;
  const dicom::BlobStore& blobs_;
  Analyse analyse_;
  const Log& log_;
};

}  // namespace tomoscribe::pipeline

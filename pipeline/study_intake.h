#pragma once

#include <filesystem>

#include "db/database.h"
#include "dicom/blob_store.h"
#include "dicom/intake.h"
#include "pipeline/log.h"
#include "pipeline/process.h"

namespace tomoscribe::pipeline {

/// A spool folder of this process alone. Spools left by processes that died are removed: nothing in
/// them was acknowledged.
class Spool {
 public:
  /// \throws std::system_error.
  explicit Spool(const std::filesystem::path& parent);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::optional<FileLock> lock_;
};

/// Instances to disk and database, in that order: a row never names a file that is not durable.
/// Thread-safe.
class StudyIntake : public dicom::InstanceSink {
 public:
  StudyIntake(const dicom::BlobStore& blobs, db::IntakeRecords& records, const Log& log)
      : blobs_(blobs), records_(records), log_(log) {}
  /// \throws OutOfResources also when the database is away: the sender may try again.
  dicom::Stored accept(const dicom::ReceivedInstance& instance) override;
  void association_ended(const dicom::AeTitle& calling,
                         const std::vector<dicom::StudyUid>& studies) override;

 private:
  dicom::Stored keep(const dicom::ReceivedInstance& instance);
  const dicom::BlobStore& blobs_;
  db::IntakeRecords& records_;
  const Log& log_;
};

}  // namespace tomoscribe::pipeline

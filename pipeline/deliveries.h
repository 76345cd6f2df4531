#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "db/database.h"
#include "dicom/blob_store.h"
#include "pipeline/config.h"
#include "pipeline/log.h"
#include "pipeline/metrics.h"
#include "reporting/report_store.h"

namespace tomoscribe::pipeline {

/// How one attempt ended.
struct Attempt {
  enum class Outcome { delivered, retry, refused } outcome = Outcome::retry;
  std::string reason;  ///< one sentence, no patient data
};

/// What names one message for good: the same for every attempt, so that the receiver can tell a
/// repeat (MSH-10).
std::string delivery_control_id(const std::string& report_id, int version,
                                const std::string& destination);

/// Sends one signed version to one destination. Never throws for what the receiver or network does.
Attempt deliver(const reporting::ReportVersion& version, const DestinationConfig& destination,
                const Config& config, const dicom::BlobStore& blobs);

/// One thread a destination, each with a queue connection of its own.
class Deliveries {
 public:
  Deliveries(const Config& config, std::string dsn, reporting::ReportStore& store,
             const dicom::BlobStore& blobs, const Log& log, Metrics& metrics);
  ~Deliveries();  ///< lets the attempts in flight end
  Deliveries(const Deliveries&) = delete;
  Deliveries& operator=(const Deliveries&) = delete;

 private:
  void run(const std::stop_token& stop, const DestinationConfig& destination);
  bool work(db::DeliveryQueue& queue, const DestinationConfig& destination);
  Attempt attempt(const db::Delivery& delivery, const DestinationConfig& destination);
  void rest(const std::stop_token& stop, std::chrono::milliseconds length);

  const Config& config_;
  std::string dsn_;
  reporting::ReportStore& store_;
  const dicom::BlobStore& blobs_;
  const Log& log_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::jthread> threads_;  ///< last: they use the others
};

}  // namespace tomoscribe::pipeline

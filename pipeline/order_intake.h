#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "db/database.h"
#include "pipeline/log.h"
#include "pipeline/metrics.h"

namespace tomoscribe::pipeline {

/// Orders from MLLP to the database; acknowledged after commit, a repeated message with the same
/// words. Thread-safe.
class OrderIntake {
 public:
  OrderIntake(db::OrderRecords& records, std::string assigning_authority, const Log& log,
              Metrics& metrics);
  /// The acknowledgement to send back. Never throws.
  std::string answer(std::string_view bytes, const std::string& peer);

 private:
  std::string control_id();
  std::string answered(std::string_view bytes, const std::string& peer);
  db::OrderRecords& records_;
  std::string assigning_authority_;
  const Log& log_;
  Metrics& metrics_;
  std::string run_;  ///< makes control ids of this run differ from those of others
  std::atomic<unsigned> count_ = 0;
};

}  // namespace tomoscribe::pipeline

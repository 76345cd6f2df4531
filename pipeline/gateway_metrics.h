#pragma once

#include "dicom/intake.h"
#include "pipeline/log.h"
#include "pipeline/metrics.h"

namespace tomoscribe::pipeline {

/// The families the gateway counts.
std::vector<MetricFamily> gateway_metric_families();

/// What happens on the DICOM wire, to the log and the metrics. Thread-safe.
class IntakeLog : public dicom::IntakeObserver {
 public:
  IntakeLog(const Log& log, Metrics& metrics) : log_(log), metrics_(metrics) {}
  void association_opened(const std::string& association, const dicom::AeTitle& calling,
                          const std::string& address) override;
  void association_refused(const std::string& address, const std::string& reason) override;
  void instance_answered(const std::string& association, std::uint16_t status, double seconds,
                         std::uint64_t bytes) override;
  void instance_failed(const std::string& association, std::uint16_t status,
                       const std::string& reason) override;
  void association_closed(const std::string& association, const std::string& how,
                          int stored) override;

 private:
  const Log& log_;
  Metrics& metrics_;
};

}  // namespace tomoscribe::pipeline

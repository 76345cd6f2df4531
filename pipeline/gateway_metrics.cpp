#include "pipeline/gateway_metrics.h"

#include <array>
#include <cstdio>

namespace tomoscribe::pipeline {
namespace {

std::string hex_status(std::uint16_t status) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04X", static_cast<unsigned>(status));
  return text.data();
}

}  // namespace

std::vector<MetricFamily> gateway_metric_families() {
  using enum MetricKind;
  return {
      {"tomoscribe_associations_total", counter, "DICOM associations opened.", {}},
      {"tomoscribe_associations_refused_total", counter, "DICOM associations refused.", {}},
      {"tomoscribe_instances_total", counter, "C-STORE answers, by DIMSE status.", {}},
      {"tomoscribe_instance_bytes_total", counter, "Bytes of instances answered.", {}},
      {"tomoscribe_instance_seconds", histogram, "From the C-STORE request to our answer.",
       latency_bounds_s()},
      {"tomoscribe_orders_total", counter, "HL7 orders answered, by acknowledgement code.", {}},
      {"tomoscribe_http_requests_total", counter, "HTTP answers, by route, method and status.", {}},
      {"tomoscribe_http_seconds", histogram, "From the whole header to the last byte sent.",
       latency_bounds_s()},
      {"tomoscribe_deliveries_total",
       counter,
       "Delivery attempts, by destination and outcome.",
       {}},
      {"tomoscribe_delivery_seconds", histogram, "One delivery attempt.", latency_bounds_s()},
      {"tomoscribe_studies", gauge, "Studies held.", {}},
      {"tomoscribe_stored_instances", gauge, "Instances held.", {}},
      {"tomoscribe_jobs", gauge, "Analysis jobs, by state.", {}},
      {"tomoscribe_deliveries", gauge, "Deliveries, by state.", {}},
      {"tomoscribe_database_up", gauge, "1 when the database answered this scrape.", {}},
      {"tomoscribe_store_free_bytes", gauge, "Free bytes where the store lies.", {}},
  };
}

void IntakeLog::association_opened(const std::string& association, const dicom::AeTitle& calling,
                                   const std::string& address) {
  metrics_.count("tomoscribe_associations_total");
  log_.info("association opened",
            {{"association", association}, {"calling", calling}, {"address", address}});
}

void IntakeLog::association_refused(const std::string& address, const std::string& reason) {
  metrics_.count("tomoscribe_associations_refused_total");
  log_.warn("association refused", {{"address", address}, {"reason", reason}});
}

void IntakeLog::instance_answered(const std::string&, std::uint16_t status, double seconds,
                                  std::uint64_t bytes) {
  metrics_.count("tomoscribe_instances_total", {{"status", hex_status(status)}});
  metrics_.count("tomoscribe_instance_bytes_total", {}, static_cast<double>(bytes));
  metrics_.observe("tomoscribe_instance_seconds", seconds);
}

void IntakeLog::instance_failed(const std::string& association, std::uint16_t status,
                                const std::string& reason) {
  log_.warn("instance not stored",
            {{"association", association}, {"status", hex_status(status)}, {"reason", reason}});
}

void IntakeLog::association_closed(const std::string& association, const std::string& how,
                                   int stored) {
  log_.info("association closed", {{"association", association}, {"how", how}, {"stored", stored}});
}

}  // namespace tomoscribe::pipeline

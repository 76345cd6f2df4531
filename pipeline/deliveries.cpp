#include "pipeline/deliveries.h"

#include <unistd.h>

#include "dicom/store_scu.h"
#include "hl7/mllp.h"
#include "hl7/order_message.h"
#include "pipeline/failure.h"
#include "reporting/structured_report.h"

namespace tomoscribe::pipeline {

using namespace std::chrono_literals;

namespace {

Attempt deliver_oru(const reporting::ReportVersion& version, const DestinationConfig& destination,
                    const Config& config) {
  const hl7::Route route{.sending_facility = config.site.name,
                         .receiving_application = destination.receiving_application,
                         .receiving_facility = destination.receiving_facility};
  const auto message = hl7::to_oru(
      version, route, delivery_control_id(version.report_id, version.number, destination.name));
  const auto result =
      hl7::send_message(message, {destination.host, static_cast<std::uint16_t>(destination.port)},
                        std::chrono::seconds(destination.timeout_s));
  switch (result.kind) {
    case hl7::MllpResult::Kind::accepted: return {Attempt::Outcome::delivered, ""};
    case hl7::MllpResult::Kind::refused_final: return {Attempt::Outcome::refused, result.reason};
    case hl7::MllpResult::Kind::refused_retry:
    case hl7::MllpResult::Kind::unreachable: return {Attempt::Outcome::retry, result.reason};
  }
  throw std::logic_error("unmapped MllpResult");
}

Attempt deliver_sr(const reporting::ReportVersion& version, const DestinationConfig& destination,
                   const Config& config, const dicom::BlobStore& blobs) {
  const auto id = blobs.put(reporting::to_structured_report(version));
  const dicom::Peer peer{dicom::AeTitle(destination.title), destination.host,
                         static_cast<std::uint16_t>(destination.port)};
  const auto result =
      dicom::send_instance(blobs.path_of(id), peer, dicom::AeTitle(config.dicom.title),
                           std::chrono::seconds(destination.timeout_s));
  switch (result.kind) {
    case dicom::SendResult::Kind::accepted: return {Attempt::Outcome::delivered, ""};
    case dicom::SendResult::Kind::refused_final: return {Attempt::Outcome::refused, result.reason};
    case dicom::SendResult::Kind::refused_retry:
    case dicom::SendResult::Kind::unreachable: return {Attempt::Outcome::retry, result.reason};
  }
  throw std::logic_error("unmapped SendResult");
}

std::string_view outcome_text(Attempt::Outcome outcome) {
  switch (outcome) {
    case Attempt::Outcome::delivered: return "delivered";
    case Attempt::Outcome::retry: return "retry";
    case Attempt::Outcome::refused: return "refused";
  }
  throw std::logic_error("unmapped Outcome");
}

}  // namespace

std::string delivery_control_id(const std::string& report_id, int version,
                                const std::string& destination) {
  const std::string name = report_id + "|" + std::to_string(version) + "|" + destination;
  return "TS" + dicom::sha256(name).str().substr(0, 18);
}

Attempt deliver(const reporting::ReportVersion& version, const DestinationConfig& destination,
                const Config& config, const dicom::BlobStore& blobs) {
  return destination.kind == "oru" ? deliver_oru(version, destination, config)
                                   : deliver_sr(version, destination, config, blobs);
}

Deliveries::Deliveries(const Config& config, std::string dsn, reporting::ReportStore& store,
                       const dicom::BlobStore& blobs, const Log& log, Metrics& metrics)
    : config_(config),
      dsn_(std::move(dsn)),
      store_(store),
      blobs_(blobs),
      log_(log),
      metrics_(metrics) {
  for (const auto& destination : config.destinations)
    threads_.emplace_back(
        [this, &destination](const std::stop_token& stop) { run(stop, destination); });
}

Deliveries::~Deliveries() {
  for (auto& thread : threads_) thread.request_stop();
  wake_.notify_all();
  threads_.clear();
}

void Deliveries::rest(const std::stop_token& stop, std::chrono::milliseconds length) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, length, [] { return false; });
}

void Deliveries::run(const std::stop_token& stop, const DestinationConfig& destination) {
  const std::string name = "gateway-" + std::to_string(getpid()) + "-" + destination.name;
  // An attempt waits for connection, association and answer; nobody else may start it meanwhile.
  const std::chrono::seconds lease = std::chrono::seconds(destination.timeout_s) * 4 + 60s;
  while (!stop.stop_requested()) {
    try {
      db::DeliveryQueue queue(dsn_, name, lease);
      while (!stop.stop_requested())
        if (!work(queue, destination)) rest(stop, 500ms);
    } catch (const std::exception& fault) {
      log_.warn("deliveries wait", {{"reason", loggable(fault)}});
      rest(stop, 2s);
    }
  }
}

Attempt Deliveries::attempt(const db::Delivery& delivery, const DestinationConfig& destination) {
  const auto version = store_.version(delivery.report_id, delivery.version);
  if (!version) return {Attempt::Outcome::refused, "no such version"};
  if (!reporting::is_signed(version->state))
    return {Attempt::Outcome::refused, "the version is not signed"};
  return deliver(*version, destination, config_, blobs_);
}

bool Deliveries::work(db::DeliveryQueue& queue, const DestinationConfig& destination) {
  const auto delivery = queue.claim(destination.name);
  if (!delivery) return false;
  const auto started = std::chrono::steady_clock::now();
  Attempt result;
  try {
    result = attempt(*delivery, destination);
  } catch (const db::Unavailable&) {
    throw;  // the lease lapses and somebody tries again
  } catch (const std::exception& fault) {
    result = {Attempt::Outcome::retry, loggable(fault)};
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  if (result.outcome == Attempt::Outcome::delivered) {
    queue.delivered(*delivery);
  } else {
    queue.failed(*delivery, result.reason, result.outcome == Attempt::Outcome::refused);
  }
  metrics_.observe("tomoscribe_delivery_seconds", seconds.count(),
                   {{"destination", destination.name}});
  metrics_.count(
      "tomoscribe_deliveries_total",
      {{"destination", destination.name}, {"outcome", std::string(outcome_text(result.outcome))}});
  log_.info("delivery", {{"destination", destination.name},
                         {"report", delivery->report_id},
                         {"version", delivery->version},
                         {"attempt", delivery->attempt},
                         {"outcome", outcome_text(result.outcome)},
                         {"reason", result.reason}});
  return true;
}

}  // namespace tomoscribe::pipeline

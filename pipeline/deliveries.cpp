#include "pipeline/deliveries.h"

#include <algorithm>
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
  for (int i = 0; i < static_cast<int>(config.destinations.size()); ++i)
    threads_.emplace_back([this, i](const std::stop_token& stop) { run(stop, i); });
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

void Deliveries::run(const std::stop_token& stop, int number) {
  const std::string name = "gateway-" + std::to_string(getpid()) + "-" + std::to_string(number);
  while (!stop.stop_requested()) {
    try {
      db::DeliveryQueue queue(dsn_, name);
      while (!stop.stop_requested())
        if (!work(queue)) rest(stop, 500ms);
    } catch (const std::exception& fault) {
      log_.warn("deliveries wait", {{"reason", loggable(fault)}});
      rest(stop, 2s);
    }
  }
}

Attempt Deliveries::attempt(const db::Delivery& delivery) {
  const auto& known = config_.destinations;
  const auto destination = std::find_if(known.begin(), known.end(), [&](const auto& item) {
    return item.name == delivery.destination;
  });
  if (destination == known.end())
    return {Attempt::Outcome::retry, "no such destination in this gateway's configuration"};
  const auto version = store_.version(delivery.report_id, delivery.version);
  if (!version) return {Attempt::Outcome::refused, "no such version"};
  if (!reporting::is_signed(version->state))
    return {Attempt::Outcome::refused, "the version is not signed"};
  return deliver(*version, *destination, config_, blobs_);
}

bool Deliveries::work(db::DeliveryQueue& queue) {
  const auto delivery = queue.claim();
  if (!delivery) return false;
  const auto started = std::chrono::steady_clock::now();
  Attempt result;
  try {
    result = attempt(*delivery);
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
  const Labels destination{{"destination", delivery->destination}};
  metrics_.observe("tomoscribe_delivery_seconds", seconds.count(), destination);
  metrics_.count("tomoscribe_deliveries_total",
                 {destination.front(), {"outcome", std::string(outcome_text(result.outcome))}});
  log_.info("delivery", {{"destination", delivery->destination},
                         {"report", delivery->report_id},
                         {"version", delivery->version},
                         {"attempt", delivery->attempt},
                         {"outcome", outcome_text(result.outcome)},
                         {"reason", result.reason}});
  return true;
}

}  // namespace tomoscribe::pipeline

#include "pipeline/order_intake.h"

#include <chrono>
#include <unistd.h>

#include "hl7/order_message.h"
#include "pipeline/clock.h"
#include "pipeline/failure.h"

namespace tomoscribe::pipeline {
namespace {

/// HL7 v2.5.1 table 0008 in original mode: AR for what no retry can mend (200-203: type, event,
/// processing id, version), AE for faults in the data and for troubles of ours.
std::string_view code_for(const hl7::Rejected& why) {
  return why.error_code() >= 200 && why.error_code() <= 203 ? "AR" : "AE";
}

constexpr int application_error = 207;  // table 0357

}  // namespace

OrderIntake::OrderIntake(db::OrderRecords& records, std::string assigning_authority, const Log& log,
                         Metrics& metrics)
    : records_(records),
      assigning_authority_(std::move(assigning_authority)),
      log_(log),
      metrics_(metrics) {
  const auto ticks = std::chrono::system_clock::now().time_since_epoch().count();
  run_ = dicom::sha256(std::to_string(ticks) + "." + std::to_string(getpid())).str().substr(0, 10);
}

/// At most 20 characters (MSH-10).
std::string OrderIntake::control_id() {
  return run_ + std::to_string(++count_ % 1'000'000'000U);
}

std::string OrderIntake::answered(std::string_view bytes, const std::string& peer) {
  const hl7::Message message = hl7::Message::parse(bytes);
  const auto refuse = [&](const hl7::Rejected& why) {
    const std::string_view code = code_for(why);
    log_.warn("order refused", {{"peer", peer},
                                {"code", code},
                                {"error", why.error_code()},
                                {"location", why.location()}});
    metrics_.count("tomoscribe_orders_total", {{"code", std::string(code)}});
    return hl7::acknowledgement(message, code, now(), control_id(), &why);
  };
  try {
    hl7::OrderMessage order = hl7::read_order(message);
    // Some senders begin their control ids anew: only the same words are the same message.
    const std::string key = order.control_id + "/" + dicom::sha256(bytes).str().substr(0, 16);
    if (auto before = records_.acknowledged(order.sender, key)) {
      log_.info("order repeated", {{"peer", peer}});
      metrics_.count("tomoscribe_orders_total", {{"code", "repeated"}});
      return *before;
    }
    if (order.order.assigning_authority.empty())
      order.order.assigning_authority = assigning_authority_;
    std::string accepted = hl7::acknowledgement(message, "AA", now(), control_id());
    records_.store(order.order, order.control, order.sender, key, accepted);
    log_.info("order stored", {{"peer", peer}, {"named study", order.order.study.has_value()}});
    metrics_.count("tomoscribe_orders_total", {{"code", "AA"}});
    return accepted;
  } catch (const hl7::Rejected& why) {
    return refuse(why);
  } catch (const db::Unavailable&) {
    return refuse(hl7::Rejected("the database is not available; send again", application_error));
  } catch (const std::exception& fault) {
    log_.error("order failed", {{"peer", peer}, {"reason", loggable(fault)}});
    return refuse(hl7::Rejected("the order could not be stored", application_error));
  }
}

std::string OrderIntake::answer(std::string_view bytes, const std::string& peer) {
  try {
    return answered(bytes, peer);
  } catch (const hl7::Rejected& why) {
    log_.warn("message refused", {{"peer", peer}, {"error", why.error_code()}});
    metrics_.count("tomoscribe_orders_total", {{"code", "AR"}});
    return hl7::acknowledgement_of_garbage(bytes, now(), control_id(), why);
  } catch (const std::exception& fault) {
    log_.error("message failed", {{"peer", peer}, {"reason", loggable(fault)}});
    return hl7::acknowledgement_of_garbage(
        bytes, now(), control_id(),
        hl7::Rejected("the message could not be handled", application_error));
  }
}

}  // namespace tomoscribe::pipeline

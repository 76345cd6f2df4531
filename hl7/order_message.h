#pragma once

#include <string>
#include <string_view>

#include "hl7/message.h"
#include "reporting/report.h"

namespace tomoscribe::hl7 {

/// An order message, understood. ORC-1: NW new, XO change, SC status (ORC-5 CA, DC: cancelled),
/// RP/RO replace, CA/OC/DC cancel.
struct OrderMessage {
  std::string control_id;  ///< with `sender` the key against duplicates
  std::string sender;      ///< MSH-3|MSH-4
  std::string control;     ///< ORC-1
  reporting::Order order;
};

/// Reads ORM^O01 (2.3 to 2.6; ZDS-1 or OBR-18) and OMI^O23 (2.5 to 2.6; IPC).
/// \throws Rejected: 200/201 other message, 202 a test message, 203 other version, 100 several
/// orders, 101 no order number or patient id, 102 an identifier too long or no UID, 103 unknown
/// ORC-1.
OrderMessage read_order(const Message& message);

/// "AA", "AE" or "AR" for `received`; with ERR for the latter two. `now` and `control_id` are ours.
std::string acknowledgement(const Message& received, std::string_view code,
                            const reporting::Moment& now, std::string_view control_id,
                            const Rejected* why = nullptr);
/// For bytes that could not be parsed at all (AR, MSA-2 as far as it can be found).
std::string acknowledgement_of_garbage(std::string_view received, const reporting::Moment& now,
                                       std::string_view control_id, const Rejected& why);

/// Names of the two ends in MSH-3..6.
struct Route {
  std::string sending_application = "TOMOSCRIBE", sending_facility, receiving_application,
              receiving_facility;
};

/// ORU^R01 (2.5.1) of one version. Pure: `control_id` (<= 20 characters) and the version's own
/// times are used.
std::string to_oru(const reporting::ReportVersion& version, const Route& route,
                   std::string_view control_id);

}  // namespace tomoscribe::hl7

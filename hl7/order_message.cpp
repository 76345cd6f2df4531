#include "hl7/order_message.h"

#include <algorithm>
#include <array>

namespace tomoscribe::hl7 {
namespace {

std::string first_of(std::initializer_list<std::string> values) {
  for (const std::string& value : values)
    if (!value.empty()) return value;
  return {};
}

std::string value(const Segment* segment, int field, int component = 1) {
  return segment == nullptr ? std::string() : segment->get(field, component);
}

template <class T>
T parsed(const std::string& text, const char* location) {
  const auto result = T::parse(text);
  if (!result)
    throw Rejected("an identifier is too long or holds forbidden characters", 102, location);
  return *result;
}

reporting::Patient read_patient(const Message& message) {
  const Segment* pid = message.find("PID");
  if (pid == nullptr) throw Rejected("PID is missing", 101, "PID");
  int chosen = 1;  // the medical record number, where the list says which one it is (table 0203)
  for (int i = pid->repetitions(3); i >= 1; --i)
    if (pid->get(3, 5, 1, i) == "MR") chosen = i;
  reporting::Patient patient;
  patient.id = parsed<dicom::PatientId>(pid->get(3, 1, 1, chosen), "PID^1^3");
  if (patient.id.empty()) throw Rejected("PID-3 is missing", 101, "PID^1^3");
  patient.issuer = first_of({pid->get(3, 4, 1, chosen), pid->get(3, 4, 2, chosen)});
  patient.name = {.family = pid->get(5),
                  .given = pid->get(5, 2),
                  .middle = pid->get(5, 3),
                  .prefix = pid->get(5, 5),
                  .suffix = pid->get(5, 4)};
  patient.birth_date = dicom::parse_date(pid->get(7).substr(0, 8));
  const std::string sex = pid->get(8);
  if (sex == "M" || sex == "F" || sex == "O") patient.sex = sex;
  return patient;
}

bool known_control(const std::string& control) {
  static constexpr std::array known{"NW", "XO", "SC", "RP", "RO", "CA", "OC", "DC", "OK", "SN"};
  return std::ranges::find(known, control) != known.end();
}

void append(std::string& text, const std::string& more) {
  if (more.empty()) return;
  text += (text.empty() ? "" : "; ") + more;
}

/// OBX-5 as a reader wants it: the text of a coded value, the parts of a structured number.
std::string observed(const Segment& obx) {
  const std::string type = obx.get(2);
  if (type == "CE" || type == "CWE" || type == "CNE")
    return first_of({obx.get(5, 2), obx.get(5, 9), obx.get(5)});
  if (type == "SN") return obx.get(5) + obx.get(5, 2) + obx.get(5, 3) + obx.get(5, 4);
  return obx.whole(5);
}

/// Observations and notes that came with the order (creatinine, weight, …).
std::string clinical_information(const Message& message) {
  std::string text;
  if (const Segment* obr = message.find("OBR")) append(text, obr->whole(13));
  for (const Segment& obx : message.segments()) {
    if (obx.name() != "OBX" || observed(obx).empty()) continue;
    std::string line = first_of({obx.get(3, 2), obx.get(3)}) + ": " + observed(obx);
    if (!obx.get(6).empty()) line += ' ' + obx.get(6);
    append(text, line);
  }
  for (const Segment& nte : message.segments())
    if (nte.name() == "NTE") append(text, nte.whole(3));
  return text;
}

std::string reason_for_study(const Message& message) {
  std::string text;
  if (const Segment* obr = message.find("OBR"))
    for (int i = 1; i <= obr->repetitions(31); ++i)
      append(text, first_of({obr->get(31, 2, 1, i), obr->get(31, 1, 1, i)}));
  for (const Segment& dg1 : message.segments())
    if (dg1.name() == "DG1") append(text, first_of({dg1.get(3, 2), dg1.get(4), dg1.get(3)}));
  return text;
}

/// ORC-1, and ORC-5 where the message only tells a status.
bool is_cancelled(const std::string& control, const std::string& order_status) {
  return control == "CA" || control == "OC" || control == "DC" ||
         (control == "SC" && (order_status == "CA" || order_status == "DC"));
}

std::string priority(const Message& message) {
  const std::string text =
      first_of({value(message.find("TQ1"), 9), value(message.find("OBR"), 27, 6),
                value(message.find("ORC"), 7, 6)});
  return text == "S" || text == "A" || text == "R" ? text : std::string();
}

Message answer(const Route& route, const reporting::Moment& now, std::string_view control_id,
               std::string_view trigger) {
  Message message;
  message.add("MSH")
      .set(1, "|")
      .set(2, "^~\\&")
      .set(3, route.sending_application)
      .set(4, route.sending_facility)
      .set(5, route.receiving_application)
      .set(6, route.receiving_facility)
      .set(7, now.dtm())
      .set(9, "ACK")
      .set(9, trigger, 2)
      .set(9, "ACK", 3)
      .set(10, control_id)
      .set(11, "P")
      .set(12, "2.5.1")
      .set(18, "UNICODE UTF-8");
  return message;
}

std::string_view error_text(int code) {
  switch (code) {
    case 100: return "Segment sequence error";
    case 101: return "Required field missing";
    case 102: return "Data type error";
    case 103: return "Table value not found";
    case 200: return "Unsupported message type";
    case 201: return "Unsupported event code";
    case 202: return "Unsupported processing id";
    case 203: return "Unsupported version id";
    default: return "Application internal error";
  }
}

void add_error(Message& message, const Rejected& why, std::string_view code) {
  Segment& err = message.add("ERR");
  std::string_view location = why.location();
  for (int component = 1; !location.empty() && component <= 6; ++component) {
    const std::size_t caret = location.find('^');
    err.set(2, location.substr(0, caret), component);
    if (caret == std::string_view::npos) break;
    location.remove_prefix(caret + 1);
  }
  err.set(3, std::to_string(why.error_code()))
      .set(3, error_text(why.error_code()), 2)
      .set(3, "HL70357", 3)
      .set(4, code == "AA" ? "W" : "E")
      .set(8, why.what());
}

/// OBR-16, else ORC-12, as "id^family^given".
std::string ordering_provider(const Segment* obr, const Segment* orc) {
  const bool in_obr = !value(obr, 16).empty();
  const Segment* from = in_obr ? obr : orc;
  const int field = in_obr ? 16 : 12;
  const std::string text =
      value(from, field) + '^' + value(from, field, 2) + '^' + value(from, field, 3);
  return text == "^^" ? std::string() : text;
}

constexpr std::size_t longest_control_id = 199;  // MSH-10 in 2.7; 20 before, which few keep to

/// The first characters of UTF-8 text.
std::string first_characters(const std::string& text, std::size_t count) {
  std::size_t end = 0;
  while (end < text.size()) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0U) != 0x80U;
    if (begins && count-- == 0) break;
    ++end;
  }
  return text.substr(0, end);
}

/// MSH-9, MSH-11, MSH-12: what no retry can mend (2.9.2.2).
void check_kind(const Message& message, const Segment& header) {
  const std::string type = message.type(), kind = type.substr(0, 3);
  if (type != "ORM^O01" && type != "OMI^O23") {
    const bool order_type = kind == "ORM" || kind == "OMI";
    throw Rejected(order_type ? "this event of an order message is not supported"
                              : "only ORM^O01 and OMI^O23 are taken here",
                   order_type ? 201 : 200, "MSH^1^9");
  }
  static constexpr std::array versions{"2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6"};
  const bool omi = kind == "OMI";  // which begins with 2.5
  const auto* const first = versions.begin() + (omi ? 3 : 0);
  if (std::find(first, versions.end(), header.get(12)) == versions.end())
    throw Rejected(
        omi ? "MSH-12 is no version from 2.5 to 2.6" : "MSH-12 is no version from 2.3 to 2.6", 203,
        "MSH^1^12");
  if (header.get(11) != "P")
    throw Rejected("MSH-11 is not P: only production messages are taken", 202, "MSH^1^11");
}

void check_control_id(const std::string& id) {
  if (id.empty()) throw Rejected("MSH-10 is missing", 101, "MSH^1^10");
  if (first_characters(id, longest_control_id) != id)
    throw Rejected("MSH-10 is longer than 199 characters", 102, "MSH^1^10");
}

/// IPC-3, else ZDS-1. One that is no UID would lose the order its study.
std::optional<dicom::StudyUid> study_uid(const Segment* ipc, const Segment* zds) {
  const std::string in_ipc = value(ipc, 3), text = first_of({in_ipc, value(zds, 1)});
  auto uid = dicom::StudyUid::parse(text);
  if (!uid && !text.empty())
    throw Rejected("the Study Instance UID is no UID", 102, in_ipc.empty() ? "ZDS^1^1" : "IPC^1^3");
  return uid;
}

}  // namespace

OrderMessage read_order(const Message& message) {
  const Segment *header = message.find("MSH"), *orc = message.find("ORC"),
                *obr = message.find("OBR"), *ipc = message.find("IPC");
  check_kind(message, *header);
  if (orc == nullptr) throw Rejected("ORC is missing", 101, "ORC");
  if (message.find("ORC", 1) != nullptr)
    throw Rejected("the message holds several orders; send one a message", 100, "ORC^2");
  check_control_id(header->get(10));
  OrderMessage order{.control_id = header->get(10),
                     .sender = header->get(3) + '|' + header->get(4),
                     .control = orc->get(1)};
  if (!known_control(order.control))
    throw Rejected("ORC-1 is not a known order control", 103, "ORC^1^1");
  reporting::Order& o = order.order;
  o.patient = read_patient(message);
  o.assigning_authority = o.patient.issuer;
  o.placer_number = first_of({orc->get(2), value(obr, 2)});
  o.filler_number = first_of({orc->get(3), value(obr, 3)});
  if (o.placer_number.empty() && o.filler_number.empty())
    throw Rejected("the order has neither a placer nor a filler number", 101, "ORC^1^2");
  o.accession = parsed<dicom::AccessionNumber>(
      first_of({value(ipc, 1), value(obr, 18), o.filler_number}), "OBR^1^18");
  o.study = study_uid(ipc, message.find("ZDS"));
  o.procedure = {value(obr, 4), value(obr, 4, 3), value(obr, 4, 2)};
  o.indication = reason_for_study(message);
  o.history = clinical_information(message);
  o.ordering_provider = ordering_provider(obr, orc);
  o.priority = priority(message);
  o.status = is_cancelled(order.control, orc->get(5)) ? "cancelled" : "active";
  return order;
}

std::string acknowledgement(const Message& received, std::string_view code,
                            const reporting::Moment& now, std::string_view control_id,
                            const Rejected* why) {
  const Segment* header = received.find("MSH");
  const Route route{.sending_application = first_of({value(header, 5), "TOMOSCRIBE"}),
                    .sending_facility = value(header, 6),
                    .receiving_application = value(header, 3),
                    .receiving_facility = value(header, 4)};
  Message message = answer(route, now, control_id, value(header, 9, 2));
  message.add("MSA").set(1, code).set(2,
                                      first_characters(received.control_id(), longest_control_id));
  if (why != nullptr) add_error(message, *why, code);
  return message.encode();
}

std::string acknowledgement_of_garbage(std::string_view received, const reporting::Moment& now,
                                       std::string_view control_id, const Rejected& why) {
  // MSH-10 as far as it can be found: the tenth field of what looks like a header.
  std::string id;
  const std::size_t header = received.find("MSH");
  if (header != std::string_view::npos && received.size() > header + 3) {
    std::string_view rest = received.substr(header + 4);
    const char separator = received[header + 3];
    for (int field = 2; field < 10 && !rest.empty(); ++field) {
      const std::size_t at = rest.find(separator);
      rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    }
    id = std::string(rest.substr(
        0, std::min(rest.find_first_of(std::string("\r\n") + separator), std::size_t{50})));
  }
  Message message = answer({}, now, control_id, "");
  message.add("MSA").set(1, "AR").set(2, id);
  add_error(message, why, "AR");
  return message.encode();
}

}  // namespace tomoscribe::hl7

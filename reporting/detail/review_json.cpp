#include "reporting/detail/review_json.h"

#include <array>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace tomoscribe::reporting::detail {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t most_edits = 500, longest_text = 8000, longest_name = 64;

void put(Json& json, const char* name, std::string_view value) {
  if (!value.empty()) json[name] = value;
}

Json row_json(const StudyRow& row) {
  Json patient = Json::object();
  if (!row.patient.name.empty()) patient["name"] = row.patient.name.display();
  put(patient, "id", row.patient.id.str());
  if (row.patient.birth_date) patient["birthDate"] = dicom::iso_date(*row.patient.birth_date);
  put(patient, "sex", row.patient.sex);
  Json json{{"uid", row.uid.str()}, {"state", to_text(row.state)}};
  put(json, "reason", row.reason);
  put(json, "stage", row.stage);
  json["progress"] = row.progress;
  json["patient"] = std::move(patient);
  put(json, "accession", row.accession.str());
  put(json, "description", row.description);
  if (row.started) json["started"] = row.started->iso();
  json["received"] = row.received.iso();
  json["series"] = row.series;
  json["instances"] = row.instances;
  json["conflicts"] = row.conflicts;
  if (row.report_id) json["reportId"] = *row.report_id;
  json["version"] = row.version;
  if (row.report_state) json["reportState"] = to_text(*row.report_state);
  json["signedVersion"] = row.signed_version;
  json["newerDraft"] = row.newer_draft;
  return json;
}

/// Bytes that are no UTF-8 become U+FFFD instead of ending the answer.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parsed_object(std::string_view body) {
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) throw std::invalid_argument("the request is not JSON");
  if (!json.is_object()) throw std::invalid_argument("the request is not a JSON object");
  return json;
}

const Json* member(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

std::string text_member(const Json& json, const char* name) {
  const Json* value = member(json, name);
  if (value == nullptr) return {};
  if (!value->is_string()) throw std::invalid_argument(std::string(name) + " is not a text");
  return value->get<std::string>();
}

int version_member(const Json& json, const char* name) {
  const Json* value = member(json, name);
  if (value == nullptr || !value->is_number_integer() || *value < 1 || *value > 1'000'000)
    throw std::invalid_argument(std::string(name) + " is not a version number");
  return value->get<int>();
}

bool has_control(std::string_view text, bool lines) {
  return std::ranges::any_of(text, [lines](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && !(lines && (c == '\n' || c == '\t'))) || byte == 0x7f;
  });
}

/// A part of a name may not hold what PN, XCN and HL7 use between parts.
std::string name_part(const Json& json, const char* name) {
  std::string text = text_member(json, name);
  if (text.size() > longest_name)
    throw std::invalid_argument(std::string(name) + " is longer than 64 bytes");
  if (has_control(text, false) || text.find_first_of("^=\\|~&") != std::string::npos)
    throw std::invalid_argument(std::string(name) + " has a character that names cannot hold");
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

Person parse_person(const Json& json) {
  const Json* person = member(json, "signer");
  if (person == nullptr || !person->is_object())
    throw std::invalid_argument("signer is missing: a report is changed by a named person");
  Person result;
  result.id = name_part(*person, "id");
  result.organisation = name_part(*person, "organisation");
  const Json* name = member(*person, "name");
  if (name == nullptr || !name->is_object())
    throw std::invalid_argument("the signer's name is missing");
  result.name.family = name_part(*name, "family");
  result.name.given = name_part(*name, "given");
  result.name.middle = name_part(*name, "middle");
  result.name.prefix = name_part(*name, "prefix");
  result.name.suffix = name_part(*name, "suffix");
  if (result.name.family.empty())
    throw std::invalid_argument("the signer's family name is missing");
  return result;
}

StatementEdit parse_edit(const Json& json) {
  if (!json.is_object()) throw std::invalid_argument("an edit is not a JSON object");
  StatementEdit edit{.statement = text_member(json, "statement"),
                     .section = Section::findings,
                     .text = text_member(json, "text")};
  if (edit.text.size() > longest_text)
    throw std::invalid_argument("a sentence is longer than 8000 bytes");
  if (has_control(edit.text, true))
    throw std::invalid_argument("a sentence has control characters");
  const std::string section = text_member(json, "section");
  if (!section.empty()) {
    const auto known = from_text<Section>(section);
    if (!known) throw std::invalid_argument("an edit names an unknown section");
    edit.section = *known;
  } else if (edit.statement.empty()) {
    throw std::invalid_argument("an edit names neither a statement nor a section");
  }
  return edit;
}

}  // namespace

std::string worklist_json(const std::vector<StudyRow>& rows, const Receiver& receiver) {
  Json list = Json::array();
  for (const StudyRow& row : rows) list.push_back(row_json(row));
  return dumped({{"studies", std::move(list)},
                 {"receiver", {{"title", receiver.title}, {"port", receiver.port}}}});
}

std::string study_json(const StudyAnswer& answer) {
  Json deliveries = Json::array();
  for (const DeliveryRow& row : answer.deliveries) {
    Json json{{"destination", row.destination},
              {"kind", row.kind},
              {"state", row.state},
              {"version", row.version},
              {"attempts", row.attempts}};
    put(json, "lastError", row.last_error);
    deliveries.push_back(std::move(json));
  }
  Json head{{"study", row_json(answer.row)},
            {"versions", answer.versions},
            {"deliveries", std::move(deliveries)}};
  if (!answer.account.empty()) {
    const auto name = dicom::PersonName::parse_pn(answer.account);
    Json& account = head["account"] = {{"family", name.family}};
    put(account, "given", name.given);
    put(account, "middle", name.middle);
    put(account, "prefix", name.prefix);
    put(account, "suffix", name.suffix);
  }
  std::string text = dumped(head);
  text.pop_back();  // the reports are JSON already: they are put in as they are
  if (!answer.label.empty()) text += ",\"label\":" + dumped(answer.label);
  if (!answer.report.empty()) text += ",\"report\":" + answer.report;
  if (!answer.persons_version.empty()) text += ",\"person\":" + answer.persons_version;
  return text + '}';
}

std::string versions_json(const std::vector<int>& versions) {
  return dumped({{"versions", versions}});
}

std::string error_json(std::string_view sentence) {
  return dumped({{"error", sentence}});
}

std::string conflict_json(int base, int newest) {
  return dumped({{"error", "somebody made a newer version in the meantime"},
                 {"base", base},
                 {"newest", newest}});
}

std::string made_json(int number, const std::string& report) {
  return "{\"version\":" + std::to_string(number) + ",\"report\":" + report + '}';
}

Change parse_change(std::string_view body) {
  const Json json = parsed_object(body);
  Change change;
  change.base = version_member(json, "base");
  if (const Json* edits = member(json, "edits")) {
    if (!edits->is_array()) throw std::invalid_argument("edits is not a list");
    if (edits->size() > most_edits) throw std::invalid_argument("more than 500 edits at once");
    for (const Json& edit : *edits) change.edits.push_back(parse_edit(edit));
  }
  change.signer = parse_person(json);
  return change;
}

Resend parse_resend(std::string_view body) {
  const Json json = parsed_object(body);
  Resend resend{.version = version_member(json, "version"),
                .destination = text_member(json, "destination")};
  if (resend.destination.empty()) throw std::invalid_argument("destination is missing");
  return resend;
}

}  // namespace tomoscribe::reporting::detail

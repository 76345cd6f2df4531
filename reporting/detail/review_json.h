#pragma once
// The JSON of /api that is not the report itself (reporting/review.h says its form).

#include <string>
#include <string_view>
#include <vector>

#include "reporting/edit.h"
#include "reporting/report_store.h"
#include "reporting/review.h"

namespace tomoscribe::reporting::detail {

std::string worklist_json(const std::vector<StudyRow>& rows, const Receiver& receiver);

struct StudyAnswer {
  StudyRow row;
  std::vector<int> versions;
  std::vector<DeliveryRow> deliveries;
  std::string account;  ///< PN of who signed in; empty: they say it themselves
  std::string report, label, persons_version;  ///< JSON, text, JSON; empty: left out
};
std::string study_json(const StudyAnswer& answer);

std::string versions_json(const std::vector<int>& versions);
std::string error_json(std::string_view sentence);
std::string conflict_json(int base, int newest);
/// `report` is the JSON of a version.
std::string made_json(int number, const std::string& report);

struct Change {
  int base = 0;
  std::vector<StatementEdit> edits;
  Person signer;
};
/// \throws std::invalid_argument with one sentence.
Change parse_change(std::string_view body);

struct Resend {
  int version = 0;
  std::string destination;
};
/// \throws std::invalid_argument with one sentence.
Resend parse_resend(std::string_view body);

}  // namespace tomoscribe::reporting::detail

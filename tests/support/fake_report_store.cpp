#include "tests/support/fake_report_store.h"

#include <algorithm>

namespace tomoscribe::tests {

using namespace reporting;  // NOLINT(google-build-using-namespace): a test's own file

namespace {

bool contains(const std::string& text, const std::string& part) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [&](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

bool matches(const StudyRow& row, const StudyQuery& query) {
  if (query.study && *query.study != row.uid) return false;
  if (query.state && *query.state != row.state) return false;
  if (!query.accession.empty() && query.accession != row.accession.str()) return false;
  if (!query.patient_id.empty() && query.patient_id != row.patient.id.str()) return false;
  return query.text.empty() || contains(row.patient.name.display(), query.text) ||
         contains(row.patient.id.str(), query.text) || contains(row.accession.str(), query.text);
}

}  // namespace

void FakeReportStore::add(StudyRow row, std::vector<ReportVersion> versions) {
  const std::lock_guard lock(mutex_);
  held_.push_back({std::move(row), std::move(versions), {}});
}

FakeReportStore::Held* FakeReportStore::by_report(const std::string& report_id) {
  const auto found = std::ranges::find_if(
      held_, [&](const Held& held) { return held.row.report_id == report_id; });
  return found == held_.end() ? nullptr : &*found;
}

std::vector<StudyRow> FakeReportStore::studies(const StudyQuery& query) {
  const std::lock_guard lock(mutex_);
  std::vector<StudyRow> rows;
  int skip = query.offset;
  for (const Held& held : held_) {
    if (static_cast<int>(rows.size()) == query.limit) break;
    if (matches(held.row, query) && skip-- <= 0) rows.push_back(held.row);
  }
  return rows;
}

std::optional<ReportVersion> FakeReportStore::latest(const dicom::StudyUid& study, Which which) {
  const std::lock_guard lock(mutex_);
  for (const Held& held : held_) {
    if (held.row.uid != study) continue;
    const auto version =
        std::find_if(held.versions.rbegin(), held.versions.rend(), [&](const ReportVersion& one) {
          return which == Which::any || is_signed(one.state) ||
                 (which == Which::by_person && one.state != ReportState::draft);
        });
    if (version != held.versions.rend()) return *version;
  }
  return std::nullopt;
}

std::optional<ReportVersion> FakeReportStore::version(const std::string& report_id, int number) {
  const std::lock_guard lock(mutex_);
  const Held* held = by_report(report_id);
  if (held == nullptr) return std::nullopt;
  const auto found = std::ranges::find(held->versions, number, &ReportVersion::number);
  if (found == held->versions.end()) return std::nullopt;
  return *found;
}

std::vector<int> FakeReportStore::versions(const std::string& report_id) {
  const std::lock_guard lock(mutex_);
  std::vector<int> numbers;
  if (const Held* held = by_report(report_id))
    for (const ReportVersion& version : held->versions) numbers.push_back(version.number);
  return numbers;
}

void FakeReportStore::append(const ReportVersion& version, const std::string& /*actor*/) {
  const std::lock_guard lock(mutex_);
  Held* held = by_report(version.report_id);
  if (held == nullptr || held->versions.back().number + 1 != version.number)
    throw Conflict("the number is taken");
  held->versions.push_back(version);
  held->row.version = version.number;
  held->row.report_state = version.state;
  held->row.newer_draft = false;
  if (!is_signed(version.state)) return;
  held->row.state = StudyState::signed_off;
  held->row.signed_version = version.number;
  held->deliveries.push_back({"ris", "oru", "delivered", version.number, 1, ""});
  held->deliveries.push_back(
      {"pacs", "sr", "dead", version.number, 5, "the peer refused the association"});
}

std::vector<DeliveryRow> FakeReportStore::deliveries(const std::string& report_id) {
  const std::lock_guard lock(mutex_);
  const Held* held = by_report(report_id);
  return held == nullptr ? std::vector<DeliveryRow>() : held->deliveries;
}

bool FakeReportStore::resend(const std::string& report_id, int version,
                             const std::string& destination, const std::string& /*actor*/) {
  const std::lock_guard lock(mutex_);
  Held* held = by_report(report_id);
  if (held == nullptr) return false;
  const auto row = std::ranges::find_if(held->deliveries, [&](const DeliveryRow& one) {
    return one.version == version && one.destination == destination;
  });
  if (row == held->deliveries.end()) return false;
  row->state = "waiting";
  return true;
}

std::optional<Order> FakeReportStore::order_for(const dicom::StudyUid&,
                                                const dicom::AccessionNumber&) {
  return std::nullopt;
}

}  // namespace tomoscribe::tests

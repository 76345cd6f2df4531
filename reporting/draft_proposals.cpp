#include <algorithm>

#include "reporting/draft_language.h"

namespace tomoscribe::reporting {
namespace {

std::string proposed_id(int number) {
  return "proposed." + std::to_string(number);
}

/// Behind what earlier sections say and, in its own, behind all but the list of what was not
/// assessed.
std::vector<Statement>::iterator place_in(std::vector<Statement>& statements, Section section) {
  const auto before =
      std::find_if(statements.rbegin(), statements.rend(), [&](const Statement& statement) {
        return statement.section < section ||
               (statement.section == section &&
                statement.verification.outcome != Outcome::not_assessable);
      });
  return before.base();
}

}  // namespace

void add_proposals(ReportVersion& version, std::vector<Proposal> proposals) {
  int number = 0;
  for (Proposal& proposal : proposals) {
    const auto taken = [&](const auto& entry) { return entry.id == proposed_id(number); };
    do {
      ++number;
    } while (std::ranges::any_of(version.findings, taken) ||
             std::ranges::any_of(version.statements, taken));
    const std::string id = proposed_id(number);
    Finding& finding = proposal.finding;
    finding.id = id;
    finding.tracking =
        dicom::TrackingUid(dicom::uid_from_name("tracking|" + version.study.uid.str() + "|" + id));
    for (std::size_t i = 0; i < finding.evidence.size(); ++i) {
      std::string& evidence = finding.evidence[i].id;
      if (evidence.empty()) evidence = id + ".view" + (i == 0 ? "" : std::to_string(i + 1));
      finding.verification.inputs.push_back(evidence);
    }
    Statement& statement = proposal.statement;
    statement.id = id;
    statement.findings = {id};
    statement.verification.inputs = finding.verification.inputs;
    version.statements.insert(place_in(version.statements, statement.section),
                              std::move(statement));
    version.findings.push_back(std::move(finding));
  }
}

}  // namespace tomoscribe::reporting

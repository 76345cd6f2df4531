#include "reporting/edit.h"

#include <algorithm>
#include <stdexcept>

#include "reporting/faces.h"

namespace tomoscribe::reporting {
namespace {

constexpr std::size_t longest_text = 8000;

bool in_force(const ReportVersion& version, const Statement& statement) {
  return !statement.removed &&
         std::ranges::none_of(version.statements, [&](const Statement& other) {
           return other.replaces == statement.id;
         });
}

std::string new_id(int number, std::size_t index) {
  return "p" + std::to_string(number) + "." + std::to_string(index + 1);
}

Statement written_by_person(std::string id, Section section, const std::string& language,
                            std::string text) {
  return {.id = std::move(id),
          .section = section,
          .language = language,
          .text = std::move(text),
          .author = Author::person,
          .verification = {.outcome = Outcome::unverified,
                           .check = "written-by-a-person",
                           .reason = "Written by a person; not checked against the measurements."}};
}

void apply(ReportVersion& version, const StatementEdit& edit, std::size_t index) {
  if (edit.text.size() > longest_text)
    throw std::invalid_argument("a statement is longer than 8000 bytes");
  auto& statements = version.statements;
  if (!edit.text.empty() && clean_text(edit.text, false).find_first_not_of(' ') == edit.text.npos)
    throw std::invalid_argument("a statement has no words");
  if (edit.statement.empty()) {
    if (edit.text.empty()) throw std::invalid_argument("a new statement has no text");
    const auto last = std::ranges::find(statements.rbegin(), statements.rend(), edit.section,
                                        &Statement::section);
    statements.insert(last.base(), written_by_person(new_id(version.number, index), edit.section,
                                                     version.language, edit.text));
    return;
  }
  const auto found = std::ranges::find(statements, edit.statement, &Statement::id);
  if (found == statements.end() || !in_force(version, *found))
    throw std::invalid_argument("an edit names a statement that is not in force");
  if (edit.text.empty()) {
    found->removed = true;
  } else if (edit.text != found->text) {
    Statement statement = written_by_person(new_id(version.number, index), found->section,
                                            found->language, edit.text);
    statement.findings = found->findings;
    statement.replaces = found->id;
    statements.insert(found + 1, std::move(statement));
  }
}

}  // namespace

ReportVersion edited(const ReportVersion& base, int number, const std::vector<StatementEdit>& edits,
                     const Person& who, const Moment& now) {
  ReportVersion version = base;
  version.predecessor = base.number;
  version.number = number;
  version.state = ReportState::preliminary;
  version.created = now;
  version.edited_by = who;
  version.signature.reset();
  for (std::size_t i = 0; i < edits.size(); ++i) apply(version, edits[i], i);
  return version;
}

ReportVersion signed_version(const ReportVersion& base, int number, const Person& who,
                             const Moment& now, bool follows_signed) {
  if (who.name.empty()) throw std::invalid_argument("a signature needs the name of a person");
  const bool says_something = std::ranges::any_of(
      all_sections, [&](Section section) { return !statements_in(base, section).empty(); });
  if (!says_something) throw std::invalid_argument("a report that says nothing is not signed");
  ReportVersion version = base;
  version.predecessor = base.number;
  version.number = number;
  version.state = follows_signed ? ReportState::corrected : ReportState::final;
  version.created = now;
  version.edited_by = who;
  version.signature = Signature{.signer = who, .when = now};
  return version;
}

}  // namespace tomoscribe::reporting

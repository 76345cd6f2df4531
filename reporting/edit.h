#pragma once
// What people do to a report: each makes a new version; nothing is changed in place.

#include <string>
#include <vector>

#include "reporting/report.h"

namespace tomoscribe::reporting {

struct StatementEdit {
  std::string
      statement;  ///< id of the statement replaced; empty: a new one at the end of `section`
  Section section = Section::findings;
  std::string text;  ///< empty: struck out
};

/// A preliminary version with the edits. New statements are by a person, outcome unverified, and
/// keep the findings of the one they replace. \throws std::invalid_argument when an edit names no
/// statement in force or the text is over 8,000 bytes.
ReportVersion edited(const ReportVersion& base, int number, const std::vector<StatementEdit>& edits,
                     const Person& who, const Moment& now);

/// The version signed: final, or corrected when `base` follows a signed one.
/// \throws std::invalid_argument when the signer has no name.
ReportVersion signed_version(const ReportVersion& base, int number, const Person& who,
                             const Moment& now, bool follows_signed);

}  // namespace tomoscribe::reporting

#pragma once
// The closed vocabulary of the draft language: what can be claimed, and where.

#include <span>
#include <string_view>
#include <vector>

#include "reporting/draft_language.h"

namespace tomoscribe::reporting::detail {

/// Sides that a site can have.
enum class Sides { none, paired, right_only, any };

struct CodeRow {
  const char *value = "", *scheme = "", *meaning = "";
  Code code() const { return {value, scheme, meaning}; }
};

struct ObservationRow {
  const char* term = "";  ///< as the model writes it
  CodeRow code{};
  bool critical = false;  ///< when it is not absent
};

struct SiteRow {
  const char* term = "";
  CodeRow code{};
  Sides sides = Sides::none;
};

/// Observations that belong together with the sites where each of them can be.
struct Group {
  const char* name;  ///< rule names of the grammar begin with it
  BodyPart part;
  std::span<const ObservationRow> observations;
  std::span<const SiteRow> sites;
};

struct DiagnosisRow {
  const char* term = "";
  CodeRow code{};
  BodyPart part = BodyPart::chest;
};

std::span<const Group> groups();
std::span<const DiagnosisRow> diagnoses();

/// Those of the context's parts, in the table's order; all when no part is given.
std::vector<const Group*> groups_of(const DraftContext&);
std::vector<const DiagnosisRow*> diagnoses_of(const DraftContext&);

/// Words for a site's side in the grammar's order: "none", "left", "right", "both".
std::vector<Laterality> sides_of(Sides);
std::string_view side_word(Laterality);

/// The code of an answer to the order's question.
Code answer_code();

}  // namespace tomoscribe::reporting::detail

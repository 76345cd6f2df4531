#pragma once
// What an order's words mean for where to look. A small table, read coarsely.

#include <optional>
#include <string>
#include <vector>

#include "model/views/plan.h"

namespace tomoscribe::model::detail {

/// A line of the table: words, and where they send the eye.
struct Concept {
  const char* words;  ///< beginnings of words; `$`: the whole word; `|`: or
  Region region;
  const char* preset;  ///< for the slabs in between and for crops; "": the region's own
  double from, to;     ///< of the region, from head to feet, 0 to 1
};

struct Found {
  const Concept* line = nullptr;
  std::string word;  ///< as it stands in the text, in lower case
};

/// The concepts that a text names and does not deny, in the order of the text, each once. A word is
/// denied when "no", "not", "without", "denies", "negative", "never" or "absent" stands among the
/// four words before it in the same clause. "Rule out" denies nothing.
std::vector<Found> concepts_in(const std::string& text);

/// Whether a measurement's remark says that it is not as usual.
bool out_of_range(const std::string& text);

}  // namespace tomoscribe::model::detail

#pragma once
// What published rules say about a measured value: the only place from which readings, categories
// and their sources enter a report. Nothing here decides; it is printed as a recommendation.

#include <optional>
#include <string_view>
#include <vector>

#include "reporting/report.h"

namespace tomoscribe::reporting::knowledge {

/// A limit on one measured value, in the unit of the measurement.
struct Limit {
  enum class Kind { at_least, above, at_most, below };
  Kind kind = Kind::at_least;
  double value = 0;
  std::string_view unit;  ///< UCUM, as the measurement's
};

struct Rule {
  std::string_view id;       ///< "ich.volume-30"
  std::string_view edition;  ///< year of the text that was read
  std::string_view
      applies_if;  ///< what must be true besides the limit, in words a reader can check
  Limit limit;
  std::string_view reading;   ///< what the source says of such a value; no order to anybody
  std::string_view citation;  ///< id of an entry of `bibliography`
};

/// All rules; ids unique, every citation in the bibliography.
const std::vector<Rule>& rules();

/// Every source that a rule or a method names. `verified` is false until a named person compared
/// the entry with the publication.
const std::vector<Citation>& bibliography();

/// \throws std::logic_error for an id that is not in the table.
const Rule& rule(std::string_view id);
const Citation& citation(std::string_view id);

/// Whether the value reaches the rule's limit. A lower bound reaches it as it is; a value that was
/// not assessed never does, nor one in another unit.
bool reached(const Rule& rule, const Measurement& measurement);

/// Writes the rule's reading and source into the finding, once.
void recommend(Finding& finding, const Rule& rule);

}  // namespace tomoscribe::reporting::knowledge

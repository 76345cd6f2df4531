#pragma once
// Phantoms in pairs: a thorax and the same person some weeks before. Whether lesions are matched,
// growth is right and nothing stable is called changed.

#include <nlohmann/json.hpp>

#include "model/phantom/phantom.h"
#include "reporting/report.h"

namespace tomoscribe::evaluation {

struct PlannedPair {
  model::phantom::Settings current, earlier;
  double weeks = 0;
};

/// \param number  0, 1, …: slices of 1 and 2.5 mm in turn; each pair has a nodule that grows, one
///                that is stable, and one that appeared (even numbers) or resolved (odd ones).
PlannedPair planned_pair(int number);

/// Measures both and compares; a line of results as compare.h makes it, with "body": "pairs".
nlohmann::json measured_pair(int number);

}  // namespace tomoscribe::evaluation

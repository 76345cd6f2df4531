#pragma once
// What the measurements were meant to reach, beside what they reached.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace tomoscribe::evaluation {

/// Markdown: one line a goal, for the plain and for the harder studies. A goal for a value counts
/// as reached where at least 95 % of the measured values lie within it; a goal that was not reached
/// says "missed". Deterministic.
std::string goals_table(const std::vector<nlohmann::json>& studies);

}  // namespace tomoscribe::evaluation

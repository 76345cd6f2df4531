#pragma once
// Results to tables: bias and limits of agreement (Bland and Altman 1986, doi
// 10.1016/S0140-6736(86)90837-8), sensitivities, false candidates, with intervals by resampling
// studies (2000 times, 2.5 and 97.5 per cent).

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace tomoscribe::evaluation {

/// Markdown of all results, one line of JSON each (compare.h). Deterministic.
std::string summary(const std::vector<nlohmann::json>& studies);

}  // namespace tomoscribe::evaluation

#pragma once
// The differences as pictures: one small plot a value, after Bland and Altman.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace tomoscribe::evaluation {

/// SVG of all values of one body part (compare.h; plain and harder studies): painted value against
/// measured less painted; a dot a study, its colour the slice thickness, hollow where harder; lines
/// at the bias and the limits of agreement of the plain ones. Empty where nothing was compared.
/// Deterministic.
std::string plots(const std::vector<nlohmann::json>& studies, const std::string& body);

}  // namespace tomoscribe::evaluation

#pragma once
// Figures of a set of studies: means, limits, intervals by resampling studies (2000 times, 2.5 and
// 97.5 per cent).

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace tomoscribe::evaluation {

using Studies = std::vector<const nlohmann::json*>;  ///< lines of results (compare.h)
/// A figure of a set of studies; NaN when there is nothing to count.
using Figure = std::function<double(const Studies&)>;
using Wanted = std::function<bool(const nlohmann::json&)>;  ///< whether a row is counted

std::string number(double value, int decimals);  ///< "–" for NaN

/// "2.1 (1.0 to 3.2)": the figure and its interval; "–" where it does not exist. Deterministic.
std::string with_interval(const Studies& studies, const Figure& figure, int decimals);

/// Calls `visit(row)` for every entry of a list in every study that `wanted` admits.
void for_each_row(const Studies& studies, const char* list, const Wanted& wanted,
                  const std::function<void(const nlohmann::json&)>& visit);

/// The different texts under a key, in order of appearance.
std::vector<std::string> distinct(const Studies& studies, const char* list, const char* key);

double mean(const std::vector<double>& values);           ///< NaN of nothing
double mean_absolute(const std::vector<double>& values);  ///< NaN of nothing
double deviation(const std::vector<double>& values);      ///< of a sample; NaN below two

/// Measured and painted values of the rows that have both and are no lower bounds.
struct Compared {
  double truth = 0, measured = 0;
  double uncertainty = NAN;  ///< as stated; NaN: none stated
};
std::vector<Compared> compared_rows(const Studies& studies, const char* list, const Wanted& wanted);
std::vector<double> differences(const std::vector<Compared>& rows);  ///< measured - truth

/// Per cent of the painted lesions that were found; NaN where none was painted.
double share_found(const Studies& studies, const Wanted& wanted);

}  // namespace tomoscribe::evaluation

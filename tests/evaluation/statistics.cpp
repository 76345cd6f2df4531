#include "tests/evaluation/statistics.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tomoscribe::evaluation {

using nlohmann::json;

namespace {

constexpr int resamples = 2000;

struct Interval {
  double low, high;
};

/// Percentiles over studies drawn with replacement; the stream of draws is fixed.
Interval interval(const Studies& studies, const Figure& figure) {
  std::uint64_t state = 42;
  std::vector<double> values;
  values.reserve(resamples);
  Studies drawn(studies.size());
  for (int round = 0; round < resamples; ++round) {
    for (const json*& one : drawn) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      one = studies[(state >> 33U) % studies.size()];
    }
    if (const double value = figure(drawn); !std::isnan(value)) values.push_back(value);
  }
  if (values.size() < resamples / 2) return {NAN, NAN};
  std::ranges::sort(values);
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return {at(0.025), at(0.975)};
}

}  // namespace

std::string number(double value, int decimals) {
  if (std::isnan(value)) return "–";
  std::array<char, 48> text{};
  (void)std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string with_interval(const Studies& studies, const Figure& figure, int decimals) {
  const double value = figure(studies);
  if (std::isnan(value)) return "–";
  const Interval range = interval(studies, figure);
  return number(value, decimals) + " (" + number(range.low, decimals) + " to " +
         number(range.high, decimals) + ")";
}

void for_each_row(const Studies& studies, const char* list, const Wanted& wanted,
                  const std::function<void(const json&)>& visit) {
  for (const json* study : studies) {
    const auto rows = study->find(list);
    if (rows == study->end()) continue;
    for (const json& row : *rows)
      if (wanted(row)) visit(row);
  }
}

std::vector<std::string> distinct(const Studies& studies, const char* list, const char* key) {
  std::vector<std::string> all;
  for_each_row(
      studies, list, [](const json&) { return true; },
      [&](const json& row) {
        const auto value = row[key].get<std::string>();
        if (std::ranges::find(all, value) == all.end()) all.push_back(value);
      });
  return all;
}

double mean(const std::vector<double>& values) {
  if (values.empty()) return NAN;
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double mean_absolute(const std::vector<double>& values) {
  if (values.empty()) return NAN;
  double sum = 0;
  for (const double value : values) sum += std::abs(value);
  return sum / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
  if (values.size() < 2) return NAN;
  const double middle = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - middle) * (value - middle);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

std::vector<Compared> compared_rows(const Studies& studies, const char* list,
                                    const Wanted& wanted) {
  std::vector<Compared> all;
  for_each_row(studies, list, wanted, [&](const json& row) {
    if (row.contains("measured") && !row.value("lower_bound", false))
      all.push_back(
          {.truth = row["truth"].get<double>(),
           .measured = row["measured"].get<double>(),
           .uncertainty = row.contains("uncertainty") ? row["uncertainty"].get<double>() : NAN});
  });
  return all;
}

std::vector<double> differences(const std::vector<Compared>& rows) {
  std::vector<double> all;
  all.reserve(rows.size());
  for (const Compared& row : rows) all.push_back(row.measured - row.truth);
  return all;
}

double share_found(const Studies& studies, const Wanted& wanted) {
  double found = 0, all = 0;
  for_each_row(studies, "lesions", wanted, [&](const json& row) {
    ++all;
    if (row["found"].get<bool>()) ++found;
  });
  return all == 0 ? NAN : 100 * found / all;
}

}  // namespace tomoscribe::evaluation

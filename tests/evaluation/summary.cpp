#include "tests/evaluation/summary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>

namespace tomoscribe::evaluation {
namespace {

using nlohmann::json;
using Studies = std::vector<const json*>;
/// A figure of a set of studies; NaN when there is nothing to count.
using Figure = std::function<double(const Studies&)>;

constexpr int resamples = 2000;

std::string number(double value, int decimals) {
  if (std::isnan(value)) return "–";
  std::array<char, 48> text{};
  (void)std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

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

std::string with_interval(const Studies& studies, const Figure& figure, int decimals) {
  const double value = figure(studies);
  if (std::isnan(value)) return "–";
  const Interval range = interval(studies, figure);
  return number(value, decimals) + " (" + number(range.low, decimals) + " to " +
         number(range.high, decimals) + ")";
}

/// Calls `visit(row)` for every entry of a list in every study that `wanted` admits.
void for_each_row(const Studies& studies, const char* list,
                  const std::function<bool(const json&)>& wanted,
                  const std::function<void(const json&)>& visit) {
  for (const json* study : studies)
    for (const json& row : study->at(list))
      if (wanted(row)) visit(row);
}

double mean(const std::vector<double>& values) {
  if (values.empty()) return NAN;
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
  if (values.size() < 2) return NAN;
  const double middle = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - middle) * (value - middle);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

std::vector<double> differences(const Studies& studies, const char* list,
                                const std::function<bool(const json&)>& wanted) {
  std::vector<double> all;
  for_each_row(studies, list, wanted, [&](const json& row) {
    if (row.contains("measured") && !row.value("lower_bound", false))
      all.push_back(row["measured"].get<double>() - row["truth"].get<double>());
  });
  return all;
}

Studies of_thickness(const Studies& studies, double thickness) {
  Studies chosen;
  std::ranges::copy_if(studies, std::back_inserter(chosen), [&](const json* study) {
    return thickness == 0 || study->at("thickness").get<double>() == thickness;
  });
  return chosen;
}

/// The studies' slice thicknesses, 0 (all of them) first.
std::vector<double> thicknesses(const Studies& studies) {
  std::vector<double> all{0};
  for (const json* study : studies) {
    const double one = study->at("thickness").get<double>();
    if (std::ranges::find(all, one) == all.end()) all.push_back(one);
  }
  std::ranges::sort(all);
  return all;
}

std::string thickness_word(double mm) {
  return mm == 0 ? "all" : number(mm, mm == std::floor(mm) ? 0 : 1) + " mm";
}

std::string value_rows(const Studies& studies, const std::string& what) {
  const auto wanted = [&](const json& row) { return row["what"] == what; };
  std::string unit;
  for_each_row(studies, "values", wanted, [&](const json& row) {
    if (const auto said = row.value("unit", std::string()); !said.empty()) unit = said;
  });
  const int decimals = unit == "mL" ? 0 : unit == "1" ? 2 : 1;
  std::string text;
  for (const double thickness : thicknesses(studies)) {
    const Studies chosen = of_thickness(studies, thickness);
    std::size_t all = 0;
    for_each_row(chosen, "values", wanted, [&](const json&) { ++all; });
    const auto here = differences(chosen, "values", wanted);
    const auto figure = [&](auto reduce) {
      return
          [&, reduce](const Studies& some) { return reduce(differences(some, "values", wanted)); };
    };
    const Figure bias = figure(mean);
    const Figure absolute = figure([](std::vector<double> values) {
      for (double& value : values) value = std::abs(value);
      return mean(values);
    });
    const double sd = deviation(here), middle = mean(here);
    text += "| " + what + " | " + thickness_word(thickness) + " | " + std::to_string(here.size()) +
            " of " + std::to_string(all) + " | " + with_interval(chosen, bias, decimals) + " | " +
            number(middle - 1.96 * sd, decimals) + " to " + number(middle + 1.96 * sd, decimals) +
            " | " + with_interval(chosen, absolute, decimals) + " | " + unit + " |\n";
  }
  return text;
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

double share_found(const Studies& studies, const std::function<bool(const json&)>& wanted) {
  double found = 0, all = 0;
  for_each_row(studies, "lesions", wanted, [&](const json& row) {
    ++all;
    if (row["found"].get<bool>()) ++found;
  });
  return all == 0 ? NAN : 100 * found / all;
}

std::string lesion_row(const Studies& studies, const std::string& kind, const std::string& size,
                       double thickness) {
  const Studies chosen = of_thickness(studies, thickness);
  const auto wanted = [&](const json& row) {
    return row["kind"] == kind && row["class"] == size && row["expected"].get<bool>();
  };
  std::size_t all = 0, wrong_side = 0, refused = 0;
  for_each_row(chosen, "lesions", wanted, [&](const json& row) {
    ++all;
    if (!row.value("side_right", true)) ++wrong_side;
    if (row.contains("reason")) ++refused;
  });
  if (all == 0) return "";
  const Figure sensitivity = [&](const Studies& some) { return share_found(some, wanted); };
  const Figure bias = [&](const Studies& some) {
    return mean(differences(some, "lesions", wanted));
  };
  const Figure absolute = [&](const Studies& some) {
    std::vector<double> values = differences(some, "lesions", wanted);
    for (double& value : values) value = std::abs(value);
    return mean(values);
  };
  return "| " + kind + ", " + size + " | " + thickness_word(thickness) + " | " +
         std::to_string(all) + " | " + with_interval(chosen, sensitivity, 0) + " % | " +
         with_interval(chosen, bias, 1) + " | " + with_interval(chosen, absolute, 1) + " | " +
         std::to_string(wrong_side) + " | " + std::to_string(refused) + " |\n";
}

std::string false_rows(const Studies& studies) {
  std::string text;
  for (const auto& [kind, unused] : studies.front()->at("false").items())
    for (const double thickness : thicknesses(studies)) {
      const Studies chosen = of_thickness(studies, thickness);
      const Figure rate = [kind = kind](const Studies& some) {
        double sum = 0;
        for (const json* study : some) sum += study->at("false").value(kind, 0);
        return sum / static_cast<double>(some.size());
      };
      const Figure clean = [kind = kind](const Studies& some) {
        double normal = 0, none = 0;
        for (const json* study : some) {
          if (!study->at("normal").get<bool>()) continue;
          ++normal;
          if (study->at("false").value(kind, 0) == 0) ++none;
        }
        return normal == 0 ? NAN : 100 * none / normal;
      };
      text += "| `" + kind + "*` | " + thickness_word(thickness) + " | " +
              std::to_string(chosen.size()) + " | " + with_interval(chosen, rate, 2) + " | " +
              with_interval(chosen, clean, 0) + " % |\n";
    }
  return text;
}

std::string body_section(const std::string& body, const Studies& studies) {
  double seconds = 0;
  for (const json* study : studies) seconds += study->value("seconds", 0.0);
  std::string text = "### " + body + ": " + std::to_string(studies.size()) + " phantoms\n\n";
  text += "Analysis, mean: " + number(seconds / static_cast<double>(studies.size()), 1) +
          " s a study.\n\n";
  if (const auto names = distinct(studies, "values", "what"); !names.empty()) {
    text +=
        "| value | slices | measured | bias (95 % interval) | limits of agreement | mean "
        "absolute error | unit |\n|---|---|---|---|---|---|---|\n";
    for (const std::string& what : names) text += value_rows(studies, what);
    text += '\n';
  }
  text +=
      "| finding | slices | painted | found | bias of its size | mean absolute error | wrong side "
      "| not assessed |\n|---|---|---|---|---|---|---|---|\n";
  std::vector<std::string> kinds = distinct(studies, "lesions", "kind");
  std::vector<std::string> sizes = distinct(studies, "lesions", "class");
  std::ranges::sort(kinds);
  std::ranges::sort(sizes);
  for (const std::string& kind : kinds)
    for (const std::string& size : sizes)
      for (const double thickness : thicknesses(studies))
        text += lesion_row(studies, kind, size, thickness);
  text +=
      "\n| candidates | slices | studies | false ones a study | normal studies without one |\n"
      "|---|---|---|---|---|\n" +
      false_rows(studies);
  return text + '\n';
}

}  // namespace

std::string summary(const std::vector<json>& studies) {
  std::map<std::string, Studies> bodies;
  for (const json& study : studies) {
    const bool harder = study.value("harder", false);
    bodies[study["body"].get<std::string>() + (harder ? ", harder" : "")].push_back(&study);
  }
  std::string text;
  for (const auto& [body, some] : bodies) text += body_section(body, some);
  return text;
}

}  // namespace tomoscribe::evaluation

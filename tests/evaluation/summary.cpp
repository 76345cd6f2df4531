#include "tests/evaluation/summary.h"

#include <algorithm>
#include <map>

#include "tests/evaluation/goals.h"
#include "tests/evaluation/statistics.h"

namespace tomoscribe::evaluation {
namespace {

using nlohmann::json;

/// Studies that have something in common.
struct Stratum {
  std::string word;
  Studies studies;
};

Studies those(const Studies& studies, const Wanted& wanted) {
  Studies chosen;
  std::ranges::copy_if(studies, std::back_inserter(chosen),
                       [&](const json* study) { return wanted(*study); });
  return chosen;
}

void add_levels(const Studies& studies, const char* key, const std::string& before,
                const std::string& after, std::vector<Stratum>& strata) {
  std::vector<double> levels;
  for (const json* study : studies)
    if (const double level = study->value(key, 0.0);
        std::ranges::find(levels, level) == levels.end())
      levels.push_back(level);
  std::ranges::sort(levels);
  for (const double level : levels)
    strata.push_back(
        {before + number(level, level == std::floor(level) ? 0 : 1) + after,
         those(studies, [&](const json& study) { return study.value(key, 0.0) == level; })});
}

void add_switch(const Studies& studies, const char* key, const char* on, const char* off,
                std::vector<Stratum>& strata) {
  for (const bool state : {false, true})
    if (Studies chosen =
            those(studies, [&](const json& study) { return study.value(key, false) == state; });
        chosen.size() != studies.size())
      strata.push_back({state ? on : off, std::move(chosen)});
}

/// By slice thickness, noise, kernel and contrast agent.
std::vector<Stratum> strata_of(const Studies& studies) {
  std::vector<Stratum> strata;
  add_levels(studies, "thickness", "", " mm", strata);
  add_levels(studies, "noise", "noise ", " HU", strata);
  add_switch(studies, "sharp", "sharp kernel", "smooth kernel", strata);
  add_switch(studies, "contrast", "contrast agent", "no contrast agent", strata);
  return strata;
}

std::string unit_of(const Studies& studies, const Wanted& wanted) {
  std::string unit;
  for_each_row(studies, "values", wanted, [&](const json& row) {
    if (const auto said = row.value("unit", std::string()); !said.empty()) unit = said;
  });
  return unit;
}

/// Per cent of the values whose truth lies within the uncertainty that was stated.
double inside_stated(const std::vector<Compared>& rows) {
  double inside = 0, all = 0;
  for (const Compared& row : rows) {
    if (std::isnan(row.uncertainty)) continue;
    ++all;
    if (std::abs(row.measured - row.truth) <= row.uncertainty) ++inside;
  }
  return all == 0 ? NAN : 100 * inside / all;
}

std::string value_row(const Stratum& stratum, const std::string& what, const std::string& unit) {
  const auto wanted = [&](const json& row) { return row["what"] == what; };
  const int decimals = unit == "mL" ? 0 : unit == "1" && what.find("Agatston") == what.npos ? 2 : 1;
  std::size_t all = 0;
  for_each_row(stratum.studies, "values", wanted, [&](const json&) { ++all; });
  if (all == 0) return "";
  const auto figure = [&](auto reduce) -> Figure {
    return [&, reduce](const Studies& some) {
      return reduce(differences(compared_rows(some, "values", wanted)));
    };
  };
  const auto rows = compared_rows(stratum.studies, "values", wanted);
  const auto here = differences(rows);
  const double sd = deviation(here), middle = mean(here);
  return "| " + what + " | " + stratum.word + " | " + std::to_string(here.size()) + " of " +
         std::to_string(all) + " | " +
         with_interval(stratum.studies, figure([](const auto& d) { return mean(d); }), decimals) +
         " | " + number(middle - 1.96 * sd, decimals) + " to " +
         number(middle + 1.96 * sd, decimals) + " | " +
         with_interval(stratum.studies, figure([](const auto& d) { return mean_absolute(d); }),
                       decimals) +
         " | " + number(inside_stated(rows), 0) + " % | " + unit + " |\n";
}

std::string lesion_row(const Stratum& stratum, const std::string& kind, const std::string& size) {
  const auto wanted = [&](const json& row) {
    return row["kind"] == kind && row["class"] == size && row["expected"].get<bool>();
  };
  std::size_t all = 0, wrong_side = 0, refused = 0;
  for_each_row(stratum.studies, "lesions", wanted, [&](const json& row) {
    ++all;
    if (!row.value("side_right", true)) ++wrong_side;
    if (row.contains("reason")) ++refused;
  });
  if (all == 0) return "";
  const Figure sensitivity = [&](const Studies& some) { return share_found(some, wanted); };
  const Figure bias = [&](const Studies& some) {
    return mean(differences(compared_rows(some, "lesions", wanted)));
  };
  const Figure absolute = [&](const Studies& some) {
    return mean_absolute(differences(compared_rows(some, "lesions", wanted)));
  };
  return "| " + kind + ", " + size + " | " + stratum.word + " | " + std::to_string(all) + " | " +
         with_interval(stratum.studies, sensitivity, 0) + " % | " +
         with_interval(stratum.studies, bias, 1) + " | " +
         with_interval(stratum.studies, absolute, 1) + " | " +
         number(inside_stated(compared_rows(stratum.studies, "lesions", wanted)), 0) + " % | " +
         std::to_string(wrong_side) + " | " + std::to_string(refused) + " |\n";
}

std::string false_row(const Stratum& stratum, const std::string& kind) {
  const Figure rate = [&](const Studies& some) {
    double sum = 0;
    for (const json* study : some) sum += study->at("false").value(kind, 0);
    return sum / static_cast<double>(some.size());
  };
  const Figure clean = [&](const Studies& some) {
    double normal = 0, none = 0;
    for (const json* study : some) {
      if (!study->at("normal").get<bool>()) continue;
      ++normal;
      if (study->at("false").value(kind, 0) == 0) ++none;
    }
    return normal == 0 ? NAN : 100 * none / normal;
  };
  return "| `" + kind + "*` | " + stratum.word + " | " + std::to_string(stratum.studies.size()) +
         " | " + with_interval(stratum.studies, rate, 2) + " | " +
         with_interval(stratum.studies, clean, 0) + " % |\n";
}

/// The three tables of some strata of one set of studies.
std::string tables(const Studies& studies, const std::vector<Stratum>& strata) {
  std::string text;
  if (const auto names = distinct(studies, "values", "what"); !names.empty()) {
    text +=
        "| value | studies | measured | bias (95 % interval) | limits of agreement | mean absolute "
        "error | truth within the stated ± | unit |\n|---|---|---|---|---|---|---|---|\n";
    for (const std::string& what : names) {
      const std::string unit =
          unit_of(studies, [&](const json& row) { return row["what"] == what; });
      for (const Stratum& stratum : strata) text += value_row(stratum, what, unit);
    }
    text += '\n';
  }
  text +=
      "| finding | studies | painted | found | bias of its size | mean absolute error | truth "
      "within "
      "the stated ± | wrong side | not assessed |\n|---|---|---|---|---|---|---|---|---|\n";
  std::vector<std::string> kinds = distinct(studies, "lesions", "kind");
  std::vector<std::string> sizes = distinct(studies, "lesions", "class");
  std::ranges::sort(kinds);
  std::ranges::sort(sizes);
  for (const std::string& kind : kinds)
    for (const std::string& size : sizes)
      for (const Stratum& stratum : strata) text += lesion_row(stratum, kind, size);
  text +=
      "\n| candidates | studies | number | false ones a study | normal studies without one |\n"
      "|---|---|---|---|---|\n";
  for (const auto& [kind, unused] : studies.front()->at("false").items())
    for (const Stratum& stratum : strata) text += false_row(stratum, kind);
  return text + '\n';
}

std::string body_section(const std::string& body, const Studies& studies) {
  double seconds = 0;
  for (const json* study : studies) seconds += study->value("seconds", 0.0);
  std::string text = "### " + body + ": " + std::to_string(studies.size()) + " phantoms\n\n";
  text += "Analysis, mean: " + number(seconds / static_cast<double>(studies.size()), 1) +
          " s a study.\n\n" + tables(studies, {{"all", studies}});
  if (const auto strata = strata_of(studies); strata.size() > 2)
    text += "<details><summary>" + body +
            ", by slice thickness, noise, kernel and contrast agent</summary>\n\n" +
            tables(studies, strata) + "</details>\n\n";
  return text;
}

}  // namespace

std::string summary(const std::vector<json>& studies) {
  std::map<std::string, Studies> bodies;
  for (const json& study : studies) {
    const bool harder = study.value("harder", false);
    bodies[study["body"].get<std::string>() + (harder ? ", harder" : "")].push_back(&study);
  }
  std::string text = goals_table(studies);
  for (const auto& [body, some] : bodies) text += body_section(body, some);
  return text;
}

}  // namespace tomoscribe::evaluation

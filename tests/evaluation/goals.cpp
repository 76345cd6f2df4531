#include "tests/evaluation/goals.h"

#include <algorithm>
#include <array>

#include "tests/evaluation/statistics.h"

namespace tomoscribe::evaluation {
namespace {

using nlohmann::json;

/// What is counted of a study.
enum class Of : unsigned char {
  values,    ///< differences of a value
  sizes,     ///< differences of a lesion's size
  found,     ///< share of lesions found, per cent
  wrong,     ///< false candidates a study
  sides,     ///< lesions on the wrong side
  category,  ///< share of classes that were given and right, per cent
};

struct Goal {
  const char* name;
  const char* body;
  Of of;
  const char* what;                  ///< value, kind of lesion, prefix of candidates or category
  double limit;                      ///< most of a difference, of false ones; least of a share
  bool relative;                     ///< the limit is a per cent of the truth
  std::vector<const char*> classes;  ///< of the lesions; empty: all
  double thickest_mm = 100;
};

const std::vector<Goal>& goals() {
  static const std::vector<const char*> six_mm{"6 to 10 mm", "10 mm and more"},
      two_ml{"2 to 10 mL", "10 mL and more"};
  // clang-format off
  static const std::vector<Goal> all{
      {"lung volume, right, ±2 %", "thorax", Of::values, "aerated volume, right lung", 2, true, {}},
      {"lung volume, left, ±2 %", "thorax", Of::values, "aerated volume, left lung", 2, true, {}},
      {"low attenuation, right, ±1 point, slices of at most 1.5 mm", "thorax", Of::values, "low attenuation, right lung", 1, false, {}, 1.5},
      {"low attenuation, left, ±1 point, slices of at most 1.5 mm", "thorax", Of::values, "low attenuation, left lung", 1, false, {}, 1.5},
      {"nodules of 6 mm and more, found 90 %", "thorax", Of::found, "nodule", 90, false, six_mm},
      {"nodules, false candidates, at most 1 a study", "thorax", Of::wrong, "nodule.", 1, false, {}},
      {"nodules of 6 mm and more, diameter ±1 mm", "thorax", Of::sizes, "nodule", 1, false, six_mm},
      {"effusions of 50 mL and more, found 95 %", "thorax", Of::found, "effusion", 95, false, {"50 mL and more"}},
      {"effusions of 50 mL and more, volume ±20 %", "thorax", Of::sizes, "effusion", 20, true, {"50 mL and more"}},
      {"pneumothorax of 30 mL and more, found 95 %", "thorax", Of::found, "pneumothorax", 95, false, {"30 mL and more"}},
      {"descending aorta, diameter ±2 mm", "thorax", Of::values, "descending aorta, diameter", 2, false, {}},
      {"abdominal aneurysm, diameter ±2 mm", "abdomen", Of::values, "abdominal aorta with aneurysm, diameter", 2, false, {}},
      {"coronary calcium, class right 95 %", "thorax", Of::category, "coronary calcium", 95, false, {}},
      {"L1 in a thorax, ±8 HU", "thorax", Of::values, "L1, trabecular bone", 8, false, {}},
      {"L1 in an abdomen, ±8 HU", "abdomen", Of::values, "L1, trabecular bone", 8, false, {}},
      {"haemorrhage in the brain of 2 mL and more, found 95 %", "head", Of::found, "haemorrhage", 95, false, two_ml},
      {"haemorrhage in the brain of 2 mL and more, volume ±10 %", "head", Of::sizes, "haemorrhage", 10, true, two_ml},
      {"epidural of 2 mL and more, found 95 %", "head", Of::found, "epidural", 95, false, two_ml},
      {"epidural of 2 mL and more, volume ±10 %", "head", Of::sizes, "epidural", 10, true, two_ml},
      {"subdural of 2 mL and more, found 95 %", "head", Of::found, "subdural", 95, false, two_ml},
      {"subdural of 2 mL and more, volume ±10 %", "head", Of::sizes, "subdural", 10, true, two_ml},
      {"midline shift of 3 mm and more, ±1.5 mm", "head", Of::sizes, "midline-shift", 1.5, false, {}},
      {"wrong side, thorax: none", "thorax", Of::sides, "", 0, false, {}},
      {"wrong side, head: none", "head", Of::sides, "", 0, false, {}},
      {"wrong side, abdomen: none", "abdomen", Of::sides, "", 0, false, {}},
  };
  // clang-format on
  return all;
}

struct Reached {
  std::string figure;
  bool known = false, reached = false;
};

bool counts(const Goal& goal, const json& row) {
  if (goal.of == Of::values || goal.of == Of::category) return row["what"] == goal.what;
  if (!row["expected"].get<bool>()) return false;
  if (goal.of == Of::sides) return true;
  return row["kind"] == goal.what &&
         (goal.classes.empty() ||
          std::ranges::any_of(goal.classes, [&](const char* one) { return row["class"] == one; }));
}

/// Share of values within the limit, per cent.
double share_within(const Goal& goal, const std::vector<Compared>& rows) {
  const auto within = std::ranges::count_if(rows, [&](const Compared& row) {
    const double limit = goal.relative ? goal.limit / 100 * row.truth : goal.limit;
    return std::abs(row.measured - row.truth) <= limit;
  });
  return 100 * static_cast<double>(within) / static_cast<double>(rows.size());
}

Reached of_values(const Goal& goal, const Studies& studies, const char* list) {
  const auto rows =
      compared_rows(studies, list, [&](const json& row) { return counts(goal, row); });
  std::size_t all = 0;
  for_each_row(
      studies, list, [&](const json& row) { return counts(goal, row); },
      [&](const json& row) { all += row.value("found", true) ? 1 : 0; });
  if (rows.empty()) return {};
  std::vector<double> off = differences(rows);
  if (goal.relative)
    for (std::size_t i = 0; i < rows.size(); ++i) off[i] *= 100 / rows[i].truth;
  const double share = share_within(goal, rows);
  return {.figure = number(share, 0) + " % of " + std::to_string(rows.size()) +
                    (rows.size() < all ? " (" + std::to_string(all) + " painted)" : "") +
                    " within; mean error " + number(mean(off), 1) + ", absolute " +
                    number(mean_absolute(off), 1) + (goal.relative ? " %" : ""),
          .known = true,
          .reached = share >= 95};
}

Reached of_found(const Goal& goal, const Studies& studies) {
  const auto wanted = [&](const json& row) { return counts(goal, row); };
  std::size_t painted = 0;
  for_each_row(studies, "lesions", wanted, [&](const json&) { ++painted; });
  if (painted == 0) return {};
  const auto share = [&](const Studies& some) { return share_found(some, wanted); };
  return {.figure = with_interval(studies, share, 0) + " % of " + std::to_string(painted),
          .known = true,
          .reached = share(studies) >= goal.limit};
}

Reached of_wrong(const Goal& goal, const Studies& studies) {
  const auto rate = [&](const Studies& some) {
    double sum = 0;
    for (const json* study : some) sum += study->at("false").value(goal.what, 0);
    return sum / static_cast<double>(some.size());
  };
  return {.figure = with_interval(studies, rate, 2),
          .known = true,
          .reached = rate(studies) <= goal.limit};
}

Reached of_sides(const Goal& goal, const Studies& studies) {
  std::size_t found = 0, wrong = 0;
  for_each_row(
      studies, "lesions", [&](const json& row) { return counts(goal, row) && row["found"]; },
      [&](const json& row) {
        ++found;
        if (!row.value("side_right", true)) ++wrong;
      });
  return {.figure = std::to_string(wrong) + " of " + std::to_string(found),
          .known = found > 0,
          .reached = wrong == 0};
}

/// A class that was withheld counts for nothing, and is said.
Reached of_category(const Goal& goal, const Studies& studies) {
  std::size_t given = 0, right = 0, withheld = 0;
  for_each_row(
      studies, "categories", [&](const json& row) { return counts(goal, row); },
      [&](const json& row) {
        if (row["said"].get<std::string>().empty()) {
          ++withheld;
          return;
        }
        ++given;
        if (row["said"] == row["truth"]) ++right;
      });
  if (given == 0) return {};
  const double share = 100 * static_cast<double>(right) / static_cast<double>(given);
  return {.figure = number(share, 0) + " % of " + std::to_string(given) + "; " +
                    std::to_string(withheld) + " not classed",
          .known = true,
          .reached = share >= goal.limit};
}

Reached judged(const Goal& goal, const Studies& studies) {
  switch (goal.of) {
    case Of::values: return of_values(goal, studies, "values");
    case Of::sizes: return of_values(goal, studies, "lesions");
    case Of::found: return of_found(goal, studies);
    case Of::wrong: return of_wrong(goal, studies);
    case Of::sides: return of_sides(goal, studies);
    case Of::category: return of_category(goal, studies);
  }
  return {};
}

std::string cell(const Goal& goal, const std::vector<json>& studies, bool harder) {
  Studies chosen;
  for (const json& study : studies)
    if (study["body"] == goal.body && study.value("harder", false) == harder &&
        study["thickness"].get<double>() <= goal.thickest_mm)
      chosen.push_back(&study);
  if (chosen.empty()) return "–";
  const Reached reached = judged(goal, chosen);
  if (!reached.known) return "–";
  return (reached.reached ? "reached: " : "**missed**: ") + reached.figure;
}

}  // namespace

std::string goals_table(const std::vector<json>& studies) {
  std::string text =
      "### Goals\n\nA goal for a value is reached where 95 % of the measured values lie within "
      "it.\n\n| goal | phantoms | harder phantoms |\n|---|---|---|\n";
  for (const Goal& goal : goals())
    text += std::string("| ") + goal.name + " | " + cell(goal, studies, false) + " | " +
            cell(goal, studies, true) + " |\n";
  return text + '\n';
}

}  // namespace tomoscribe::evaluation

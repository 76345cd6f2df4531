#include "pipeline/detail/finding_words.h"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tomoscribe::pipeline {

namespace {

using model::phantom::BodyPart;
using model::phantom::Course;
using model::phantom::Density;
using model::phantom::Finding;
using model::phantom::KindRow;
using model::phantom::Side;

constexpr std::array<std::pair<std::string_view, BodyPart>, 3> bodies{
    {{"thorax", BodyPart::thorax}, {"head", BodyPart::head}, {"abdomen", BodyPart::abdomen}}};
constexpr std::array<std::pair<std::string_view, Density>, 6> densities{
    {{"solid", Density::usual},
     {"part-solid", Density::part_solid},
     {"ground-glass", Density::ground_glass},
     {"spiculated", Density::spiculated},
     {"calcified", Density::calcified},
     {"juxtapleural", Density::juxtapleural}}};
constexpr std::array<std::pair<std::string_view, Course>, 3> courses{
    {{"stable", Course::stable}, {"appeared", Course::appeared}, {"resolved", Course::resolved}}};

template <class Table>
auto found_in(const Table& table, std::string_view word)
    -> std::optional<typename Table::value_type::second_type> {
  const auto row = std::ranges::find(table, word, &Table::value_type::first);
  if (row == table.end()) return std::nullopt;
  return row->second;
}

std::vector<std::string> parts_of(const std::string& text, char between) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, between);) parts.push_back(part);
  return parts;
}

double number_of(const std::string& word, const std::string& what) {
  double value = 0;
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (fault != std::errc() || end != word.data() + word.size())
    throw std::invalid_argument("\"" + word + "\" is no number for " + what);
  return value;
}

bool is_vertebra(const std::string& word) {
  return word.size() >= 2 && word.size() <= 3 && (word[0] == 'T' || word[0] == 'L') &&
         std::ranges::all_of(word.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

void read_side(Finding& finding, const std::string& word) {
  if (word == "right")
    finding.side = Side::right;
  else if (word == "left")
    finding.side = Side::left;
  else if (is_vertebra(word))
    finding.level = word;
  else if (!word.empty() && word != "any")
    throw std::invalid_argument("\"" + word +
                                "\" is no side: right, left, any or a vertebra such as T8");
}

void read_word(Finding& finding, const std::string& word) {
  constexpr std::string_view doubling = "doubling=";
  if (word.starts_with(doubling)) {
    finding.course = Course::changing;
    finding.doubling_days = number_of(word.substr(doubling.size()), "the doubling time in days");
  } else if (const auto density = found_in(densities, word)) {
    finding.density = *density;
  } else if (const auto course = found_in(courses, word)) {
    finding.course = *course;
  } else {
    throw std::invalid_argument(
        "\"" + word +
        "\" describes no finding: solid, part-solid, ground-glass, spiculated, calcified, "
        "juxtapleural, stable, appeared, resolved or doubling=DAYS");
  }
}

std::string kind_names(BodyPart body) {
  std::string names;
  for (const KindRow& row : model::phantom::kinds())
    if (row.body == body) names += (names.empty() ? "" : ", ") + std::string(row.word);
  return names;
}

}  // namespace

std::optional<BodyPart> body_part_of(const std::string& word) {
  return found_in(bodies, word);
}

Finding finding_of(BodyPart body, const std::string& text) {
  const std::vector<std::string> parts = parts_of(text, ':');
  const std::string word = parts.empty() ? "" : parts[0];
  const auto rows = model::phantom::kinds();
  const auto row = std::ranges::find_if(
      rows, [&](const KindRow& known) { return known.body == body && known.word == word; });
  if (row == rows.end())
    throw std::invalid_argument("\"" + word + "\" is none of its findings: " + kind_names(body));
  if (parts.size() > 4)
    throw std::invalid_argument("\"" + text + "\" has more parts than KIND:SIDE:SIZE:WORDS");
  Finding finding;
  finding.kind = row->kind;
  if (parts.size() > 1) read_side(finding, parts[1]);
  if (parts.size() > 2 && !parts[2].empty())
    finding.size = number_of(parts[2], "a size in " + std::string(row->unit));
  if (parts.size() > 3)
    for (const std::string& more : parts_of(parts[3], ',')) read_word(finding, more);
  return finding;
}

std::string kinds_help() {
  std::ostringstream text;
  text << "Findings (unit, usual size, limits; * a distractor, to be seen and not reported):\n";
  for (const auto& [name, body] : bodies) {
    text << "  " << name << ":\n";
    for (const KindRow& row : model::phantom::kinds()) {
      if (row.body != body) continue;
      text << "    " << row.word << (row.distractor ? "*" : "");
      if (!row.unit.empty())
        text << " (" << row.unit << ", " << row.usual << ", " << row.least << " to " << row.most
             << ")";
      text << '\n';
    }
  }
  return text.str();
}

}  // namespace tomoscribe::pipeline

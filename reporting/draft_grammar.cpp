#include <algorithm>
#include <set>

#include "reporting/detail/draft_slots.h"
#include "reporting/detail/draft_vocabulary.h"
#include "reporting/draft_language.h"

namespace tomoscribe::reporting {
namespace {

using detail::Group;
using detail::NamedView;
using detail::Sides;

constexpr std::size_t line_width = 100;

/// All texts of the language are printable ASCII and line ends; two characters need an escape.
std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + '"';
}

std::vector<std::string> literals(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  out.reserve(texts.size());
  for (const std::string& text : texts) out.push_back(literal(text));
  return out;
}

std::string alternatives(const std::vector<std::string>& choices) {
  std::string out;
  for (const std::string& choice : choices) out += (out.empty() ? "" : " | ") + choice;
  return out;
}

/// Rules in lines that people can read.
class Rules {
 public:
  void comment(std::string_view text) { out_ += "# " + std::string(text) + "\n"; }
  void rule(const std::string& name, const std::string& expression) {
    out_ += name + " = " + expression + " ;\n";
  }
  void choice(const std::string& name, const std::vector<std::string>& choices) {
    std::string line = name + " =";
    for (std::size_t i = 0; i < choices.size(); ++i) {
      const std::string next = (i == 0 ? " " : " | ") + choices[i];
      if (line.size() + next.size() + 2 > line_width) {
        out_ += line + "\n";
        line = " ";
      }
      line += next;
    }
    out_ += line + " ;\n";
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string sides_rule(Sides sides) {
  switch (sides) {
    case Sides::none: return "no_side";
    case Sides::paired: return "a_side";
    case Sides::right_only: return "right_side";
    case Sides::any: return "any_side";
  }
  return "no_side";
}

void add_group(Rules& rules, const Group& group) {
  const std::string name = group.name;
  std::vector<std::string> terms, places;
  for (const auto& row : group.observations) terms.push_back(literal(row.term));
  for (const Sides sides : {Sides::none, Sides::paired, Sides::right_only, Sides::any}) {
    std::vector<std::string> sites;
    for (const auto& row : group.sites)
      if (row.sides == sides) sites.push_back(literal(row.term));
    if (!sites.empty())
      places.push_back("( " + alternatives(sites) + " ) " + literal(" | ") + " " +
                       sides_rule(sides));
  }
  rules.rule(name, name + "_what " + literal(" | ") + " " + name + "_where");
  rules.choice(name + "_what", terms);
  rules.choice(name + "_where", places);
}

void add_sides(Rules& rules, const std::vector<const Group*>& groups) {
  std::set<Sides> used;
  for (const Group* group : groups)
    for (const auto& site : group->sites) used.insert(site.sides);
  for (const Sides sides : used) {
    std::vector<std::string> words;
    for (const Laterality side : detail::sides_of(sides))
      words.emplace_back(detail::side_word(side));
    rules.choice(sides_rule(sides), literals(words));
  }
}

std::string cells_rule(int cells) {
  return "px_" + std::to_string(cells * grid_px);
}

/// A box is two corners; each names its cell by the cell's first pixel.
void add_views(Rules& rules, const std::vector<NamedView>& views) {
  std::vector<std::string> choices;
  std::set<int> sizes;
  for (const NamedView& view : views) {
    std::string choice = literal(view.view->id);
    if (view.columns > 0) {
      sizes.insert({view.columns, view.rows});
      const std::string corner = cells_rule(view.columns) + " \",\" " + cells_rule(view.rows);
      choice += " ( \" [\" " + corner + " \",\" " + corner + " \"]\" )?";
    }
    choices.push_back(std::move(choice));
  }
  rules.choice("view", choices);
  for (const int cells : sizes) {
    std::vector<std::string> numbers;
    numbers.reserve(static_cast<std::size_t>(cells));
    for (int i = 0; i < cells; ++i) numbers.push_back(std::to_string(i * grid_px));
    rules.choice(cells_rule(cells), literals(numbers));
  }
}

void add_sentence(Rules& rules, const DraftContext& context) {
  std::vector<std::string> ids;
  for (const detail::Slot& slot : detail::slots_of(context))
    ids.push_back("{" + slot.measurement->id + "}");
  rules.rule("sentence", "[A-Z] part{" + std::to_string(shortest_sentence - 2) + "," +
                             std::to_string(longest_sentence - 2) + "} \".\"");
  rules.rule("part", ids.empty() ? "plain" : "plain | slot");
  rules.rule("plain", "[a-zA-Z ,;:'()/] | \"-\"");
  if (!ids.empty()) rules.choice("slot", literals(ids));
}

std::string at_most(const std::string& rule, int most) {
  return rule + "{0," + std::to_string(most) + "}";
}

}  // namespace

std::string draft_grammar(const DraftContext& context) {
  Rules rules;
  rules.comment("Tomoscribe draft language " + std::to_string(draft_language_version));
  const auto views = detail::views_of(context);
  if (views.empty()) {
    rules.rule("start", literal("end"));
    return rules.take();
  }
  rules.rule("start", at_most("finding", most_findings) + " " +
                          at_most("impression", most_impressions) +
                          (context.asks ? " answer? " : " ") + literal("end"));
  const auto groups = detail::groups_of(context);
  std::vector<std::string> names, diagnoses;
  for (const Group* group : groups) names.emplace_back(group->name);
  for (const auto* row : detail::diagnoses_of(context)) diagnoses.emplace_back(row->term);
  const std::string bar = " " + literal(" | ") + " ", line_end = " " + literal("\n");
  rules.rule("finding", literal("finding: ") + " what_where" + bar + "presence" + bar + "view" +
                            bar + "sentence" + line_end);
  rules.rule("impression", literal("impression: ") + " diagnosis" + bar + "sentence" + line_end);
  if (context.asks) {
    rules.rule("answer", literal("answer: ") + " answer_word" + bar + "sentence" + line_end);
    rules.choice("answer_word", literals({"yes", "no", "unclear"}));
  }
  rules.choice("what_where", names);
  for (const Group* group : groups) add_group(rules, *group);
  add_sides(rules, groups);
  rules.choice("presence", literals({"present", "absent", "indeterminate"}));
  rules.choice("diagnosis", literals(diagnoses));
  add_views(rules, views);
  add_sentence(rules, context);
  return rules.take();
}

}  // namespace tomoscribe::reporting

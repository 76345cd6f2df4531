// The rules, expression by expression: recursive descent, one function for each level.

#include <map>

#include "model/grammar/detail/scanner.h"
#include "model/grammar/grammar.h"

namespace tomoscribe::model::grammar {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : scanner_{text} {}

  Rules read() {
    scanner_.skip_blanks();
    while (!scanner_.at_end()) rule();
    resolve();
    return std::move(rules_);
  }

 private:
  using Kind = Expression::Kind;

  std::uint32_t add(Expression expression) {
    rules_.expressions.push_back(std::move(expression));
    return static_cast<std::uint32_t>(rules_.expressions.size() - 1);
  }

  void expect(char c, const std::string& why) {
    scanner_.skip_blanks();
    if (!scanner_.take_if(c))
      refuse(scanner_.place(),
             std::string("'") + c + "' should " + why + ", not " + scanner_.next_shown());
    scanner_.skip_blanks();
  }

  void rule() {
    const Place place = scanner_.place();
    std::string name = scanner_.take_name();
    if (name.empty())
      refuse(place, "the name of a rule should be where " + scanner_.next_shown() + " is");
    if (rules_.rules.size() == most_rules)
      refuse(place, "more than " + std::to_string(most_rules) + " rules");
    const auto index = static_cast<std::uint32_t>(rules_.rules.size());
    if (!by_name_.try_emplace(name, index).second)
      refuse(place, "the rule \"" + name + "\" is defined twice");
    expect('=', "follow the name of a rule");
    const std::uint32_t body = choice();
    expect(';', "end the rule");
    rules_.rules.push_back({std::move(name), place, body});
  }

  std::uint32_t choice() {
    return list(Kind::choice, [this] {
      Expression sequence{.kind = Kind::sequence, .place = scanner_.place()};
      do sequence.parts.push_back(repeated());
      while (begins_item());
      return sequence.parts.size() == 1 ? sequence.parts.front() : add(std::move(sequence));
    });
  }

  template <typename Part>
  std::uint32_t list(Kind kind, Part part) {
    Expression all{.kind = kind, .place = scanner_.place()};
    do {
      scanner_.skip_blanks();
      all.parts.push_back(part());
    } while (scanner_.take_if('|'));
    return all.parts.size() == 1 ? all.parts.front() : add(std::move(all));
  }

  /// True where an item comes next: everything but what ends a sequence.
  bool begins_item() {
    scanner_.skip_blanks();
    const char c = scanner_.peek();
    return !scanner_.at_end() && c != '|' && c != ')' && c != ';';
  }

  std::uint32_t repeated() {
    const Place place = scanner_.place();
    const std::uint32_t part = item();
    scanner_.skip_blanks();
    Expression repeat{.kind = Kind::repeat, .place = place, .parts = {part}};
    if (!bounds(repeat)) return part;
    scanner_.skip_blanks();
    Expression again;
    const Place second = scanner_.place();
    if (bounds(again)) refuse(second, "two repetitions in a row need parentheses");
    return add(std::move(repeat));
  }

  bool bounds(Expression& repeat) {
    repeat.most = unbounded;
    if (scanner_.take_if('*')) return true;
    if (scanner_.take_if('?')) {
      repeat.most = 1;
      return true;
    }
    if (scanner_.take_if('+')) {
      repeat.least = 1;
      return true;
    }
    const Place place = scanner_.place();
    if (!scanner_.take_if('{')) return false;
    scanner_.skip_blanks();
    repeat.least = repeat.most = scanner_.take_number(most_repeats);
    scanner_.skip_blanks();
    if (scanner_.take_if(',')) {
      scanner_.skip_blanks();
      repeat.most = scanner_.peek() == '}' ? unbounded : scanner_.take_number(most_repeats);
    }
    expect('}', "close the repetition");
    if (repeat.most < repeat.least) refuse(place, "the repetition's most is below its least");
    if (repeat.most == 0) refuse(place, "a repetition of none");
    return true;
  }

  std::uint32_t item() {
    const Place place = scanner_.place();
    if (scanner_.take_if('"'))
      return add({.kind = Kind::literal, .place = place, .text = take_literal(scanner_)});
    if (scanner_.take_if('['))
      return add({.kind = Kind::char_class, .place = place, .ranges = take_class(scanner_)});
    if (scanner_.take_if('(')) {
      if (++depth_ > most_nesting)
        refuse(place, "parentheses nested deeper than " + std::to_string(most_nesting));
      const std::uint32_t inner = choice();
      expect(')', "close the parenthesis");
      --depth_;
      return inner;
    }
    std::string name = scanner_.take_name();
    if (name.empty())
      refuse(place, "an expression should be where " + scanner_.next_shown() + " is");
    return add({.kind = Kind::reference, .place = place, .text = std::move(name)});
  }

  void resolve() {
    const auto start = by_name_.find("start");
    if (start == by_name_.end()) refuse(scanner_.place(), "no rule is named \"start\"");
    rules_.start = start->second;
    for (Expression& expression : rules_.expressions) {
      if (expression.kind != Kind::reference) continue;
      const auto found = by_name_.find(expression.text);
      if (found == by_name_.end())
        refuse(expression.place, "the rule \"" + expression.text + "\" is not defined");
      expression.rule = found->second;
    }
  }

  Scanner scanner_;
  Rules rules_;
  std::map<std::string, std::uint32_t, std::less<>> by_name_;
  std::size_t depth_ = 0;
};

}  // namespace

Rules read_rules(std::string_view text) {
  return Reader(text).read();
}

}  // namespace tomoscribe::model::grammar

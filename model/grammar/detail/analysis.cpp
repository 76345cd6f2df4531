#include "model/grammar/detail/analysis.h"

#include <algorithm>
#include <limits>

namespace tomoscribe::model::grammar {

namespace {

using Kind = Expression::Kind;

constexpr std::uint64_t no_text = std::numeric_limits<std::uint64_t>::max();

std::size_t utf8_length(char32_t code) {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

/// Bytes of the shortest text of each expression, as far as those of its parts and rules are known.
class Shortest {
 public:
  explicit Shortest(const Rules& rules)
      : rules_{rules},
        expression_(rules.expressions.size(), no_text),
        rule_(rules.rules.size(), no_text) {
    bool again = true;
    while (again) {
      for (std::size_t i = 0; i < expression_.size(); ++i) expression_[i] = of(i);
      again = false;
      for (std::size_t r = 0; r < rule_.size(); ++r) {
        const std::uint64_t length = expression_[rules_.rules[r].body];
        again = again || length < rule_[r];
        rule_[r] = length;
      }
    }
  }

  std::uint64_t expression(std::size_t index) const { return expression_[index]; }
  std::uint64_t rule(std::size_t index) const { return rule_[index]; }

 private:
  /// Lengths beyond what is allowed are one more than that: no overflow.
  static std::uint64_t capped(std::uint64_t length) {
    return std::min<std::uint64_t>(length, most_shortest + 1);
  }

  std::uint64_t of(std::size_t index) const {
    const Expression& e = rules_.expressions[index];
    switch (e.kind) {
      case Kind::literal: return capped(e.text.size());
      case Kind::char_class: return utf8_length(e.ranges.front().first);
      case Kind::reference: return rule_[e.rule];
      case Kind::choice: {
        std::uint64_t least = no_text;
        for (const auto part : e.parts) least = std::min(least, expression_[part]);
        return least;
      }
      case Kind::sequence: {
        std::uint64_t sum = 0;
        for (const auto part : e.parts) {
          if (expression_[part] == no_text) return no_text;
          sum = capped(sum + expression_[part]);
        }
        return sum;
      }
      case Kind::repeat: {
        const std::uint64_t once = expression_[e.parts.front()];
        if (e.least == 0) return 0;
        return once == no_text ? no_text : capped(once * e.least);
      }
    }
    return no_text;
  }

  const Rules& rules_;
  std::vector<std::uint64_t> expression_, rule_;
};

/// The rules that a text of an expression can begin with.
void add_first(const Rules& rules, const std::vector<bool>& nullable, std::uint32_t index,
               std::vector<std::uint32_t>& first) {
  const Expression& e = rules.expressions[index];
  if (e.kind == Kind::reference) first.push_back(index);
  for (const auto part : e.parts) {
    add_first(rules, nullable, part, first);
    if (e.kind == Kind::sequence && !nullable[part]) return;
  }
}

/// Depth first over "can begin with"; a rule met again on the way is left recursion.
class Ranks {
 public:
  Ranks(const Rules& rules, const std::vector<bool>& nullable)
      : rules_{rules},
        nullable_{nullable},
        mark_(rules.rules.size()),
        rank_(rules.rules.size()),
        next_{static_cast<std::uint32_t>(rules.rules.size())} {
    for (std::uint32_t r = 0; r < rank_.size(); ++r)
      if (mark_[r] == Mark::fresh) visit(r);
  }

  std::vector<std::uint32_t> take() { return std::move(rank_); }

 private:
  enum class Mark : std::uint8_t { fresh, open, done };

  void visit(std::uint32_t rule) {
    mark_[rule] = Mark::open;
    std::vector<std::uint32_t> first;
    add_first(rules_, nullable_, rules_.rules[rule].body, first);
    for (const auto reference : first) {
      const Expression& e = rules_.expressions[reference];
      if (mark_[e.rule] == Mark::open)
        refuse(e.place, "left recursion: the rule \"" + e.text + "\" can begin with itself");
      if (mark_[e.rule] == Mark::fresh) visit(e.rule);
    }
    mark_[rule] = Mark::done;
    rank_[rule] = --next_;
  }

  const Rules& rules_;
  const std::vector<bool>& nullable_;
  std::vector<Mark> mark_;
  std::vector<std::uint32_t> rank_;
  std::uint32_t next_;
};

}  // namespace

Analysis analyse(const Rules& rules) {
  const Shortest shortest(rules);
  for (std::size_t r = 0; r < rules.rules.size(); ++r) {
    const Rule& rule = rules.rules[r];
    if (shortest.rule(r) == no_text)
      refuse(rule.place, "the rule \"" + rule.name + "\" has no text: it never ends");
    if (shortest.rule(r) > most_shortest)
      refuse(rule.place, "every text of the rule \"" + rule.name + "\" is longer than " +
                             std::to_string(most_shortest) + " bytes");
  }
  Analysis result;
  for (std::size_t i = 0; i < rules.expressions.size(); ++i)
    result.nullable.push_back(shortest.expression(i) == 0);
  for (const Expression& e : rules.expressions)
    if (e.kind == Kind::repeat && e.most == unbounded && result.nullable[e.parts.front()])
      refuse(e.place, "an empty loop: what is repeated without end can be empty");
  result.rank = Ranks(rules, result.nullable).take();
  return result;
}

}  // namespace tomoscribe::model::grammar

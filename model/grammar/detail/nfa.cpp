#include "model/grammar/detail/nfa.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace tomoscribe::model::grammar {

namespace {

using Kind = Expression::Kind;
using Node = Nfa::Node;

/// Builds backwards: each function gets the node that follows, and gives the one to begin with.
class Builder {
 public:
  Builder(const Rules& rules, const Analysis& analysis, std::size_t most_nodes)
      : rules_{rules}, analysis_{analysis}, most_nodes_{most_nodes} {
    nfa_.nodes.emplace_back();
  }

  Nfa build(std::uint32_t rule) {
    nfa_.start = expression(rules_.rules[rule].body, 0);
    return std::move(nfa_);
  }

 private:
  std::uint32_t add(Node node) {
    if (nfa_.nodes.size() == most_nodes_) throw TooLarge{};
    nfa_.nodes.push_back(node);
    return static_cast<std::uint32_t>(nfa_.nodes.size() - 1);
  }

  std::uint32_t split(std::uint32_t to, std::uint32_t other) {
    return add({.kind = Node::Kind::split, .to = to, .other = other});
  }

  std::uint32_t expression(std::uint32_t index, std::uint32_t next) {
    const Expression& e = rules_.expressions[index];
    switch (e.kind) {
      case Kind::literal:
        for (std::size_t i = e.text.size(); i-- > 0;) {
          const auto byte = static_cast<std::uint8_t>(e.text[i]);
          next = add({.kind = Node::Kind::byte, .first = byte, .last = byte, .to = next});
        }
        return next;
      case Kind::char_class: return char_class(e.ranges, next);
      case Kind::reference: return reference(e, next);
      case Kind::sequence:
        for (std::size_t i = e.parts.size(); i-- > 0;) next = expression(e.parts[i], next);
        return next;
      case Kind::choice: {
        std::uint32_t begin = expression(e.parts.back(), next);
        for (std::size_t i = e.parts.size() - 1; i-- > 0;)
          begin = split(expression(e.parts[i], next), begin);
        return begin;
      }
      case Kind::repeat: return repeat(e, next);
    }
    return next;
  }

  std::uint32_t reference(const Expression& e, std::uint32_t next) {
    const std::uint32_t call = add({.kind = Node::Kind::call, .rule = e.rule, .to = next});
    // A call is never of an empty text: passing by is a way of its own.
    return analysis_.nullable[rules_.rules[e.rule].body] ? split(call, next) : call;
  }

  std::uint32_t repeat(const Expression& e, std::uint32_t next) {
    const std::uint32_t part = e.parts.front();
    if (e.most == unbounded) {
      const std::uint32_t loop = split(0, next);
      const std::uint32_t body = expression(part, loop);
      nfa_.nodes[loop].to = body;
      next = loop;
    } else {
      const std::uint32_t end = next;
      for (auto i = e.least; i < e.most; ++i) next = split(expression(part, next), end);
    }
    for (std::uint32_t i = 0; i < e.least; ++i) next = expression(part, next);
    return next;
  }

  // Code points as bytes ----------------------------------------------------------------------

  struct Bytes {
    std::array<std::uint8_t, 4> first{}, last{};
    std::size_t length = 0;
  };

  std::uint32_t char_class(const std::vector<CodeRange>& ranges, std::uint32_t next) {
    shared_.clear();
    std::uint32_t begin = no_node;
    for (const CodeRange& range : ranges) {
      char32_t first = range.first;
      for (const char32_t end : {0x7FU, 0x7FFU, 0xFFFFU, 0x10FFFFU}) {
        if (first > end || first > range.last) continue;
        const char32_t last = std::min(range.last, end);
        same_length({first, last}, next, begin);
        first = last + 1;
      }
    }
    return begin;
  }

  /// Adds the ways of a range whose sequences have one length, cut so that the bytes of each
  /// piece are ranges of their own: the trailing six bits run from 0 to 63, or are alone.
  void same_length(CodeRange range, std::uint32_t next, std::uint32_t& begin) {
    for (char32_t low = 0x3F; low < 0x40000; low = low << 6U | 0x3FU) {
      if ((range.first & ~low) == (range.last & ~low)) break;
      if ((range.first & low) != 0) {
        same_length({range.first, range.first | low}, next, begin);
        range.first = (range.first | low) + 1;
        return same_length(range, next, begin);
      }
      if ((range.last & low) != low) {
        same_length({range.first, (range.last & ~low) - 1}, next, begin);
        range.first = range.last & ~low;
        return same_length(range, next, begin);
      }
    }
    const Bytes bytes = encoded(range);
    std::uint32_t way = next;
    for (std::size_t i = bytes.length; i-- > 0;) way = shared(bytes.first[i], bytes.last[i], way);
    begin = begin == no_node ? way : split(way, begin);
  }

  static Bytes encoded(CodeRange range) {
    Bytes bytes;
    bytes.length = range.first < 0x80 ? 1 : range.first < 0x800 ? 2 : range.first < 0x10000 ? 3 : 4;
    constexpr std::array<std::uint32_t, 5> mark{0, 0, 0xC0, 0xE0, 0xF0};
    for (std::size_t i = bytes.length; i-- > 0;) {
      const bool lead = i == 0;
      const std::uint32_t top = lead ? mark[bytes.length] : 0x80;
      const std::uint32_t low = lead ? 0xFF : 0x3F;
      bytes.first[i] = static_cast<std::uint8_t>(top | (range.first & low));
      bytes.last[i] = static_cast<std::uint8_t>(top | (range.last & low));
      range = {range.first >> 6U, range.last >> 6U};
    }
    return bytes;
  }

  std::uint32_t shared(std::uint8_t first, std::uint8_t last, std::uint32_t next) {
    const auto [found, fresh] = shared_.try_emplace({first, last, next});
    if (fresh)
      found->second = add({.kind = Node::Kind::byte, .first = first, .last = last, .to = next});
    return found->second;
  }

  static constexpr std::uint32_t no_node = 0xFFFFFFFF;

  const Rules& rules_;
  const Analysis& analysis_;
  std::size_t most_nodes_;
  Nfa nfa_;
  std::map<std::tuple<std::uint8_t, std::uint8_t, std::uint32_t>, std::uint32_t> shared_;
};

}  // namespace

Nfa build_nfa(const Rules& rules, const Analysis& analysis, std::uint32_t rule,
              std::size_t most_nodes) {
  return Builder(rules, analysis, most_nodes).build(rule);
}

}  // namespace tomoscribe::model::grammar

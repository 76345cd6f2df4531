#include "grammar_oracle.h"

#include <algorithm>
#include <array>

namespace tomoscribe::model::oracle {

namespace {

using Kind = Tree::Kind;

const std::array<std::string, 6> letters{"a", "b", "c", "é", "€", "😀"};

std::size_t below(std::mt19937& random, std::size_t end) {
  return random() % end;
}

Tree random_class(std::mt19937& random) {
  Tree tree{.kind = Kind::char_class};
  switch (below(random, 4)) {
    case 0:
      tree.shown = "[ab]";
      tree.members = {"a", "b"};
      break;
    case 1:
      tree.shown = "[b-cé]";
      tree.members = {"b", "c", "é"};
      break;
    case 2:
      tree.shown = "[\\u{E8}-\\u{EA}€\\u{1F5FF}-\\u{1F600}]";
      tree.members = {"è", "é", "ê", "€", "🗿", "😀"};
      break;
    default: {  // U+7FE to U+801: sequences of two and of three bytes
      tree.shown = "[\\u{7FE}-\\u{801}a]";
      tree.members = {"\xDF\xBE", "\xDF\xBF", "\xE0\xA0\x80", "\xE0\xA0\x81", "a"};
    }
  }
  return tree;
}

Tree random_tree(std::mt19937& random, std::size_t rules, int depth) {
  const std::size_t choice = below(random, depth > 0 ? 10 : 5);
  if (choice < 2) {
    Tree tree{.kind = Kind::literal};
    for (auto length = below(random, 4); length > 0; --length)
      tree.bytes += letters[below(random, letters.size())];
    return tree;
  }
  if (choice == 2) return random_class(random);
  if (choice < 5) return {.kind = Kind::reference, .rule = below(random, rules)};
  Tree tree{.kind = choice < 7 ? Kind::sequence : choice < 9 ? Kind::choice : Kind::repeat};
  if (tree.kind == Kind::repeat) {
    tree.parts.push_back(random_tree(random, rules, depth - 1));
    tree.least = static_cast<unsigned>(below(random, 3));
    tree.most =
        below(random, 2) == 0 ? 0 : tree.least + 1 + static_cast<unsigned>(below(random, 3));
    return tree;
  }
  for (auto count = 2 + below(random, 2); count > 0; --count)
    tree.parts.push_back(random_tree(random, rules, depth - 1));
  return tree;
}

std::string name(std::size_t rule) {
  return rule == 0 ? "start" : "r" + std::to_string(rule);
}

std::string written(const Tree& tree) {
  std::string text;
  switch (tree.kind) {
    case Kind::literal: return '"' + tree.bytes + '"';
    case Kind::char_class: return tree.shown;
    case Kind::reference: return name(tree.rule);
    case Kind::sequence:
    case Kind::choice:
      for (const Tree& part : tree.parts)
        text += (text.empty() ? "" : tree.kind == Kind::choice ? " | " : " ") + written(part);
      return "(" + text + ")";
    case Kind::repeat: break;
  }
  text = "(" + written(tree.parts.front()) + ")";
  if (tree.most == 0 && tree.least < 2) return text + (tree.least == 0 ? "*" : "+");
  if (tree.least == 0 && tree.most == 1) return text + "?";
  return text + "{" + std::to_string(tree.least) + "," +
         (tree.most == 0 ? "" : std::to_string(tree.most)) + "}";
}

void add_text(const Trees& trees, const Tree& tree, std::mt19937& random, int& fuel,
              std::string& text) {
  if (--fuel < 0) return;
  switch (tree.kind) {
    case Kind::literal: text += tree.bytes; return;
    case Kind::char_class: text += tree.members[below(random, tree.members.size())]; return;
    case Kind::reference: add_text(trees, trees[tree.rule], random, fuel, text); return;
    case Kind::sequence:
      for (const Tree& part : tree.parts) add_text(trees, part, random, fuel, text);
      return;
    case Kind::choice:
      add_text(trees, tree.parts[below(random, tree.parts.size())], random, fuel, text);
      return;
    case Kind::repeat: break;
  }
  const std::size_t most = tree.most == 0 ? tree.least + 3U : tree.most;
  for (auto count = tree.least + below(random, most - tree.least + 1); count > 0; --count)
    add_text(trees, tree.parts.front(), random, fuel, text);
}

}  // namespace

Trees random_trees(std::mt19937& random) {
  const std::size_t rules = 1 + below(random, 4);
  Trees trees;
  for (std::size_t i = 0; i < rules; ++i) trees.push_back(random_tree(random, rules, 3));
  return trees;
}

std::string written(const Trees& trees) {
  std::string text;
  for (std::size_t i = 0; i < trees.size(); ++i)
    text += name(i) + " = " + written(trees[i]) + " ;\n";
  return text;
}

std::string random_text(const Trees& trees, std::mt19937& random) {
  std::string text;
  int fuel = 40;
  add_text(trees, trees.front(), random, fuel, text);
  return text;
}

Judge::Ends Judge::ends(const Tree& tree, std::size_t at) {
  const std::pair key{&tree, at};
  if (const auto known = known_ends_.find(key); known != known_ends_.end()) return known->second;
  Ends result;
  switch (tree.kind) {
    case Kind::literal:
      if (text_.substr(at).starts_with(tree.bytes)) result.insert(at + tree.bytes.size());
      break;
    case Kind::char_class:
      for (const std::string& member : tree.members)
        if (text_.substr(at).starts_with(member)) result.insert(at + member.size());
      break;
    case Kind::reference: result = ends(trees_[tree.rule], at); break;
    case Kind::sequence:
      result = {at};
      for (const Tree& part : tree.parts) {
        Ends next;
        for (const auto from : result) next.merge(ends(part, from));
        result = std::move(next);
      }
      break;
    case Kind::choice:
      for (const Tree& part : tree.parts) result.merge(ends(part, at));
      break;
    case Kind::repeat: result = ends_of_repeat(tree, at);
  }
  return known_ends_[key] = result;
}

Judge::Ends Judge::ends_of_repeat(const Tree& tree, std::size_t at) {
  Ends result, now{at};
  const std::size_t most = tree.most == 0 ? tree.least + text_.size() : tree.most;
  for (std::size_t count = 0; count <= most && !now.empty(); ++count) {
    if (count >= tree.least) result.insert(now.begin(), now.end());
    Ends next;
    for (const auto from : now) next.merge(ends(tree.parts.front(), from));
    now = std::move(next);
  }
  return result;
}

bool Judge::begun(const Tree& tree, std::size_t at) {
  if (at == text_.size()) return true;
  const std::pair key{&tree, at};
  if (const auto known = known_begun_.find(key); known != known_begun_.end()) return known->second;
  const std::string_view rest = text_.substr(at);
  bool result = false;
  switch (tree.kind) {
    case Kind::literal: result = tree.bytes.starts_with(rest); break;
    case Kind::char_class:
      result = std::ranges::any_of(tree.members, [&](auto& m) { return m.starts_with(rest); });
      break;
    case Kind::reference: result = begun(trees_[tree.rule], at); break;
    case Kind::sequence: {
      Ends now{at};
      for (const Tree& part : tree.parts) {
        Ends next;
        for (const auto from : now) {
          result = result || begun(part, from);
          next.merge(ends(part, from));
        }
        now = std::move(next);
      }
      result = result || now.contains(text_.size());
      break;
    }
    case Kind::choice:
      result = std::ranges::any_of(tree.parts, [&](auto& part) { return begun(part, at); });
      break;
    case Kind::repeat: result = begun_in_repeat(tree, at);
  }
  return known_begun_[key] = result;
}

bool Judge::begun_in_repeat(const Tree& tree, std::size_t at) {
  Ends now{at};
  const std::size_t most = tree.most == 0 ? tree.least + text_.size() : tree.most;
  for (std::size_t count = 0; count < most; ++count) {
    Ends next;
    for (const auto from : now) {
      if (begun(tree.parts.front(), from)) return true;
      next.merge(ends(tree.parts.front(), from));
    }
    now = std::move(next);
  }
  return now.contains(text_.size());
}

}  // namespace tomoscribe::model::oracle

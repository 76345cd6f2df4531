#include "tests/support/draft_grammar_text.h"

#include <cctype>
#include <stdexcept>

namespace tomoscribe::tests {
namespace {

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

}  // namespace

GrammarText::GrammarText(std::string_view text) : text_(text) {
  for (skip_blanks(); at_ < text_.size(); skip_blanks()) {
    const std::string rule = name();
    skip_blanks();
    expect('=');
    if (!rules_.emplace(rule, choice()).second) throw std::runtime_error(rule + " is repeated");
    skip_blanks();
    expect(';');
  }
  std::set<std::string> used{"start"};
  check(rules_.at("start"), used);
  if (used.size() != rules_.size()) throw std::runtime_error("a rule is never used");
}

void GrammarText::check(const Node& node, std::set<std::string>& used) const {
  if (node.kind == Kind::rule) {
    if (!rules_.contains(node.text)) throw std::runtime_error(node.text + " is missing");
    if (used.insert(node.text).second) check(rules_.at(node.text), used);
  }
  for (const Node& child : node.children) check(child, used);
}

bool GrammarText::matches(std::string_view text) const {
  return ends(rules_.at("start"), text, {0}).contains(text.size());
}

std::string GrammarText::sample(std::mt19937& random) const {
  std::string out;
  write(rules_.at("start"), random, out);
  return out;
}

char GrammarText::look() const {
  return at_ < text_.size() ? text_[at_] : '\0';
}

char GrammarText::take() {
  if (at_ >= text_.size()) throw std::runtime_error("the grammar breaks off");
  return text_[at_++];
}

void GrammarText::expect(char c) {
  if (take() != c) throw std::runtime_error(std::string("expected ") + c);
}

void GrammarText::skip_blanks() {
  while (at_ < text_.size()) {
    if (look() == '#')
      at_ = std::min(text_.find('\n', at_), text_.size());
    else if (look() == ' ' || look() == '\n')
      ++at_;
    else
      return;
  }
}

std::string GrammarText::name() {
  const std::size_t begin = at_;
  while (is_name_character(look())) ++at_;
  if (at_ == begin) throw std::runtime_error("expected a name at " + text_.substr(at_, 20));
  return text_.substr(begin, at_ - begin);
}

std::string GrammarText::literal() {
  std::string out;
  for (char c = take(); c != '"'; c = take()) {
    if (c == '\\') c = take() == 'n' ? '\n' : text_[at_ - 1];
    out += c;
  }
  return out;
}

std::string GrammarText::set() {
  std::string out;
  for (char c = take(); c != ']'; c = take()) {
    out += c;
    if (look() != '-' || text_[at_ + 1] == ']') continue;
    ++at_;
    for (const char last = take(); c != last;) out += ++c;
  }
  return out;
}

GrammarText::Node GrammarText::choice() {
  Node node{.kind = Kind::choice, .children = {sequence()}};
  for (skip_blanks(); look() == '|'; skip_blanks()) {
    ++at_;
    node.children.push_back(sequence());
  }
  return node;
}

GrammarText::Node GrammarText::sequence() {
  Node node{.kind = Kind::sequence};
  for (skip_blanks(); std::string_view("|;)").find(look()) == std::string_view::npos; skip_blanks())
    node.children.push_back(item());
  return node;
}

GrammarText::Node GrammarText::item() {
  return repeated(atom());
}

GrammarText::Node GrammarText::atom() {
  if (look() == '"') {
    ++at_;
    return {.kind = Kind::literal, .text = literal()};
  }
  if (look() == '[') {
    ++at_;
    return {.kind = Kind::set, .text = set()};
  }
  if (look() != '(') return {.kind = Kind::rule, .text = name()};
  ++at_;
  Node node = choice();
  expect(')');
  return node;
}

GrammarText::Node GrammarText::repeated(Node what) {
  Node node{.kind = Kind::repeat, .most = -1};
  if (look() == '?') node.most = 1;
  if (look() == '+') node.least = 1;
  if (look() == '{') {
    ++at_;
    node.least = std::stoi(name());
    expect(',');
    node.most = std::stoi(name());
    if (look() != '}') throw std::runtime_error("expected }");
  } else if (look() != '?' && look() != '+' && look() != '*') {
    return what;
  }
  ++at_;
  node.children.push_back(std::move(what));
  return node;
}

GrammarText::Ends GrammarText::ends(const Node& node, std::string_view text,
                                    const Ends& begins) const {
  Ends found;
  switch (node.kind) {
    case Kind::literal:
      for (const std::size_t at : begins)
        if (text.substr(at).starts_with(node.text)) found.insert(at + node.text.size());
      return found;
    case Kind::set:
      for (const std::size_t at : begins)
        if (at < text.size() && node.text.find(text[at]) != std::string::npos) found.insert(at + 1);
      return found;
    case Kind::rule: return begins.empty() ? begins : ends(rules_.at(node.text), text, begins);
    case Kind::sequence:
      found = begins;
      for (const Node& child : node.children) found = ends(child, text, found);
      return found;
    case Kind::choice:
      for (const Node& child : node.children) found.merge(ends(child, text, begins));
      return found;
    case Kind::repeat: break;
  }
  Ends reached = begins;
  for (int i = 0; !reached.empty() && (node.most < 0 || i <= node.most); ++i) {
    if (i >= node.least) found.insert(reached.begin(), reached.end());
    reached = ends(node.children.front(), text, reached);
  }
  return found;
}

void GrammarText::write(const Node& node, std::mt19937& random, std::string& out) const {
  const auto below = [&](std::size_t count) { return random() % count; };
  switch (node.kind) {
    case Kind::literal: out += node.text; return;
    case Kind::set: out += node.text[below(node.text.size())]; return;
    case Kind::rule: write(rules_.at(node.text), random, out); return;
    case Kind::sequence:
      for (const Node& child : node.children) write(child, random, out);
      return;
    case Kind::choice: write(node.children[below(node.children.size())], random, out); return;
    case Kind::repeat: break;
  }
  const int span = node.most < 0 ? 3 : node.most - node.least;
  const int limit = below(4) == 0 ? span : std::min(span, 5);
  const int times = node.least + static_cast<int>(below(static_cast<std::size_t>(limit) + 1));
  for (int i = 0; i < times; ++i) write(node.children.front(), random, out);
}

}  // namespace tomoscribe::tests

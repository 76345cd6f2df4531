#pragma once
// A small reader of the grammar text that reporting exports (bytes; enough for its ASCII): whether
// a text belongs to the language, and random texts of it.

#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tomoscribe::tests {

class GrammarText {
 public:
  /// \throws std::runtime_error when it is no grammar, or a rule is missing, unused or repeated.
  explicit GrammarText(std::string_view text);
  bool matches(std::string_view text) const;
  /// Repetitions are short more often than not.
  std::string sample(std::mt19937& random) const;

 private:
  enum class Kind { literal, set, rule, sequence, choice, repeat };
  struct Node {
    Kind kind = Kind::sequence;
    std::string text;         ///< of a literal; characters of a set; name of a rule
    int least = 0, most = 0;  ///< of a repetition; most < 0: no end
    std::vector<Node> children;
  };
  using Ends = std::set<std::size_t>;

  Node choice(), sequence(), item(), atom(), repeated(Node what);
  std::string literal(), set(), name();
  void skip_blanks();
  char take(), look() const;
  void expect(char c);
  void check(const Node& node, std::set<std::string>& used) const;
  Ends ends(const Node& node, std::string_view text, const Ends& begins) const;
  void write(const Node& node, std::mt19937& random, std::string& out) const;

  std::string text_;
  std::size_t at_ = 0;
  std::map<std::string, Node> rules_;
};

}  // namespace tomoscribe::tests

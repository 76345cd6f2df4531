#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomoscribe::model::oracle {

/// An expression, recognised by trying everything. Shares nothing with what it judges.
struct Tree {
  enum class Kind : std::uint8_t { literal, char_class, reference, sequence, choice, repeat };

  Kind kind = Kind::literal;
  std::string bytes;                 ///< literal
  std::vector<std::string> members;  ///< char_class: UTF-8 of each of its characters
  std::string shown;                 ///< char_class as it is written
  std::size_t rule = 0;              ///< reference
  std::vector<Tree> parts;           ///< sequence, choice; repeat has one
  unsigned least = 0, most = 0;      ///< repeat; 0 for no most
};

/// Rules r0, r1, …; the first is written as "start".
using Trees = std::vector<Tree>;

/// A grammar of a few rules over a, b, c, é, €, 😀: some are left recursive, empty loops, endless.
Trees random_trees(std::mt19937& random);

/// As Grammar::parse takes it.
std::string written(const Trees& trees);

/// One of its texts, or what came out when the fuel ended.
std::string random_text(const Trees& trees, std::mt19937& random);

/// What a text is to a grammar without left recursion, of which every rule has a text.
class Judge {
 public:
  Judge(const Trees& trees, std::string_view text) : trees_{trees}, text_{text} {}

  /// True for a text of the grammar.
  bool is_whole() { return ends(trees_.front(), 0).contains(text_.size()); }

  /// True for what a text of the grammar can begin with.
  bool is_begun() { return begun(trees_.front(), 0); }

 private:
  using Ends = std::set<std::size_t>;

  Ends ends(const Tree& tree, std::size_t at);
  bool begun(const Tree& tree, std::size_t at);
  Ends ends_of_repeat(const Tree& tree, std::size_t at);
  bool begun_in_repeat(const Tree& tree, std::size_t at);

  const Trees& trees_;
  std::string_view text_;
  std::map<std::pair<const Tree*, std::size_t>, Ends> known_ends_;
  std::map<std::pair<const Tree*, std::size_t>, bool> known_begun_;
};

inline bool is_whole(const Trees& trees, std::string_view text) {
  return Judge(trees, text).is_whole();
}

inline bool is_begun(const Trees& trees, std::string_view text) {
  return Judge(trees, text).is_begun();
}

}  // namespace tomoscribe::model::oracle

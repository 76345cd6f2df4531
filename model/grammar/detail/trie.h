#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/tokenizer/tokenizer.h"

namespace tomoscribe::model::grammar {

/// The tokens as two tries, of short and of long ones, in one list: a node, then its children's
/// nodes, ascending by byte. Immutable.
class Trie {
 public:
  /// The first trie has tokens of at most 16 bytes, the second the others.
  static constexpr std::size_t most_short = 16;
  static constexpr std::uint32_t short_tokens = 0, long_tokens = 1;

  struct Node {
    std::uint32_t end = 0;    ///< the first node that is not below this one
    std::uint32_t first = 0;  ///< where its ids begin; the next node's begin is the end
    std::uint16_t depth = 0;  ///< bytes from the root
    std::uint8_t byte = 0;
  };

  /// As TokenTrie.
  Trie(std::vector<std::string> bytes, TokenId end);

  std::uint32_t root(std::uint32_t trie) const { return trie == long_tokens ? long_root_ : 0; }

  /// No token of that trie has more bytes.
  std::size_t longest(std::uint32_t trie) const {
    return trie == long_tokens ? std::max(longest_, most_short) : most_short;
  }

  const Node& node(std::uint32_t index) const { return nodes_[index]; }

  /// The tokens whose bytes end at a node from `first` on, before `end`.
  std::span<const std::uint32_t> ids(std::uint32_t first, std::uint32_t end) const {
    return {ids_.data() + nodes_[first].first, ids_.data() + nodes_[end].first};
  }

  bool has_below(std::uint32_t node) const { return nodes_[node].end > node + 1; }

  /// The longest token that these bytes begin with.
  std::optional<TokenId> longest_of(std::string_view bytes) const;

  /// True for a byte that is a token by itself.
  bool has_byte(std::uint8_t byte) const { return single_[byte]; }

  const std::string& bytes(TokenId id) const { return bytes_[static_cast<std::size_t>(id)]; }
  std::size_t size() const { return bytes_.size(); }
  TokenId end() const { return end_; }
  bool has(TokenId id) const { return id >= 0 && static_cast<std::size_t>(id) < bytes_.size(); }

 private:
  void add(const std::vector<std::uint32_t>& sorted);

  std::vector<std::string> bytes_;
  std::vector<Node> nodes_;  ///< and one at the end, which only ends the ids
  std::vector<std::uint32_t> ids_;
  std::bitset<256> single_;
  std::uint32_t long_root_ = 0;
  std::size_t longest_ = 0;
  TokenId end_ = 0;
};

}  // namespace tomoscribe::model::grammar

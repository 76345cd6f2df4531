#pragma once

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
  /// A token of more bytes than this is long.
  static constexpr std::size_t most_short = 16;

  struct Node {
    std::uint32_t end = 0;    ///< the first node that is not below this one
    std::uint32_t first = 0;  ///< where its ids begin; the next node's begin is the end
    std::uint16_t depth = 0;  ///< bytes from the root
    std::uint8_t byte = 0;
  };

  /// As TokenTrie.
  Trie(std::vector<std::string> bytes, TokenId end);

  /// Roots of the short and of the long tokens.
  std::uint32_t root(bool is_long) const { return is_long ? long_root_ : 0; }

  /// Bytes of the longest of them.
  std::size_t longest(bool is_long) const { return is_long ? longest_ : most_short; }

  const Node& node(std::uint32_t index) const { return nodes_[index]; }

  /// The tokens whose bytes end at a node.
  std::span<const std::uint32_t> ids(std::uint32_t node) const {
    return {ids_.data() + nodes_[node].first, ids_.data() + nodes_[node + 1].first};
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

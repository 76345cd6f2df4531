#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tomoscribe::model::detail {

/// From bytes to token: an open-addressing table over one block of text.
class PieceTable {
 public:
  struct Entry {
    std::uint32_t id = 0;
    std::uint32_t rank = 0;  ///< the lowest is merged first
    std::uint32_t hash = 0, begin = 0, length = 0;
  };

  /// False, and nothing added, when the bytes are there already.
  bool add(std::string_view bytes, std::uint32_t id, std::uint32_t rank);

  /// Null when absent.
  const Entry* find(std::string_view bytes) const;

  std::size_t longest() const { return longest_; }

 private:
  std::size_t slot_of(std::string_view bytes, std::uint32_t hash) const;
  void grow();

  std::string bytes_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_ = std::vector<std::uint32_t>(64);  ///< 1 + index; 0: free
  std::size_t longest_ = 0;
};

/// A stretch of text that is one symbol.
struct Symbol {
  std::uint32_t begin = 0, length = 0;
  bool fixed = false;  ///< never merged with its neighbours
};

/// Byte-pair encoding: while a pair of neighbours is a piece of the table, joins the pair of the
/// lowest rank, the leftmost of equal ones. Symbols cover `text` in order. n log n.
void merge(const PieceTable& table, std::string_view text, std::vector<Symbol>& symbols);

/// The two ways to the same result that `merge` chooses from, for the test that compares them.
void merge_few(const PieceTable& table, std::string_view text, std::vector<Symbol>& symbols);
void merge_many(const PieceTable& table, std::string_view text, std::vector<Symbol>& symbols);

}  // namespace tomoscribe::model::detail

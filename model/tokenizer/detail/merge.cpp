#include <algorithm>
#include <limits>
#include <queue>
#include <vector>

#include "model/tokenizer/detail/piece_table.h"

namespace tomoscribe::model::detail {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t few = 32;  // up to here looking at every pair beats a heap

/// Rank of the piece that two neighbours make; `none` when they make none.
std::uint32_t pair_rank(const PieceTable& table, std::string_view text, const Symbol& left,
                        const Symbol& right) {
  if (left.fixed || right.fixed) return none;
  const auto* found = table.find(text.substr(left.begin, left.length + right.length));
  return found == nullptr ? none : found->rank;
}

struct Pair {
  std::uint32_t rank = 0, left = 0;
  std::uint32_t length = 0;  ///< of both: a pair whose symbols have grown since is void
};

/// For a queue that gives the largest first.
bool later(const Pair& a, const Pair& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.left > b.left;
}

class Heap {
 public:
  Heap(const PieceTable& table, std::string_view text, std::vector<Symbol>& symbols)
      : table_{table},
        text_{text},
        symbols_{symbols},
        next_(symbols.size()),
        last_(symbols.size()) {
    for (std::uint32_t i = 0; i < symbols.size(); ++i) {
      next_[i] = i + 1;
      last_[i] = i - 1;
    }
    for (std::uint32_t i = 0; i + 1 < symbols.size(); ++i) offer(i);
  }

  void run() {
    while (!pairs_.empty()) {
      const Pair pair = pairs_.top();
      pairs_.pop();
      if (current(pair)) join(pair);
    }
    std::erase_if(symbols_, [](const Symbol& symbol) { return symbol.length == 0; });
  }

 private:
  bool has_next(std::uint32_t i) const { return next_[i] < symbols_.size(); }

  bool current(const Pair& pair) const {
    const Symbol& left = symbols_[pair.left];
    return left.length != 0 && has_next(pair.left) &&
           left.length + symbols_[next_[pair.left]].length == pair.length;
  }

  void offer(std::uint32_t left) {
    const Symbol& a = symbols_[left];
    const Symbol& b = symbols_[next_[left]];
    const std::uint32_t rank = pair_rank(table_, text_, a, b);
    if (rank != none) pairs_.push({.rank = rank, .left = left, .length = a.length + b.length});
  }

  void join(const Pair& pair) {
    const std::uint32_t right = next_[pair.left];
    symbols_[pair.left].length = pair.length;
    symbols_[right].length = 0;
    next_[pair.left] = next_[right];
    if (has_next(pair.left)) {
      last_[next_[pair.left]] = pair.left;
      offer(pair.left);
    }
    if (last_[pair.left] != none) offer(last_[pair.left]);
  }

  const PieceTable& table_;
  std::string_view text_;
  std::vector<Symbol>& symbols_;
  std::vector<std::uint32_t> next_, last_;
  std::priority_queue<Pair, std::vector<Pair>, decltype(&later)> pairs_{&later};
};

}  // namespace

void merge_few(const PieceTable& table, std::string_view text, std::vector<Symbol>& symbols) {
  std::vector<std::uint32_t> ranks;
  for (std::size_t i = 0; i + 1 < symbols.size(); ++i)
    ranks.push_back(pair_rank(table, text, symbols[i], symbols[i + 1]));
  while (!ranks.empty()) {
    const auto best = std::ranges::min_element(ranks);
    if (*best == none) break;
    const auto i = best - ranks.begin();
    symbols[std::size_t(i)].length += symbols[std::size_t(i) + 1].length;
    symbols.erase(symbols.begin() + i + 1);
    ranks.erase(best);
    const auto refresh = [&](std::size_t left) {
      if (left < ranks.size())
        ranks[left] = pair_rank(table, text, symbols[left], symbols[left + 1]);
    };
    refresh(std::size_t(i));
    if (i > 0) refresh(std::size_t(i) - 1);
  }
}

void merge_many(const PieceTable& table, std::string_view text, std::vector<Symbol>& symbols) {
  Heap(table, text, symbols).run();
}

void merge(const PieceTable& table, std::string_view text, std::vector<Symbol>& symbols) {
  symbols.size() <= few ? merge_few(table, text, symbols) : merge_many(table, text, symbols);
}

}  // namespace tomoscribe::model::detail

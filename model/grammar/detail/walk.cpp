#include "model/grammar/detail/walk.h"

namespace tomoscribe::model::grammar {

namespace {

/// Rows kept before the table begins anew: 4 MiB.
constexpr std::size_t most_rows = 4096;

void set_bits(std::span<const std::uint32_t> ids, std::vector<std::uint64_t>& words) {
  for (const auto id : ids) words[id / 64] |= std::uint64_t{1} << id % 64;
}

}  // namespace

Walk::Walk(const Automaton& automaton, const Trie& trie, std::uint32_t state)
    : automaton_{automaton},
      trie_{trie},
      state_{state},
      stacks_{automaton},
      path_(trie.longest(Trie::long_tokens) + 1) {
  clear();
}

void Walk::clear() {
  stacks_ = Stacks(automaton_);
  rows_.clear();
  table_.clear();
  by_set_.clear();
  row_of(Stacks::none);
  row_of(stacks_.upon(state_, Stacks::bottom));
}

std::uint32_t Walk::row_of(Stacks::Id set) {
  const Stacks::Id closed = stacks_.closed(set);
  by_set_.resize(stacks_.size(), unknown);
  if (by_set_[set] != unknown) return by_set_[set];
  by_set_[set] = static_cast<std::uint32_t>(rows_.size());
  rows_.push_back({set, stacks_.has_empty(closed)});
  table_.resize(table_.size() + 256, stacks_.frames(closed).empty() ? dead : unknown);
  return by_set_[set];
}

std::uint32_t Walk::find_next(std::uint32_t row, std::uint8_t byte) {
  const std::uint32_t to = row_of(stacks_.next(rows_[row].set, byte));
  table_[std::size_t{row} * 256 + byte] = to;
  return to;
}

/// Begins the table anew and finds the rows of the path again, from below `root` to `last`.
void Walk::restart(std::uint32_t root, std::uint32_t last) {
  clear();
  for (std::uint32_t at = root + 1; at <= last;) {
    const Trie::Node& here = trie_.node(at);
    if (here.end <= last) {
      at = here.end;
      continue;
    }
    path_[here.depth] = find_next(path_[here.depth - 1U], here.byte);
    ++at;
  }
}

/// The row of a node, for which the table has no entry yet.
std::uint32_t Walk::enter(std::uint32_t node, std::uint32_t root) {
  const Trie::Node& here = trie_.node(node);
  path_[here.depth] = find_next(path_[here.depth - 1U], here.byte);
  if (rows_.size() > most_rows) restart(root, node);
  return path_[here.depth];
}

void Walk::below(std::uint32_t node, std::vector<std::uint64_t>& words,
                 std::vector<std::uint32_t>& ends) {
  path_[trie_.node(node).depth] = first;
  if (rows_[first].has_ended && trie_.has_below(node)) ends.push_back(node);
  const std::uint32_t end = trie_.node(node).end;
  std::uint32_t run = node + 1;  // from here on all have been admitted
  for (std::uint32_t at = node + 1; at < end;) {
    const Trie::Node& here = trie_.node(at);
    std::uint32_t row = table_[std::size_t{path_[here.depth - 1U]} * 256 + here.byte];
    if (row == unknown) row = enter(at, node);
    path_[here.depth] = row;
    if (row == dead) {
      set_bits(trie_.ids(run, at), words);
      at = run = here.end;
      continue;
    }
    if (rows_[row].has_ended && trie_.has_below(at)) ends.push_back(at);
    ++at;
  }
  set_bits(trie_.ids(run, end), words);
}

}  // namespace tomoscribe::model::grammar

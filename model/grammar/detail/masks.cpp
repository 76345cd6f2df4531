#include "model/grammar/detail/masks.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "model/grammar/detail/classes.h"
#include "model/grammar/detail/walk.h"

namespace tomoscribe::model::grammar {

namespace {

/// Places that are not kept: pieces from there are not kept either.
constexpr std::uint32_t loose_id = 0xFFFFFFFF;

void add_bits(const std::vector<std::uint64_t>& from, std::vector<std::uint64_t>& to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] |= from[i];
}

}  // namespace

Masks::Masks(const Automaton& automaton, const Trie& trie, std::size_t most_bytes)
    : automaton_{automaton}, trie_{trie}, most_bytes_{most_bytes} {
  for (const std::uint32_t part : {Trie::short_tokens, Trie::long_tokens}) {
    class_of_.at(part) = alike(automaton, trie.longest(part));
    roots_.at(part) = {{trie.root(part)}, part, part};
  }
}

void Masks::add(const Stacks& stacks, Stacks::Id set, std::vector<std::uint64_t>& words) {
  struct Open {
    Stacks::Id set = Stacks::none;
    const Places* from = nullptr;

    bool operator==(const Open&) const = default;
  };
  Loose loose;
  std::vector<Open> open{{set, &roots_.front()}, {set, &roots_.back()}};
  for (std::size_t i = 0; i < open.size(); ++i) {
    const Open now = open[i];
    for (const Stacks::Frame& frame : stacks.frames(now.set)) {
      const Piece& found = piece(frame.state, *now.from, loose);
      add_bits(found.words, words);
      for (const auto id : found.ids) words[id / 64] |= std::uint64_t{1} << id % 64;
      const Open next{frame.below, found.ends};
      if (next.from != nullptr && std::ranges::find(open, next) == open.end()) open.push_back(next);
    }
  }
}

const Masks::Piece& Masks::piece(std::uint32_t state, const Places& from, Loose& loose) {
  const std::uint64_t key = std::uint64_t{class_of_.at(from.trie)[state]} << 32U | from.id;
  if (from.id != loose_id) {
    const std::lock_guard lock(mutex_);
    if (const auto found = pieces_.find(key); found != pieces_.end()) return *found->second;
  }
  Piece piece;
  piece.words.resize((trie_.size() + 63) / 64);
  std::vector<std::uint32_t> ends;
  Walk walk(automaton_, trie_, state);
  for (const auto node : from.nodes) walk.below(node, piece.words, ends);
  // Out of order only where one of the nodes lies below another.
  if (std::ranges::adjacent_find(ends, std::greater_equal{}) != ends.end()) {
    std::ranges::sort(ends);
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  }

  std::size_t count = 0;
  for (const auto word : piece.words) count += static_cast<std::size_t>(std::popcount(word));
  if (count * sizeof(std::uint32_t) < piece.words.size() * sizeof(std::uint64_t)) {
    piece.ids.reserve(count);
    for (std::size_t i = 0; i < piece.words.size(); ++i)
      for (std::uint64_t word = piece.words[i]; word != 0; word &= word - 1)
        piece.ids.push_back(static_cast<std::uint32_t>(i * 64) +
                            static_cast<std::uint32_t>(std::countr_zero(word)));
    piece.words = {};
  }
  return keep(key, from, std::move(piece), std::move(ends), loose);
}

const Masks::Piece& Masks::keep(std::uint64_t key, const Places& from, Piece piece,
                                std::vector<std::uint32_t> ends, Loose& loose) {
  // A node of the map and of the heap: about a hundred bytes.
  const std::size_t bytes = sizeof(Piece) + 100 + piece.words.size() * sizeof(std::uint64_t) +
                            piece.ids.size() * sizeof(std::uint32_t);
  const std::size_t more =
      ends.empty() ? 0 : sizeof(Places) + 150 + 2 * ends.size() * sizeof(std::uint32_t);
  const std::lock_guard lock(mutex_);
  if (from.id == loose_id || bytes_ + bytes + more > most_bytes_) {
    if (!ends.empty()) {
      loose.places.push_back(
          std::make_unique<Places>(Places{std::move(ends), from.trie, loose_id}));
      piece.ends = loose.places.back().get();
    }
    loose.pieces.push_back(std::make_unique<Piece>(std::move(piece)));
    return *loose.pieces.back();
  }
  if (!ends.empty()) piece.ends = &places(std::move(ends), from.trie);
  // Another thread may have found the same meanwhile.
  const auto [kept, fresh] = pieces_.try_emplace(key);
  if (fresh) {
    kept->second = std::make_unique<Piece>(std::move(piece));
    bytes_ += bytes;
  }
  return *kept->second;
}

const Masks::Places& Masks::places(std::vector<std::uint32_t> nodes, std::uint32_t trie) {
  const auto [found, fresh] = places_.try_emplace(nodes);
  if (fresh) {
    bytes_ += sizeof(Places) + 150 + 2 * nodes.size() * sizeof(std::uint32_t);
    found->second = std::make_unique<Places>(Places{std::move(nodes), trie, next_places_++});
  }
  return *found->second;
}

std::size_t Masks::kept_bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace tomoscribe::model::grammar

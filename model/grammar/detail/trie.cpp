#include "model/grammar/detail/trie.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace tomoscribe::model::grammar {

namespace {

constexpr std::size_t most_tokens = std::size_t{1} << 22U;

std::size_t common_length(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

Trie::Trie(std::vector<std::string> bytes, TokenId end) : bytes_{std::move(bytes)}, end_{end} {
  if (bytes_.size() > most_tokens) throw std::invalid_argument("more than 4 million tokens");
  if (!has(end)) throw std::invalid_argument("the end is no token of the vocabulary");
  bytes_[static_cast<std::size_t>(end)].clear();
  std::vector<std::uint32_t> short_ids, long_ids;
  for (std::uint32_t id = 0; id < bytes_.size(); ++id) {
    const std::string& token = bytes_[id];
    if (token.empty()) continue;
    if (token.size() > std::numeric_limits<std::uint16_t>::max())
      throw std::invalid_argument("a token is longer than 65,535 bytes");
    if (token.size() == 1) single_.set(static_cast<std::uint8_t>(token.front()));
    longest_ = std::max(longest_, token.size());
    (token.size() > most_short ? long_ids : short_ids).push_back(id);
  }
  for (auto* ids : {&short_ids, &long_ids})
    std::ranges::stable_sort(*ids, {},
                             [this](std::uint32_t id) -> const std::string& { return bytes_[id]; });
  add(short_ids);
  long_root_ = static_cast<std::uint32_t>(nodes_.size());
  add(long_ids);
  nodes_.push_back({.first = static_cast<std::uint32_t>(ids_.size())});
}

std::optional<TokenId> Trie::longest_of(std::string_view bytes) const {
  std::optional<TokenId> longest;
  for (const std::uint32_t trie : {short_tokens, long_tokens}) {
    std::uint32_t at = root(trie);
    for (const char c : bytes) {
      const std::uint32_t end = nodes_[at].end;
      std::uint32_t child = at + 1;
      while (child < end && nodes_[child].byte != static_cast<std::uint8_t>(c))
        child = nodes_[child].end;
      if (child >= end) break;
      at = child;
      if (const auto here = ids(at, at + 1); !here.empty())
        longest = static_cast<TokenId>(here.front());
    }
  }
  return longest;
}

void Trie::add(const std::vector<std::uint32_t>& sorted) {
  const auto here = [this] { return static_cast<std::uint32_t>(nodes_.size()); };
  std::vector<std::uint32_t> path{here()};
  const auto close = [&](std::size_t depth) {
    for (; path.size() > depth + 1; path.pop_back()) nodes_[path.back()].end = here();
  };
  nodes_.push_back({.first = static_cast<std::uint32_t>(ids_.size())});
  std::string_view before;
  for (const auto id : sorted) {
    const std::string_view token = bytes_[id];
    std::size_t depth = common_length(before, token);
    close(depth);
    for (; depth < token.size(); ++depth) {
      path.push_back(here());
      nodes_.push_back({.first = static_cast<std::uint32_t>(ids_.size()),
                        .depth = static_cast<std::uint16_t>(depth + 1),
                        .byte = static_cast<std::uint8_t>(token[depth])});
    }
    ids_.push_back(id);
    before = token;
  }
  close(0);
  nodes_[path.front()].end = here();
}

}  // namespace tomoscribe::model::grammar

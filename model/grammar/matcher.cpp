#include <bit>
#include <string>

#include "model/grammar/detail/masks.h"
#include "model/grammar/detail/recogniser.h"
#include "model/grammar/grammar.h"

namespace tomoscribe::model {

Constraint::Constraint(const Grammar& grammar, const TokenTrie& trie, std::size_t most_cached_bytes)
    : automaton_{grammar.automaton_.get()}, trie_{trie.trie_.get()} {
  for (const auto& edge : automaton_->edges)
    for (unsigned byte = edge.first; byte <= edge.last; ++byte)
      if (!trie_->has_byte(static_cast<std::uint8_t>(byte)))
        throw BadGrammar("the grammar can ask for the byte " + std::to_string(byte) +
                         ", which is no token of the vocabulary by itself");
  masks_ = std::make_unique<grammar::Masks>(*automaton_, *trie_, most_cached_bytes);
}

Constraint::~Constraint() = default;

std::size_t Constraint::mask_words() const {
  return (trie_->size() + 63) / 64;
}

std::size_t Constraint::cached_bytes() const {
  return masks_->kept_bytes();
}

struct Matcher::State {
  const grammar::Trie* trie = nullptr;
  grammar::Masks* masks = nullptr;
  std::size_t words = 0;
  grammar::Recogniser text;
  bool has_ended = false;
};

Matcher::Matcher(const Constraint& constraint)
    : state_{new State{constraint.trie_, constraint.masks_.get(), constraint.mask_words(),
                       grammar::Recogniser(*constraint.automaton_)}} {}

Matcher::~Matcher() = default;
Matcher::Matcher(const Matcher& other) : state_{std::make_unique<State>(*other.state_)} {}
Matcher& Matcher::operator=(const Matcher& other) {
  if (this != &other) state_ = std::make_unique<State>(*other.state_);
  return *this;
}
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

void Matcher::mask(std::vector<std::uint64_t>& words) const {
  words.assign(state_->words, 0);
  if (state_->has_ended) return;
  state_->masks->add(state_->text.stacks(), state_->text.at(), words);
  const auto end = static_cast<std::size_t>(state_->trie->end());
  if (is_accepting()) words[end / 64] |= std::uint64_t{1} << end % 64;
}

bool Matcher::accept(TokenId token) {
  if (state_->has_ended || !state_->trie->has(token)) return false;
  if (token == state_->trie->end()) return state_->has_ended = is_accepting();
  const std::string& bytes = state_->trie->bytes(token);
  if (bytes.empty()) return false;
  grammar::Recogniser ahead = state_->text;
  if (ahead.take(bytes) != bytes.size()) return false;
  state_->text = std::move(ahead);
  return true;
}

std::size_t Matcher::accept_bytes(std::string_view bytes) {
  return state_->has_ended ? 0 : state_->text.take(bytes);
}

bool Matcher::is_accepting() const {
  return state_->text.is_accepting();
}

bool Matcher::has_ended() const {
  return state_->has_ended;
}

std::string Matcher::forced_bytes() const {
  return state_->has_ended ? "" : state_->text.forced_bytes();
}

std::optional<TokenId> Matcher::forced_token() const {
  std::vector<std::uint64_t> words;
  mask(words);
  std::optional<TokenId> only;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == 0) continue;
    if (only || !std::has_single_bit(words[i])) return std::nullopt;
    only = static_cast<TokenId>(i * 64) + static_cast<TokenId>(std::countr_zero(words[i]));
  }
  return only;
}

std::string Matcher::shortest_completion() const {
  return state_->text.shortest_completion();
}

std::size_t Matcher::shortest_completion_length() const {
  return state_->text.shortest_completion_length();
}

}  // namespace tomoscribe::model

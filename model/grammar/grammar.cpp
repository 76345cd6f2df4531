#include "model/grammar/grammar.h"

#include "model/grammar/detail/automaton.h"
#include "model/grammar/detail/recogniser.h"
#include "model/grammar/detail/trie.h"

namespace tomoscribe::model {

Grammar::Grammar(std::unique_ptr<const grammar::Automaton> automaton)
    : automaton_{std::move(automaton)} {}
Grammar::~Grammar() = default;
Grammar::Grammar(Grammar&&) noexcept = default;
Grammar& Grammar::operator=(Grammar&&) noexcept = default;

Grammar Grammar::parse(std::string_view text) {
  const grammar::Rules rules = grammar::read_rules(text);
  const grammar::Analysis analysis = grammar::analyse(rules);
  return Grammar(std::make_unique<grammar::Automaton>(grammar::build_automaton(rules, analysis)));
}

bool Grammar::accepts(std::string_view text) const {
  grammar::Recogniser recogniser(*automaton_);
  return recogniser.take(text) == text.size() && recogniser.is_accepting();
}

std::size_t Grammar::shortest_length() const {
  return automaton_->states[automaton_->start].shortest;
}

std::vector<std::string> token_bytes(const Tokenizer& tokenizer) {
  std::vector<std::string> bytes;
  bytes.reserve(tokenizer.size());
  for (std::size_t id = 0; id < tokenizer.size(); ++id)
    bytes.emplace_back(tokenizer.bytes(static_cast<TokenId>(id)));
  return bytes;
}

TokenTrie::TokenTrie(std::vector<std::string> bytes, TokenId end)
    : trie_{std::make_unique<grammar::Trie>(std::move(bytes), end)} {}
TokenTrie::~TokenTrie() = default;
TokenTrie::TokenTrie(TokenTrie&&) noexcept = default;
TokenTrie& TokenTrie::operator=(TokenTrie&&) noexcept = default;

std::size_t TokenTrie::size() const {
  return trie_->size();
}

std::vector<TokenId> TokenTrie::spell(std::string_view bytes) const {
  std::vector<TokenId> ids;
  while (!bytes.empty()) {
    const auto id = trie_->longest_of(bytes);
    if (!id) throw std::invalid_argument("no token begins as these bytes do");
    ids.push_back(*id);
    bytes.remove_prefix(trie_->bytes(*id).size());
  }
  return ids;
}

}  // namespace tomoscribe::model

#include "model/detail/answer.h"

#include <bit>
#include <stdexcept>
#include <utility>

#include "model/refused.h"

namespace tomoscribe::model::detail {

namespace {

constexpr std::size_t bits = 64;

std::vector<std::uint64_t> any_text(const Tokenizer& tokenizer, TokenId end) {
  std::vector<std::uint64_t> mask((tokenizer.size() + bits - 1) / bits);
  for (std::size_t id = 0; id < tokenizer.size(); ++id)
    if (!tokenizer.bytes(static_cast<TokenId>(id)).empty() || static_cast<TokenId>(id) == end)
      mask[id / bits] |= std::uint64_t{1} << (id % bits);
  return mask;
}

}  // namespace

Admission::Admission(const Tokenizer& tokenizer, const TokenTrie& trie, const Grammar* grammar,
                     TokenId end, std::size_t most_tokens)
    : tokenizer_(tokenizer), trie_(trie), end_(end) {
  if (grammar == nullptr) {
    mask_ = any_text(tokenizer, end);
    return;
  }
  if (grammar->shortest_length() > most_tokens)
    throw Refused("an answer of " + std::to_string(most_tokens) +
                  " tokens may be too short for the grammar, whose shortest text has " +
                  std::to_string(grammar->shortest_length()) + " bytes");
  constraint_.emplace(*grammar, trie);
  matcher_.emplace(*constraint_);
}

const std::vector<std::uint64_t>& Admission::mask() {
  if (matcher_) matcher_->mask(mask_);
  return mask_;
}

std::optional<TokenId> Admission::only() const {
  std::optional<TokenId> found;
  for (std::size_t word = 0; word < mask_.size(); ++word) {
    if (mask_[word] == 0) continue;
    if (found || std::popcount(mask_[word]) > 1) return std::nullopt;
    found =
        static_cast<TokenId>(word * bits + static_cast<std::size_t>(std::countr_zero(mask_[word])));
  }
  return found;
}

/// As the tokenizer cuts them, where that gives these very bytes: SentencePiece puts a space in
/// front.
std::vector<TokenId> Admission::as_tokenized(std::string_view bytes) const {
  std::vector<TokenId> ids = tokenizer_.encode(bytes);
  std::string together;
  for (const TokenId id : ids) together += tokenizer_.bytes(id);
  return together == bytes ? ids : trie_.spell(bytes);
}

void Admission::accept_all(const std::vector<TokenId>& ids) {
  for (const TokenId id : ids)
    if (!matcher_->accept(id)) throw std::logic_error("what a grammar asks for was not accepted");
}

std::vector<TokenId> Admission::forced() {
  if (!matcher_) return {};
  std::vector<TokenId> ids = as_tokenized(matcher_->forced_bytes());
  if (!ids.empty()) ids.pop_back();
  accept_all(ids);
  return ids;
}

std::vector<TokenId> Admission::closing() {
  if (!matcher_) return {};
  std::vector<TokenId> ids = trie_.spell(matcher_->shortest_completion());
  accept_all(ids);
  return ids;
}

bool Admission::take(TokenId id, std::size_t left) {
  if (!matcher_ || id == end_) return true;
  Matcher next = *matcher_;
  if (!next.accept(id)) throw std::logic_error("a token was chosen that was not admitted");
  if (next.shortest_completion_length() > left) return false;
  matcher_ = std::move(next);
  return true;
}

Answer::Answer(const Tokenizer& tokenizer, std::vector<std::size_t> image_places, bool exact)
    : tokenizer_(tokenizer),
      decoder_(tokenizer),
      image_places_(std::move(image_places)),
      exact_(exact) {
  passage_.image_attention.resize(image_places_.size());
}

void Answer::add(const GeneratedToken& token, const std::vector<float>& attention) {
  std::string& text = generation_.text;
  const std::size_t before = text.size();
  generation_.tokens.push_back(token);
  generation_.tokens.back().begin = before;
  if (exact_)
    text += tokenizer_.bytes(token.id);
  else
    text += decoder_.push(token.id);
  if (!token.forced) {
    passage_.log_probability += static_cast<double>(token.log_probability);
    ++passage_.chosen;
    if (!attention.empty()) {
      ++watched_;
      for (std::size_t i = 0; i < image_places_.size(); ++i)
        passage_.image_attention[i] += attention[image_places_[i]];
    }
  }
  for (std::size_t at = text.find('\n', before); at != std::string::npos;
       at = text.find('\n', at + 1))
    end_passage(at);
}

/// A token that holds a line's end counts for the line that it ends.
void Answer::end_passage(std::size_t end) {
  passage_.end = end;
  if (watched_ > 0)
    for (float& mass : passage_.image_attention) mass /= static_cast<float>(watched_);
  if (passage_.end > passage_.begin) generation_.passages.push_back(passage_);
  passage_ = {};
  passage_.begin = end + 1;
  passage_.image_attention.resize(image_places_.size());
  watched_ = 0;
}

Generation Answer::finish() {
  if (!exact_) generation_.text += decoder_.finish();
  if (passage_.begin <= generation_.text.size()) end_passage(generation_.text.size());
  return std::move(generation_);
}

}  // namespace tomoscribe::model::detail

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <numeric>
#include <utility>

#include "model/tokenizer/detail/piece_table.h"
#include "model/tokenizer/detail/sentencepiece_model.h"
#include "model/tokenizer/detail/unicode.h"
#include "model/tokenizer/tokenizer.h"

namespace tomoscribe::model {

namespace {

using detail::SentencePiece;
using detail::SentencePieceModel;
using Type = SentencePiece::Type;

constexpr std::string_view blank = "\xE2\x96\x81";  // U+2581

struct Normalization {
  bool adds_dummy_prefix = true, removes_extra_blanks = true;

  /// A blank in front, U+2581 for every blank; where the model says so, no more than one in a row
  /// and none at the ends.
  std::string apply(std::string_view text) const {
    std::string result;
    if (removes_extra_blanks) {
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
      text = text.substr(0, text.find_last_not_of(' ') + 1);
    }
    if (text.empty()) return result;
    result.reserve(text.size() + text.size() / 2);
    if (adds_dummy_prefix) result += blank;
    char last = 0;
    for (const char c : text) {
      if (c != ' ')
        result += c;
      else if (!removes_extra_blanks || last != ' ')
        result += blank;
      last = c;
    }
    return result;
  }
};

/// Blanks, then what is none, up to the next blank.
std::size_t word_end(std::string_view text, std::size_t at) {
  while (text.substr(at).starts_with(blank)) at += blank.size();
  return std::min(text.find(blank, at), text.size());
}

/// What encoding needs of a model.
struct Encoding {
  Normalization normalization;
  detail::PieceTable table;         ///< normal and user-defined pieces
  detail::PieceTable user_defined;  ///< always whole
  TokenId unknown = 0;
  bool byte_fallback = false;
  bool blanks_only_lead =
      true;  ///< no piece reaches from one word into the next: each is by itself
  std::array<TokenId, 256> byte_ids{};
};

class SentencePieceTokenizer : public Tokenizer {
 public:
  SentencePieceTokenizer(Vocabulary vocabulary, Encoding encoding)
      : Tokenizer{std::move(vocabulary)}, encoding_{std::move(encoding)} {}

 private:
  void encode_valid(std::string_view text, std::vector<TokenId>& ids) const override {
    const std::string normal = encoding_.normalization.apply(text);
    bool after_unknown = false;
    for (std::size_t at = 0, end = 0; at < normal.size(); at = end) {
      end = encoding_.blanks_only_lead ? word_end(normal, at) : normal.size();
      encode_word(std::string_view(normal).substr(at, end - at), ids, after_unknown);
    }
  }

  /// `after_unknown`: the last character was unknown and gave a token.
  void encode_word(std::string_view word, std::vector<TokenId>& ids, bool& after_unknown) const {
    std::vector<detail::Symbol> symbols;
    for (std::size_t at = 0; at < word.size(); at += symbols.back().length)
      symbols.push_back(first_symbol(word, at));
    detail::merge(encoding_.table, word, symbols);
    for (const auto& symbol : symbols) {
      const auto piece = word.substr(symbol.begin, symbol.length);
      const auto* found = encoding_.table.find(piece);
      if (found != nullptr)
        ids.push_back(TokenId(found->id));
      else if (encoding_.byte_fallback)
        for (const char c : piece) ids.push_back(encoding_.byte_ids[static_cast<unsigned char>(c)]);
      else if (!after_unknown)  // a run of unknown characters is one token
        ids.push_back(encoding_.unknown);
      after_unknown = found == nullptr;
    }
  }

  /// A user-defined piece, the longest that fits, else one character.
  detail::Symbol first_symbol(std::string_view text, std::size_t at) const {
    const auto begin = std::uint32_t(at);
    for (std::size_t length = std::min(encoding_.user_defined.longest(), text.size() - at);
         length > 0; --length)
      if (encoding_.user_defined.find(text.substr(at, length)) != nullptr)
        return {.begin = begin, .length = std::uint32_t(length), .fixed = true};
    return {.begin = begin, .length = std::uint32_t(detail::utf8_step(text, at).length)};
  }

  Encoding encoding_;
};

void refuse_what_is_not_implemented(const SentencePieceModel& model) {
  if (model.pieces.empty()) throw BadVocabulary("not a SentencePiece model: it has no pieces");
  if (model.model_type != 2)
    throw BadVocabulary("the SentencePiece model is not of type BPE but " +
                        std::to_string(model.model_type));
  if (model.has_charsmap || model.has_denormalizer)
    throw BadVocabulary("the SentencePiece model has a normalisation table; only identity is read");
  if (model.blank_is_suffix || !model.escapes_blanks)
    throw BadVocabulary("the SentencePiece model does not put U+2581 in front of words");
}

/// "<0x41>" is 0x41.
int byte_value(const std::string& name, std::size_t place) {
  for (int value = 0; value < 256; ++value) {
    std::array<char, 8> expected{};
    (void)std::snprintf(expected.data(), expected.size(), "<0x%02X>", unsigned(value));
    if (name == expected.data()) return value;
  }
  throw BadVocabulary("piece " + std::to_string(place) + " is of type byte but is called " + name);
}

std::string surface(std::string text) {
  for (std::size_t at = 0; (at = text.find(blank, at)) != text.npos; ++at)
    text.replace(at, blank.size(), 1, ' ');
  return text;
}

/// Place of each piece in the order in which merges are made; equal scores share a place.
std::vector<std::uint32_t> ranks_of(const std::vector<SentencePiece>& pieces) {
  std::vector<std::size_t> order(pieces.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, std::greater{}, [&](std::size_t i) { return pieces[i].score; });
  std::vector<std::uint32_t> ranks(pieces.size());
  for (std::size_t i = 1; i < order.size(); ++i)
    ranks[order[i]] =
        ranks[order[i - 1]] + (pieces[order[i]].score < pieces[order[i - 1]].score ? 1 : 0);
  return ranks;
}

/// Sorts the pieces into what texts make and what they do not.
class Builder {
 public:
  Builder(const SentencePieceModel& model, std::string version) : model_{model} {
    const auto ranks = ranks_of(model.pieces);
    encoding_.byte_ids.fill(-1);
    for (std::size_t id = 0; id < model.pieces.size(); ++id) add(id, ranks[id]);
    if (unknowns_ != 1)
      throw BadVocabulary("there are " + std::to_string(unknowns_) +
                          " pieces of type unknown, not one");
    if (model.byte_fallback && std::ranges::count(encoding_.byte_ids, -1) > 0)
      throw BadVocabulary("the model falls back to bytes but lacks pieces for some");
    encoding_.byte_fallback = model.byte_fallback;
    encoding_.normalization = {.adds_dummy_prefix = model.adds_dummy_prefix,
                               .removes_extra_blanks = model.removes_extra_blanks};
    vocabulary_.drops_first_space = model.adds_dummy_prefix || model.removes_extra_blanks;
    vocabulary_.version = std::move(version);
  }

  std::unique_ptr<Tokenizer> tokenizer() && {
    return std::make_unique<SentencePieceTokenizer>(std::move(vocabulary_), std::move(encoding_));
  }

 private:
  void add(std::size_t id, std::uint32_t rank) {
    const SentencePiece& piece = model_.pieces[id];
    if (!all_.add(piece.text, std::uint32_t(id), 0))
      throw BadVocabulary("piece " + std::to_string(id) + " repeats an earlier one");
    vocabulary_.bytes.emplace_back();
    vocabulary_.names.emplace_back();
    switch (piece.type) {
      case Type::user_defined:
        encoding_.user_defined.add(piece.text, std::uint32_t(id), rank);
        [[fallthrough]];
      case Type::normal:
        encoding_.table.add(piece.text, std::uint32_t(id), rank);
        if (word_end(piece.text, 0) != piece.text.size()) encoding_.blanks_only_lead = false;
        vocabulary_.bytes.back() = surface(piece.text);
        break;
      case Type::byte: add_byte(id); break;
      case Type::unknown:
        ++unknowns_;
        encoding_.unknown = TokenId(id);
        vocabulary_.bytes.back() = model_.unknown_surface;
        [[fallthrough]];
      case Type::control:
        vocabulary_.names.back() = piece.text;
        vocabulary_.controls.emplace(piece.text, TokenId(id));
        break;
      case Type::unused:
        throw BadVocabulary("piece " + std::to_string(id) +
                            " is of type unused, which is not read");
    }
  }

  void add_byte(std::size_t id) {
    const int value = byte_value(model_.pieces[id].text, id);
    encoding_.byte_ids[std::size_t(value)] = TokenId(id);
    vocabulary_.bytes.back() = std::string(1, static_cast<char>(value));
  }

  const SentencePieceModel& model_;
  Vocabulary vocabulary_;
  Encoding encoding_;
  detail::PieceTable all_;
  int unknowns_ = 0;
};

}  // namespace

std::unique_ptr<Tokenizer> read_sentencepiece(std::string_view protobuf, std::string version) {
  const SentencePieceModel model = detail::parse_sentencepiece(protobuf);
  refuse_what_is_not_implemented(model);
  return Builder(model, std::move(version)).tokenizer();
}

}  // namespace tomoscribe::model

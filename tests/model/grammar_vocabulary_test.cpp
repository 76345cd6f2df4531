// Masks over Tekken's 131,072 tokens, and texts that random weights would write.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/grammar/grammar.h"
#include "text_fixtures.h"

namespace tomoscribe::model {
namespace {

std::string read_data(const std::string& name) {
  std::ifstream stream(std::string(TOMOSCRIBE_SOURCE_DIR) + "/tests/data/grammar/" + name,
                       std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

struct Vocabulary {
  std::unique_ptr<Tokenizer> tokenizer;
  std::vector<std::string> bytes;
  TokenId end = 0;
  std::unique_ptr<TokenTrie> trie;
};

std::unique_ptr<const Vocabulary> load(const char* name) {
  const auto file = fixtures::folder() / name;
  if (!std::filesystem::exists(file)) return nullptr;
  auto loaded = std::make_unique<Vocabulary>();
  loaded->tokenizer = fixtures::tokenizer_from(file);
  loaded->bytes = token_bytes(*loaded->tokenizer);
  loaded->end = loaded->tokenizer->control("</s>").value();
  loaded->trie = std::make_unique<TokenTrie>(loaded->bytes, loaded->end);
  return loaded;
}

std::vector<TokenId> admitted(const Matcher& matcher) {
  std::vector<std::uint64_t> words;
  matcher.mask(words);
  std::vector<TokenId> ids;
  for (std::size_t i = 0; i < words.size(); ++i)
    for (std::size_t bit = 0; bit < 64; ++bit)
      if ((words[i] >> bit & 1U) != 0) ids.push_back(static_cast<TokenId>(i * 64 + bit));
  return ids;
}

/// One by one, without the trie.
std::vector<TokenId> tried(const Matcher& matcher, const Vocabulary& vocabulary) {
  std::vector<TokenId> ids;
  for (std::size_t id = 0; id < vocabulary.bytes.size(); ++id) {
    const std::string& bytes = vocabulary.bytes[id];
    const bool is_end = static_cast<TokenId>(id) == vocabulary.end;
    if (bytes.empty() && !is_end) continue;
    Matcher copy = matcher;
    const bool fits = is_end ? matcher.is_accepting() : copy.accept_bytes(bytes) == bytes.size();
    if (fits) ids.push_back(static_cast<TokenId>(id));
  }
  return ids;
}

class GrammarOverTekken : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (tekken() == nullptr) GTEST_SKIP() << "no tekken_240911.json.gz in " << fixtures::folder();
  }

  /// What all tests share: reading it takes half a second.
  static const Vocabulary* tekken() {
    static const auto all = load("tekken_240911.json.gz");
    return all.get();
  }

  Grammar grammar_ = Grammar::parse(read_data(std::string(GetParam()) + ".grammar"));
  std::mt19937 random_{5};  // NOLINT(cert-msc51-cpp): the same walks each time
};

TEST_P(GrammarOverTekken, TakesARealTextTokenByToken) {
  const std::string text = read_data(std::string(GetParam()) + ".txt");
  EXPECT_TRUE(grammar_.accepts(text));
  const Constraint constraint(grammar_, *tekken()->trie);
  Matcher matcher(constraint);
  std::vector<std::uint64_t> words;
  for (const TokenId id : tekken()->tokenizer->encode(text)) {
    matcher.mask(words);
    const auto bit = static_cast<std::size_t>(id);
    ASSERT_TRUE((words[bit / 64] >> bit % 64 & 1U) != 0);
    ASSERT_TRUE(matcher.accept(id));
  }
  EXPECT_TRUE(matcher.accept(tekken()->end));
}

TEST_P(GrammarOverTekken, MasksAreWhatTryingEveryTokenGives) {
  const std::string text = read_data(std::string(GetParam()) + ".txt");
  const Constraint constraint(grammar_, *tekken()->trie);
  for (int round = 0; round < 12; ++round) {
    Matcher matcher(constraint);
    const std::size_t length = random_() % text.size();
    ASSERT_EQ(matcher.accept_bytes(text.substr(0, length)), length);
    ASSERT_EQ(admitted(matcher), tried(matcher, *tekken())) << text.substr(0, length);
  }
}

/// A model that knows nothing, at infinite temperature, with so many tokens to write: the text is
/// ended on the shortest way when one more token would leave no room for it.
TEST_P(GrammarOverTekken, EveryRandomTextIsOfTheGrammar) {
  const Constraint constraint(grammar_, *tekken()->trie);
  const std::size_t least = grammar_.shortest_length();
  for (int round = 0; round < 60; ++round) {
    std::size_t tokens_left = least + 1 + random_() % 300;
    Matcher matcher(constraint);
    std::string text;
    const auto take = [&](TokenId id) {
      text += tekken()->bytes[static_cast<std::size_t>(id)];
      ASSERT_GT(tokens_left--, 0);
    };
    while (!matcher.has_ended()) {
      const auto ids = admitted(matcher);
      ASSERT_FALSE(ids.empty());
      const TokenId id = ids[random_() % ids.size()];
      Matcher next = matcher;
      ASSERT_TRUE(next.accept(id));
      if (!next.has_ended() && next.shortest_completion_length() + 2 > tokens_left) break;
      take(id);
      matcher = std::move(next);
    }
    if (!matcher.has_ended()) {
      for (const TokenId id : tekken()->trie->spell(matcher.shortest_completion())) {
        ASSERT_TRUE(matcher.accept(id));
        take(id);
      }
      ASSERT_TRUE(matcher.accept(tekken()->end));
      take(tekken()->end);
    }
    ASSERT_TRUE(grammar_.accepts(text)) << text;
  }
  EXPECT_LE(constraint.cached_bytes(), 8U << 20U);
}

TEST(GrammarOverSentencePiece, MasksAreWhatTryingEveryTokenGives) {
  // Here "A" and the byte 0x41 are two tokens of the same bytes.
  const auto vocabulary = load("mistral_instruct_tokenizer_241114.model.v7m1");
  if (vocabulary == nullptr) GTEST_SKIP() << "no vocabulary in " << fixtures::folder();
  const std::string text = read_data("json.txt");
  const Grammar grammar = Grammar::parse(read_data("json.grammar"));
  const Constraint constraint(grammar, *vocabulary->trie);
  for (std::size_t length = 0; length < text.size(); length += 97) {
    Matcher matcher(constraint);
    ASSERT_EQ(matcher.accept_bytes(text.substr(0, length)), length);
    ASSERT_EQ(admitted(matcher), tried(matcher, *vocabulary)) << text.substr(0, length);
  }
}

INSTANTIATE_TEST_SUITE_P(Grammars, GrammarOverTekken, testing::Values("report", "json", "text"),
                         [](const auto& now) { return std::string(now.param); });

}  // namespace
}  // namespace tomoscribe::model

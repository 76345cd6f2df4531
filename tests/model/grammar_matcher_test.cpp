#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grammar_oracle.h"
#include "model/grammar/grammar.h"

namespace tomoscribe::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Strings = std::vector<std::string>;

/// Token 0 ends a text, then the 256 bytes, then these.
Strings tokens_and_bytes(const Strings& more) {
  Strings tokens{"</s>"};
  for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  tokens.insert(tokens.end(), more.begin(), more.end());
  return tokens;
}

std::vector<TokenId> admitted(const Matcher& matcher) {
  std::vector<std::uint64_t> words;
  matcher.mask(words);
  std::vector<TokenId> ids;
  for (std::size_t id = 0; id < words.size() * 64; ++id)
    if ((words[id / 64] >> id % 64 & 1U) != 0) ids.push_back(static_cast<TokenId>(id));
  return ids;
}

TEST(Matcher, AdmitsTheEndOnlyWhereTheTextIsComplete) {
  const Grammar grammar = Grammar::parse(R"(start = "ab" "c"? ;)");
  const TokenTrie trie({"", "a", "b", "c", "ab", "bc", "abc", "abcd", "x", "a"}, 0);
  const Constraint constraint(grammar, trie);
  Matcher matcher(constraint);
  EXPECT_THAT(admitted(matcher), ElementsAre(1, 4, 6, 9));
  EXPECT_FALSE(matcher.is_accepting());
  EXPECT_FALSE(matcher.accept(0));
  ASSERT_TRUE(matcher.accept(4));
  EXPECT_THAT(admitted(matcher), ElementsAre(0, 3));
  EXPECT_TRUE(matcher.is_accepting());
  EXPECT_FALSE(matcher.forced_token());
  EXPECT_EQ(matcher.forced_bytes(), "");
  Matcher copy = matcher;
  ASSERT_TRUE(copy.accept(3));
  EXPECT_EQ(copy.forced_token(), 0);
  ASSERT_TRUE(copy.accept(0));
  EXPECT_TRUE(copy.has_ended());
  EXPECT_THAT(admitted(copy), IsEmpty());
  EXPECT_FALSE(copy.accept(0));
  EXPECT_EQ(copy.accept_bytes("c"), 0);
  EXPECT_FALSE(matcher.has_ended());
  EXPECT_THAT(admitted(matcher), ElementsAre(0, 3));
}

TEST(Matcher, RefusesTokensThatAreNotThereOrHaveNoBytes) {
  const Grammar grammar = Grammar::parse(R"(start = "a" ;)");
  const TokenTrie trie({"a", "", "</s>"}, 2);
  const Constraint constraint(grammar, trie);
  Matcher matcher(constraint);
  EXPECT_THAT(admitted(matcher), ElementsAre(0));
  for (const TokenId id : {-1, 1, 2, 3}) EXPECT_FALSE(matcher.accept(id)) << id;
  EXPECT_THROW(TokenTrie({"a"}, 1), std::invalid_argument);
}

TEST(Matcher, SaysHowFarBytesWereTaken) {
  const Grammar grammar = Grammar::parse(R"(start = "ab" [c-d]+ ;)");
  const TokenTrie trie(tokens_and_bytes({}), 0);
  const Constraint constraint(grammar, trie);
  Matcher matcher(constraint);
  EXPECT_EQ(matcher.forced_bytes(), "ab");
  EXPECT_EQ(matcher.accept_bytes("abcx"), 3);
  EXPECT_EQ(matcher.accept_bytes("x"), 0);
  EXPECT_EQ(matcher.accept_bytes("dd"), 2);
  EXPECT_TRUE(matcher.is_accepting());
}

TEST(Matcher, TakesTokensThatEndInsideACharacter) {
  const Grammar grammar = Grammar::parse(R"(start = [😀-😂] "!" ;)");
  const TokenTrie trie(tokens_and_bytes({"\xF0\x9F", "\x98\x81!", "\x98\x83"}), 0);
  const Constraint constraint(grammar, trie);
  Matcher matcher(constraint);
  EXPECT_EQ(matcher.forced_bytes(), "\xF0\x9F\x98");
  ASSERT_TRUE(matcher.accept(257));
  EXPECT_THAT(admitted(matcher), ElementsAre(1 + 0x98, 258));
  ASSERT_TRUE(matcher.accept(258));
  EXPECT_TRUE(matcher.is_accepting());
}

TEST(TokenTrie, SpellsBytesWithTheLongestTokens) {
  const TokenTrie trie({"", "a", "ab", "abcabcabcabcabcabc", "b", "c", "\xC3"}, 0);
  EXPECT_THAT(trie.spell("abcabcabcabcabcabca"), ElementsAre(3, 1));
  EXPECT_THAT(trie.spell("abcabcabc\xC3"), ElementsAre(2, 5, 2, 5, 2, 5, 6));
  EXPECT_THAT(trie.spell(""), IsEmpty());
  EXPECT_THROW(trie.spell("ad"), std::invalid_argument);
}

TEST(Matcher, NeedsEveryByteAsAToken) {
  const TokenTrie trie({"</s>", "a", "é", "b"}, 0);
  const auto refusal = [&](const char* rules) -> std::string {
    try {
      const Grammar grammar = Grammar::parse(rules);
      const Constraint constraint(grammar, trie);
      return "";
    } catch (const BadGrammar& why) {
      return why.what();
    }
  };
  EXPECT_EQ(refusal(R"(start = [ab]* ;)"), "");
  EXPECT_THAT(refusal(R"(start = "a" | "é" ;)"), HasSubstr("the byte 195, which is no token"));
}

TEST(Matcher, KnowsTheShortestWayOut) {
  const Grammar grammar = Grammar::parse(
      R"(start = "{" (item ("," item)*)? "}" ; item = start | [^{},\u{0}-\u{1F}]{3,} ;)");
  const TokenTrie trie(tokens_and_bytes({}), 0);
  const Constraint constraint(grammar, trie);
  Matcher matcher(constraint);
  EXPECT_EQ(matcher.shortest_completion(), "{}");
  ASSERT_EQ(matcher.accept_bytes("{{{abc,"), 7);
  EXPECT_EQ(matcher.shortest_completion(), "{}}}}");
  EXPECT_EQ(matcher.shortest_completion_length(), 5);
  ASSERT_EQ(matcher.accept_bytes("a\xF0"), 2);
  EXPECT_EQ(matcher.shortest_completion_length(), 7);
  ASSERT_EQ(matcher.accept_bytes(matcher.shortest_completion()), 7);
  EXPECT_TRUE(matcher.is_accepting());
  EXPECT_EQ(matcher.shortest_completion(), "");
}

TEST(Matcher, AdmitsTheRightTokensWhereEachHasStacksOfItsOwn) {
  std::string rules = "start = (";
  Strings more;
  for (char a = 'a'; a <= 'z'; ++a) {
    const std::string one(1, a), other(1, static_cast<char>(a - 'a' + 'A'));
    rules.append(a == 'a' ? "" : " | ").append("\"" + one + "\" start \"" + other + "\"");
    for (char b = 'a'; b <= 'z'; ++b)
      for (char c = 'a'; c <= 'z'; ++c) more.push_back(one + b + c);
    more.push_back(one + other);
    more.push_back("a" + one + other + "A");
    more.push_back(one + "aA" + other + "Z");
  }
  const Grammar grammar = Grammar::parse(rules + ")? ;");
  const Strings tokens = tokens_and_bytes(more);
  const TokenTrie trie(tokens, 0);
  const Constraint constraint(grammar, trie);
  Matcher matcher(constraint);
  ASSERT_EQ(matcher.accept_bytes("qz"), 2);
  std::vector<TokenId> expected;
  for (std::size_t id = 1; id < tokens.size(); ++id) {
    Matcher copy = matcher;
    if (copy.accept_bytes(tokens[id]) == tokens[id].size())
      expected.push_back(static_cast<TokenId>(id));
  }
  EXPECT_EQ(admitted(matcher), expected);
  EXPECT_EQ(expected.size(), 26 + 1 + 17'576 + 3 * 26);  // "Z", and all but the bytes
}

TEST(Matcher, CountsToTheLastCharacter) {
  Strings more;
  for (std::size_t length = 1; length <= 45; ++length) {
    more.push_back(std::string(length, 'a'));
    more.push_back(std::string(length, 'a') + "é");
    more.push_back(std::string(length, 'a') + ".");
    more.push_back(std::string(length, 'a') + ".!");
  }
  const Grammar grammar = Grammar::parse(R"(start = sentence "!" ; sentence = [aé]{5,90} "." ;)");
  const Strings tokens = tokens_and_bytes(more);
  const TokenTrie trie(tokens, 0);
  const Constraint constraint(grammar, trie);
  Matcher matcher(constraint);
  for (std::size_t count = 0; count <= 90; ++count) {
    std::vector<TokenId> expected;
    for (std::size_t id = 1; id < tokens.size(); ++id) {
      const std::string& token = tokens[id];
      const auto letters = count + static_cast<std::size_t>(std::ranges::count_if(
                                       token, [](char c) { return c == 'a' || c == '\xC3'; }));
      const bool has_period = token.find('.') != token.npos;
      const bool is_other = token.size() == 1 && token != "a" && token != "." && token != "\xC3";
      if (!is_other && letters <= 90 && (!has_period || letters >= 5))
        expected.push_back(static_cast<TokenId>(id));
    }
    ASSERT_EQ(admitted(matcher), expected) << count;
    ASSERT_EQ(matcher.accept_bytes(count % 7 == 0 ? "é" : "a"), count == 90      ? 0
                                                                : count % 7 == 0 ? 2
                                                                                 : 1);
  }
}

// Against one that tries everything ----------------------------------------------------------

/// Tokens over the letters of oracle's grammars; some longer than what the trie calls short.
Strings random_tokens(std::mt19937& random) {
  const Strings letters{"a", "b", "c", "é", "€", "😀", "\xC3", "\xA9", "\xE2\x82", "\xF0\x9F", "è"};
  Strings tokens;
  for (int i = 0; i < 150; ++i) {
    std::string token;
    for (auto count = 1 + random() % (i % 10 == 0 ? 14 : 4); count > 0; --count)
      token += letters[random() % letters.size()];
    tokens.push_back(token);
  }
  return tokens;
}

class AgainstTryingEverything : public testing::Test {
 protected:
  struct Case {
    oracle::Trees trees;
    Grammar grammar;
  };

  /// A grammar that is taken; its texts are not only the empty one.
  Case next() {
    for (;;) {
      oracle::Trees trees = oracle::random_trees(random_);
      try {
        Grammar grammar = Grammar::parse(oracle::written(trees));
        return {std::move(trees), std::move(grammar)};
      } catch (const BadGrammar&) {
        continue;
      }
    }
  }

  /// Every token, against what trying says of the text with it.
  static void compare(const oracle::Trees& trees, const std::string& text, const Matcher& matcher,
                      const Strings& tokens) {
    std::vector<TokenId> expected;
    if (oracle::is_whole(trees, text)) expected.push_back(0);
    for (std::size_t id = 1; id < tokens.size(); ++id)
      if (oracle::is_begun(trees, text + tokens[id])) expected.push_back(static_cast<TokenId>(id));
    ASSERT_EQ(admitted(matcher), expected) << oracle::written(trees) << text;
  }

  std::mt19937 random_{2};  // NOLINT(cert-msc51-cpp): the same grammars each time
};

TEST_F(AgainstTryingEverything, MasksAreTheSameWhateverIsKept) {
  for (int round = 0; round < 150; ++round) {
    const Case now = next();
    const Strings tokens = tokens_and_bytes(random_tokens(random_));
    const TokenTrie trie(tokens, 0);
    const std::size_t room = round % 3 == 0   ? 0
                             : round % 3 == 1 ? 3000
                                              : Constraint::usual_cache_bytes;
    const Constraint constraint(now.grammar, trie, room);
    for (int walk = 0; walk < 3; ++walk) {
      Matcher matcher(constraint);
      std::string text;
      while (text.size() < 30 && !matcher.has_ended()) {
        ASSERT_NO_FATAL_FAILURE(compare(now.trees, text, matcher, tokens));
        const auto ids = admitted(matcher);
        ASSERT_THAT(ids, testing::Not(IsEmpty()));
        const TokenId id = ids[random_() % ids.size()];
        ASSERT_TRUE(matcher.accept(id));
        if (id != 0) text += tokens[static_cast<std::size_t>(id)];
      }
    }
    EXPECT_LE(constraint.cached_bytes(), room);
  }
}

TEST_F(AgainstTryingEverything, BytesAreTakenAsFarAsTheyCanBe) {
  const TokenTrie trie(tokens_and_bytes({}), 0);
  for (int round = 0; round < 400; ++round) {
    const Case now = next();
    const Constraint constraint(now.grammar, trie);
    std::string text = oracle::random_text(now.trees, random_).substr(0, 40);
    if (!text.empty()) text[random_() % text.size()] = "ab\xC3"[random_() % 3];
    std::size_t expected = 0;
    while (expected < text.size() && oracle::is_begun(now.trees, text.substr(0, expected + 1)))
      ++expected;
    Matcher matcher(constraint);
    ASSERT_EQ(matcher.accept_bytes(text), expected) << oracle::written(now.trees) << text;
    ASSERT_EQ(matcher.is_accepting(), oracle::is_whole(now.trees, text.substr(0, expected)));
  }
}

TEST_F(AgainstTryingEverything, ForcedBytesAreThoseWithoutAChoice) {
  const TokenTrie trie(tokens_and_bytes({}), 0);
  int forced = 0;
  for (int round = 0; round < 300; ++round) {
    const Case now = next();
    const Constraint constraint(now.grammar, trie);
    Matcher matcher(constraint);
    std::string text = oracle::random_text(now.trees, random_).substr(0, random_() % 6);
    text.resize(matcher.accept_bytes(text));
    const std::string bytes = matcher.forced_bytes();
    forced += bytes.empty() ? 0 : 1;
    for (const char byte : bytes) {
      ASSERT_THAT(admitted(matcher), ElementsAre(static_cast<unsigned char>(byte) + 1));
      ASSERT_EQ(matcher.forced_token(), static_cast<unsigned char>(byte) + 1);
      ASSERT_EQ(matcher.accept_bytes({&byte, 1}), 1);
    }
    const auto after = admitted(matcher);
    ASSERT_TRUE(after.size() > 1 || after == std::vector<TokenId>{0}) << oracle::written(now.trees);
  }
  EXPECT_GT(forced, 50);
}

/// Bytes of the shortest completion, breadth first; nothing where it has more than `most`.
std::optional<std::size_t> shortest(const oracle::Trees& trees, const std::string& text,
                                    std::size_t most) {
  std::set<std::string> now{text};
  for (std::size_t length = 0;; ++length) {
    for (const auto& one : now)
      if (oracle::is_whole(trees, one)) return length;
    if (length == most) return std::nullopt;
    std::set<std::string> next;
    for (const auto& one : now)
      for (int byte = 1; byte < 256; ++byte)
        if (const std::string more = one + static_cast<char>(byte); oracle::is_begun(trees, more))
          next.insert(more);
    now = std::move(next);
  }
}

TEST_F(AgainstTryingEverything, TheShortestCompletionIsOneAndNoneIsShorter) {
  const TokenTrie trie(tokens_and_bytes({}), 0);
  for (int round = 0; round < 200; ++round) {
    const Case now = next();
    const Constraint constraint(now.grammar, trie);
    Matcher matcher(constraint);
    std::string text = oracle::random_text(now.trees, random_).substr(0, random_() % 8);
    text.resize(matcher.accept_bytes(text));
    const std::string bytes = matcher.shortest_completion();
    ASSERT_EQ(bytes.size(), matcher.shortest_completion_length());
    ASSERT_TRUE(oracle::is_whole(now.trees, text + bytes)) << oracle::written(now.trees) << text;
    if (bytes.size() <= 4) {
      ASSERT_EQ(shortest(now.trees, text, 4), bytes.size());
    } else {
      ASSERT_EQ(shortest(now.trees, text, 3), std::nullopt) << oracle::written(now.trees) << text;
    }
  }
}

TEST(Matcher, ThreadsShareAConstraint) {
  const Grammar grammar = Grammar::parse(R"g(start = ("(" start ")" | "<" [a-c]{1,9} ">")* ;)g");
  const TokenTrie trie(
      tokens_and_bytes({"((", "))", ")(", "<a", "ab", "abc", "c>)", ">>", "aaaaaaaaa"}), 0);
  const Constraint shared(grammar, trie);
  std::vector<std::vector<std::vector<TokenId>>> seen(4);
  {
    std::vector<std::jthread> threads;
    for (auto& masks : seen)
      threads.emplace_back([&shared, &masks] {
        Matcher matcher(shared);
        for (const char byte : std::string("((<abcabcabc>)<a>)(")) {
          masks.push_back(admitted(matcher));
          if (matcher.accept_bytes({&byte, 1}) != 1) masks.clear();
        }
      });
  }
  for (const auto& masks : seen) EXPECT_EQ(masks, seen.front());
  EXPECT_EQ(seen.front().size(), 19);
}

}  // namespace
}  // namespace tomoscribe::model

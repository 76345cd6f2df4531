#include "model/grammar/grammar.h"

#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grammar_oracle.h"

namespace tomoscribe::model {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

bool accepts(const std::string& grammar, const std::string& text) {
  return Grammar::parse(grammar).accepts(text);
}

/// What parse says; "" when it takes the grammar.
std::string refusal(const std::string& grammar) {
  try {
    Grammar::parse(grammar);
    return "";
  } catch (const BadGrammar& why) {
    return why.what();
  }
}

/// A grammar of this right-hand side.
std::string refusal_of(const std::string& expression) {
  return refusal("start = " + expression + " ;");
}

// What is taken ------------------------------------------------------------------------------

TEST(Grammar, TakesAlternativesSequencesAndGroups) {
  const std::string grammar = R"(start = "a" ("b" | "c" "d") | greeting ; greeting = "hi" ;)";
  for (const char* text : {"ab", "acd", "hi"}) EXPECT_TRUE(accepts(grammar, text)) << text;
  for (const char* text : {"", "a", "abc", "ac", "h", "hi "})
    EXPECT_FALSE(accepts(grammar, text)) << text;
}

TEST(Grammar, CountsRepetitions) {
  const auto counts = [](const std::string& expression) {
    std::string result;
    const Grammar grammar = Grammar::parse("start = " + expression + ";");
    for (std::size_t n = 0; n < 8; ++n)
      if (grammar.accepts(std::string(n, 'a'))) result += std::to_string(n);
    return result;
  };
  EXPECT_EQ(counts(R"("a"?)"), "01");
  EXPECT_EQ(counts(R"("a"*)"), "01234567");
  EXPECT_EQ(counts(R"("a"+)"), "1234567");
  EXPECT_EQ(counts(R"("a"{3})"), "3");
  EXPECT_EQ(counts(R"("a"{2,4})"), "234");
  EXPECT_EQ(counts(R"("a" { 2 , } )"), "234567");
  EXPECT_EQ(counts(R"(("aa" | "aaa"){2})"), "456");
  EXPECT_EQ(counts(R"("")"), "0");
}

TEST(Grammar, ReadsEscapesOfLiterals) {
  EXPECT_TRUE(accepts(R"(start = "\n\r\t\"\\\u{1F600}\u{e9}é\x00\xff" ;)",
                      std::string("\n\r\t\"\\😀éé") + '\0' + '\xFF'));
}

TEST(Grammar, ReadsClassesOfCharacters) {
  const std::string grammar = R"(start = [a-c\-\]\[\^\\\"\n\x41\u{20AC}é-ë] ;)";
  for (const char* text : {"a", "b", "c", "-", "]", "[", "^", "\\", "\"", "\n", "A", "€", "é", "ê"})
    EXPECT_TRUE(accepts(grammar, text)) << text;
  for (const char* text : {"d", "B", "\xC3", "\xE9", "ì", "€€", ""})
    EXPECT_FALSE(accepts(grammar, text)) << text;
}

TEST(Grammar, AnInvertedClassIsEveryOtherCharacterAndNoOtherByte) {
  const std::string grammar = "start = [^a\\u{80}-\\u{FFFF}] ;";
  for (const char* text : {"b", "\x7F", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(accepts(grammar, text)) << text;
  for (const char* text :
       {"a", "\xC2\x80", "é", "\xEF\xBF\xBF", "\xF4\x90\x80\x80", "\xF0\x8F\xBF\xBF", "\xFF"})
    EXPECT_FALSE(accepts(grammar, text)) << text;
  // No overlong forms, no surrogates.
  for (const char* text : {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF"})
    EXPECT_FALSE(accepts("start = [^a] ;", text)) << text;
  for (const char* text : {"\xED\x9F\xBF", "\xEE\x80\x80", "\xE0\xA0\x80", "\xC2\x80"})
    EXPECT_TRUE(accepts("start = [^a] ;", text)) << text;
}

TEST(Grammar, EveryRangeIsExactlyItsCharacters) {
  const auto utf8 = [](char32_t c) {
    std::string text;
    if (c < 0x80) return std::string(1, static_cast<char>(c));
    const unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    text += static_cast<char>((0xF00U >> (more + 1) & 0xFFU) | c >> 6 * more);
    for (unsigned i = more; i-- > 0;) text += static_cast<char>(0x80U | (c >> 6 * i & 0x3FU));
    return text;
  };
  std::mt19937 random(3);  // NOLINT(cert-msc51-cpp): the same ranges each time
  const std::vector<char32_t> edges{0,      0x40,    0x7F,    0x80,    0x7FF,
                                    0x800,  0xFFF,   0x1000,  0xD7FF,  0xE000,
                                    0xFFFF, 0x10000, 0x3FFFF, 0x40000, 0x10FFFF};
  for (int round = 0; round < 200; ++round) {
    const auto pick = [&] {
      const char32_t near = edges[random() % edges.size()];
      const auto shift = static_cast<int>(random() % 5) - 2;
      const auto moved = static_cast<std::int64_t>(near) + shift;
      const bool is_character =
          moved >= 0 && moved <= 0x10FFFF && (moved < 0xD800 || moved > 0xDFFF);
      return is_character ? static_cast<char32_t>(moved) : near;
    };
    const char32_t a = pick(), b = pick();
    const char32_t first = std::min(a, b), last = std::max(a, b);
    std::ostringstream text;
    text << std::hex << "start = [\\u{" << std::uint32_t{first} << "}-\\u{" << std::uint32_t{last}
         << "}] ;";
    const Grammar grammar = Grammar::parse(text.str());
    for (const char32_t edge : edges)
      for (int shift = -3; shift <= 3; ++shift) {
        const auto moved = static_cast<std::int64_t>(edge) + shift;
        if (moved < 0 || moved > 0x10FFFF || (moved >= 0xD800 && moved <= 0xDFFF)) continue;
        const auto code = static_cast<char32_t>(moved);
        ASSERT_EQ(grammar.accepts(utf8(code)), first <= code && code <= last)
            << text.str() << " and " << std::hex << moved;
      }
  }
}

TEST(Grammar, FollowsRecursionAndAmbiguity) {
  const std::string brackets = R"g(start = ("(" start ")" | "[" start "]")* ;)g";
  EXPECT_TRUE(accepts(brackets, "([()])[]"));
  EXPECT_FALSE(accepts(brackets, "([)]"));
  const std::string palindrome = R"(start = "a" start "a" | "b" start "b" | "" ;)";
  EXPECT_TRUE(accepts(palindrome, "abaaba"));
  EXPECT_FALSE(accepts(palindrome, "abaab"));
  // 2^500 stacks, were each kept by itself.
  const std::string many = R"(start = "a" start "b" | "a" start "c" | "a" ;)";
  std::string text(500, 'a');
  for (int i = 0; i < 499; ++i) text += i % 3 == 0 ? 'b' : 'c';
  EXPECT_TRUE(accepts(many, text));
  EXPECT_FALSE(accepts(many, text + "b"));
}

TEST(Grammar, RulesAtTheEndDoNotNest) {
  EXPECT_TRUE(accepts(R"(start = "a" start | "b" ;)", std::string(100'000, 'a') + "b"));
  EXPECT_THROW(accepts(R"(start = "a" start "c" | "b" ;)", std::string(5000, 'a')),
               std::length_error);
}

TEST(Grammar, RefusesToCallALongTextAText) {
  EXPECT_THROW(accepts(R"(start = "a"* ;)", std::string((16U << 20U) + 1, 'a')), std::length_error);
}

TEST(Grammar, KnowsItsShortestText) {
  EXPECT_EQ(
      Grammar::parse(R"(start = "abc" | "a" other{2} ; other = "" | "x" ;)").shortest_length(), 1);
  EXPECT_EQ(Grammar::parse(R"(start = [€-😀]{3} ;)").shortest_length(), 9);
}

TEST(Grammar, TheExampleOfTheManualIsOne) {
  std::ifstream manual(std::string(TOMOSCRIBE_SOURCE_DIR) + "/docs/grammar.md");
  std::string rules, line;
  while (std::getline(manual, line) && (rules.empty() || line.starts_with("    ")))
    if (line.starts_with("    ")) rules += line + "\n";
  EXPECT_TRUE(
      accepts(rules, "Liver: cystic lesions measuring {m12}.\nSpleen: normal.\nNo change.\n"));
  EXPECT_FALSE(accepts(rules, "Liver: lesion measuring 12 mm.\nNo change.\n"));
}

// What is refused ----------------------------------------------------------------------------

TEST(Grammar, RefusesMalformedRules) {
  EXPECT_EQ(refusal(""), "line 1, column 1: no rule is named \"start\"");
  EXPECT_EQ(refusal("begin = \"a\" ;\n"), "line 2, column 1: no rule is named \"start\"");
  EXPECT_EQ(refusal("start = \"é\" ;\n  1 = \"a\" ;"),
            "line 2, column 3: the name of a rule should be where '1' is");
  EXPECT_EQ(refusal("start \"a\" ;"),
            "line 1, column 7: '=' should follow the name of a rule, not '\"'");
  EXPECT_EQ(refusal("start = \"a\""),
            "line 1, column 12: ';' should end the rule, not the end of the text");
  EXPECT_EQ(refusal("start = \"é\" é ;"),
            "line 1, column 13: an expression should be where 'é' is");
  EXPECT_EQ(refusal("start = a ;\nstart = \"a\" ;"),
            "line 2, column 1: the rule \"start\" is defined twice");
  EXPECT_EQ(refusal("# a comment\nstart = \"a\" b # another ;\n ;"),
            "line 2, column 13: the rule \"b\" is not defined");
  EXPECT_THAT(refusal_of(""), HasSubstr("an expression should be where ';' is"));
  EXPECT_THAT(refusal_of("\"a\" | | \"b\""), HasSubstr("an expression should be where '|' is"));
  EXPECT_THAT(refusal_of("(\"a\""), HasSubstr("')' should close the parenthesis, not ';'"));
  EXPECT_THAT(refusal_of("\"a\")"), HasSubstr("';' should end the rule, not ')'"));
  EXPECT_THAT(refusal_of("\"a\"**"), HasSubstr("two repetitions in a row need parentheses"));
  EXPECT_THAT(refusal_of("*"), HasSubstr("an expression should be where '*' is"));
  EXPECT_THAT(refusal_of("'a'"), HasSubstr("an expression should be where ''' is"));
}

TEST(Grammar, RefusesMalformedLiteralsAndClasses) {
  EXPECT_EQ(refusal("start = \"abc\n\" ;"),
            "line 1, column 13: the literal is not closed on its line");
  EXPECT_EQ(refusal("start = \"abc"),
            "line 1, column 13: the text ends where the closing quote should be");
  EXPECT_EQ(refusal_of(R"("\q")"), "line 1, column 10: this escape is not known");
  EXPECT_THAT(refusal_of(R"("\]")"), HasSubstr("this escape is not known"));
  EXPECT_THAT(refusal_of(R"("\x0g")"), HasSubstr("this is no hexadecimal digit"));
  EXPECT_THAT(refusal_of(R"("\u00e9")"), HasSubstr("\\u needs a code point in braces"));
  EXPECT_THAT(refusal_of(R"("\u{}")"), HasSubstr("this is no hexadecimal digit"));
  EXPECT_THAT(refusal_of(R"("\u{110000}")"), HasSubstr("code points end at 10FFFF"));
  EXPECT_THAT(refusal_of(R"("\u{D800}")"), HasSubstr("a surrogate is no character"));
  EXPECT_THAT(refusal_of("[a"), HasSubstr("the text ends where ']' should be"));
  EXPECT_THAT(refusal_of("[a\n]"), HasSubstr("the class is not closed on its line"));
  EXPECT_THAT(refusal_of("[]"), HasSubstr("the class has no character"));
  EXPECT_THAT(refusal_of(R"([^\u{0}-\u{10FFFF}])"), HasSubstr("the class has no character"));
  EXPECT_THAT(refusal_of("[z-a]"), HasSubstr("the range goes backwards"));
  EXPECT_THAT(refusal_of("[a-]"), HasSubstr("'-' at the end of a class is written \\-"));
  EXPECT_THAT(refusal_of("[[]"), HasSubstr("'[' inside a class is written \\["));
  EXPECT_THAT(refusal_of(R"([\xFF])"), HasSubstr("classes hold characters, not bytes"));
}

TEST(Grammar, RefusesTextThatIsNotUtf8) {
  EXPECT_EQ(refusal("start = \"é\n\xC3\" ;"), "line 2, column 1: this is not UTF-8");
  EXPECT_THAT(refusal("start = \"\xED\xA0\x80\" ;"), HasSubstr("this is not UTF-8"));
}

TEST(Grammar, RefusesRepetitionsThatCannotBe) {
  EXPECT_THAT(refusal_of("\"a\"{10001}"), HasSubstr("a repetition of more than 10000"));
  EXPECT_THAT(refusal_of("\"a\"{99999999999999999999}"), HasSubstr("more than 10000"));
  EXPECT_THAT(refusal_of("\"a\"{3,2}"), HasSubstr("the repetition's most is below its least"));
  EXPECT_THAT(refusal_of("\"a\"{0}"), HasSubstr("a repetition of none"));
  EXPECT_THAT(refusal_of("\"a\"{,2}"), HasSubstr("a number should be where ',' is"));
  EXPECT_THAT(refusal_of("\"a\"{2"), HasSubstr("'}' should close the repetition, not ';'"));
  EXPECT_EQ(refusal("start = (\"a\" | \"\")* ;"),
            "line 1, column 9: an empty loop: what is repeated without end can be empty");
  EXPECT_THAT(refusal("start = a+ ; a = b? ; b = \"b\" ;"), HasSubstr("an empty loop"));
}

TEST(Grammar, RefusesLeftRecursion) {
  EXPECT_EQ(refusal("start = start \"a\" | \"a\" ;"),
            "line 1, column 9: left recursion: the rule \"start\" can begin with itself");
  EXPECT_THAT(refusal("start = a ; a = b \"x\" | \"y\" ; b = \"z\"? a ;"),
              HasSubstr("can begin with itself"));
  EXPECT_EQ(refusal("start = \"a\" start | \"a\" ;"), "");
}

TEST(Grammar, RefusesRulesWithoutAText) {
  EXPECT_EQ(refusal("start = \"a\" | b ;\nb = \"b\" b ;"),
            "line 2, column 1: the rule \"b\" has no text: it never ends");
  EXPECT_THAT(refusal("start = \"a\" start ;"), HasSubstr("has no text"));
}

TEST(Grammar, RefusesWhatIsTooLarge) {
  EXPECT_THAT(refusal("start = \"a\" ; #" + std::string(1U << 18U, 'x')), HasSubstr("longer than"));
  std::string rules = "start = \"a\" ;";
  for (int i = 0; i < 1024; ++i) rules += "r" + std::to_string(i) + " = \"a\" ;";
  EXPECT_THAT(refusal(rules), HasSubstr("more than 1024 rules"));
  EXPECT_THAT(refusal_of(std::string(65, '(') + "\"a\"" + std::string(65, ')')),
              HasSubstr("parentheses nested deeper than 64"));
  EXPECT_THAT(refusal_of("((\"a\"{1000}){1000}"
                         ")?"),
              HasSubstr("the grammar is too large"));
  std::string doubling = "start = r1 r1 ;";
  for (int i = 1; i < 40; ++i)
    doubling += "r" + std::to_string(i) + " = r" + std::to_string(i + 1) + " r" +
                std::to_string(i + 1) + " ;";
  EXPECT_THAT(refusal(doubling + "r40 = \"a\" ;"), HasSubstr("is longer than 65536 bytes"));
  EXPECT_EQ(refusal(doubling + "r40 = \"a\"? ;"), "");
  EXPECT_THAT(refusal_of("[ab]* \"a\" [ab]{30}"), HasSubstr("the grammar is too large"));
  EXPECT_EQ(refusal("start = [ab]* tail ; tail = \"a\" [ab]{30} ;"), "");
}

// Against one that tries everything ----------------------------------------------------------

TEST(Grammar, AgreesWithTryingEverything) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same grammars each time
  int taken = 0, whole = 0;
  for (int round = 0; round < 3000; ++round) {
    const oracle::Trees trees = oracle::random_trees(random);
    const std::string text = oracle::written(trees);
    if (const std::string why = refusal(text); !why.empty()) {
      EXPECT_THAT(why, StartsWith("line ")) << text;
      continue;
    }
    ++taken;
    const Grammar grammar = Grammar::parse(text);
    for (int i = 0; i < 20; ++i) {
      std::string sample = oracle::random_text(trees, random).substr(0, 60);
      if (i % 3 == 1 && !sample.empty()) sample.erase(random() % sample.size(), 1);
      if (i % 3 == 2) sample.insert(random() % (sample.size() + 1), i % 2 == 0 ? "a" : "\xC3");
      const bool expected = oracle::is_whole(trees, sample);
      whole += expected ? 1 : 0;
      ASSERT_EQ(grammar.accepts(sample), expected) << text << sample;
    }
  }
  EXPECT_GT(taken, 1000);
  EXPECT_GT(whole, 5000);
}

}  // namespace
}  // namespace tomoscribe::model

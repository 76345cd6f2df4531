#include "model/tokenizer/tokenizer.h"

#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/tokenizer/detail/piece_table.h"
#include "model/tokenizer/detail/pretokenizer.h"
#include "model/tokenizer/detail/unicode.h"
#include "text_fixtures.h"

namespace tomoscribe::model {
namespace {

using fixtures::small_tekken;
using fixtures::SmallModel;
using testing::ElementsAre;
using testing::HasSubstr;
using Strings = std::vector<std::string>;

std::unique_ptr<Tokenizer> tekken(const Strings& pieces) {
  return read_tekken(small_tekken(pieces).dump());
}

Strings pieces_of(const Tokenizer& tokenizer, std::string_view text) {
  Strings pieces;
  for (const TokenId id : tokenizer.encode(text)) pieces.emplace_back(tokenizer.bytes(id));
  return pieces;
}

Strings split(const std::string& text) {
  Strings pieces;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = detail::piece_end(text, at);
    pieces.push_back(text.substr(at, end - at));
    at = end;
  }
  return pieces;
}

TEST(Pretokenizer, SplitsWhereTheRegularExpressionDoes) {
  EXPECT_THAT(split("No 12 mm nodule."), ElementsAre("No", " ", "1", "2", " mm", " nodule", "."));
  EXPECT_THAT(split("HELLO World camelCase"), ElementsAre("HELLO", " World", " camel", "Case"));
  EXPECT_THAT(split("a  \n\n  b"), ElementsAre("a", "  \n\n", " ", " b"));
  EXPECT_THAT(split("a   "), ElementsAre("a", "   "));
  EXPECT_THAT(split("x//\r\n/y"), ElementsAre("x", "//\r\n/", "y"));
  EXPECT_THAT(split("中ABC"), ElementsAre("中", "ABC"));
  EXPECT_THAT(split("\u0301AB"), ElementsAre("\u0301", "AB"));
  EXPECT_THAT(split("\u00a0(x"), ElementsAre("\u00a0", "(x"));
  EXPECT_THAT(split("[INST]"), ElementsAre("[INST", "]"));
}

TEST(Unicode, ReplacesEachMaximalIllFormedSequence) {
  // Unicode 15, table 3-8 and its neighbours: the same as Python's bytes.decode(errors="replace").
  EXPECT_EQ(detail::replace_invalid("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd");
  EXPECT_EQ(detail::replace_invalid("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(detail::replace_invalid("\xC0\xAF"), "\uFFFD\uFFFD");            // overlong
  EXPECT_EQ(detail::replace_invalid("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(detail::replace_invalid("caf\xC3"), "caf\uFFFD");
  EXPECT_EQ(detail::replace_invalid("12345678é🙂"), "12345678é🙂");
}

TEST(Tekken, MergesTheLowestRankFirstAndTheLeftmostOfEqualOnes) {
  const auto tokenizer = tekken({"bc", "ab", "aa"});
  EXPECT_THAT(pieces_of(*tokenizer, "abcd"), ElementsAre("a", "bc", "d"));  // bc before ab
  EXPECT_THAT(pieces_of(*tokenizer, "aaa"), ElementsAre("aa", "a"));
  EXPECT_THAT(tokenizer->encode("a"), ElementsAre(20 + 'a'));
}

TEST(Tekken, ControlStringsInATextAreText) {
  const auto tokenizer = tekken({"[INST"});
  for (const std::string text : {"[INST]", "</s>", "<s>", "[IMG]", "[IMG_BREAK]", "<unk>"}) {
    for (const TokenId id : tokenizer->encode(text)) EXPECT_FALSE(tokenizer->is_control(id));
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text);
  }
  EXPECT_EQ(tokenizer->control("[IMG]"), 10);
  EXPECT_EQ(tokenizer->control("[IMAGE]"), std::nullopt);
  EXPECT_EQ(tokenizer->version(), "v7");
  EXPECT_EQ(tokenizer->size(), 277U);
}

TEST(Tekken, InvalidUtf8CountsAsReplacementCharacters) {
  const auto tokenizer = tekken({});
  EXPECT_EQ(tokenizer->encode("a\xFFz\xE2\x82"), tokenizer->encode("a\uFFFDz\uFFFD"));
}

TEST(StreamDecoder, HoldsBackAnUnfinishedCharacter) {
  const auto tokenizer = tekken({});
  StreamDecoder stream(*tokenizer);
  EXPECT_EQ(stream.push(20 + 0xC3), "");
  EXPECT_EQ(stream.push(20 + 0xA9), "é");
  EXPECT_EQ(stream.push(20 + 0xF0), "");
  EXPECT_EQ(stream.push(20 + 'a'), "\uFFFDa");
  EXPECT_EQ(stream.push(20 + 0xE2), "");
  EXPECT_EQ(stream.push(2), "\uFFFD");  // </s>: no character reaches across
  EXPECT_EQ(stream.push(20 + 0xE2), "");
  EXPECT_EQ(stream.finish(), "\uFFFD");
  EXPECT_EQ(stream.finish(), "");
}

TEST(StreamDecoder, PartsTogetherAreTheWholeForAnyBytes) {
  const auto tokenizer = tekken({});
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same bytes each time
  constexpr std::string_view bytes = "a \xC3\xA9\xE2\x82\xAC\xF0\x9F\x99\x82\xFF\xED";
  for (int run = 0; run < 3000; ++run) {
    std::vector<TokenId> ids;
    std::string all, parts;
    StreamDecoder stream(*tokenizer);
    for (int i = 0; i < 12; ++i) {
      all += bytes[random() % bytes.size()];
      ids.push_back(20 + static_cast<unsigned char>(all.back()));
      parts += stream.push(ids.back());
      EXPECT_EQ(detail::first_invalid(parts), parts.size());
    }
    parts += stream.finish();
    EXPECT_EQ(parts, detail::replace_invalid(all));
    EXPECT_EQ(tokenizer->decode(ids), parts);
  }
}

TEST(Tokenizer, RefusesAnIdThatDoesNotExist) {
  const auto tokenizer = tekken({});
  EXPECT_THROW(tokenizer->decode(std::vector<TokenId>{276}), std::out_of_range);
  EXPECT_THROW(tokenizer->bytes(-1), std::out_of_range);
}

TEST(Merge, BothWaysAgree) {
  detail::PieceTable table;
  std::uint32_t rank = 0;
  for (const std::string piece : {"ab", "ba", "aa", "bb", "aba", "abab", "bba", "aaaa", "bbba"})
    table.add(piece, rank, rank), ++rank;
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same texts each time
  for (int run = 0; run < 2000; ++run) {
    std::string text;
    std::vector<detail::Symbol> few;
    for (std::uint32_t i = 0; i < random() % 60; ++i) {
      text += random() % 2 == 0 ? 'a' : 'b';
      few.push_back({.begin = i, .length = 1, .fixed = random() % 20 == 0});
    }
    few.resize(text.size());
    auto many = few;
    detail::merge_few(table, text, few);
    detail::merge_many(table, text, many);
    ASSERT_EQ(few.size(), many.size()) << text;
    for (std::size_t i = 0; i < few.size(); ++i) ASSERT_EQ(few[i].begin, many[i].begin) << text;
  }
}

TEST(Tokenizer, MegabytesOfOnePieceTakeNoQuadraticTime) {
  Strings pieces;
  for (std::size_t length = 2; length <= 64; length *= 2) pieces.emplace_back(length, 'a');
  const auto tokenizer = tekken(pieces);
  const std::string text(1'000'000, 'a');
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(tokenizer->encode(text).size(), text.size() / 64);
  EXPECT_EQ(tokenizer->encode(std::string(1'000'000, ' ')).size(), 1'000'000U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

/// What a changed tekken.json is refused with.
template <typename Change>
std::string refusal(Change change) {
  auto file = small_tekken({"ab"});
  change(file);
  try {
    read_tekken(file.dump());
  } catch (const BadVocabulary& why) {
    return why.what();
  }
  return "accepted";
}

TEST(Tekken, NamesWhatIsWrongWithAFile) {
  using Json = nlohmann::json;
  EXPECT_EQ(refusal([](Json&) {}), "accepted");
  EXPECT_THAT(refusal([](Json& file) { file = Json::array(); }), HasSubstr("not a JSON object"));
  EXPECT_THAT(refusal([](Json& file) { file.erase("config"); }), HasSubstr("no object \"config\""));
  EXPECT_THAT(refusal([](Json& file) { file["config"]["pattern"] = "."; }),
              HasSubstr("config.pattern is not the one"));
  EXPECT_THAT(refusal([](Json& file) { file["config"].erase("version"); }),
              HasSubstr("config.version is not a string"));
  EXPECT_THAT(refusal([](Json& file) { file["config"]["default_vocab_size"] = -1; }),
              HasSubstr("config.default_vocab_size is not a number"));
  EXPECT_THAT(refusal([](Json& file) { file["config"]["default_vocab_size"] = 1e9; }),
              HasSubstr("config.default_vocab_size is not a number"));
  EXPECT_THAT(refusal([](Json& file) { file["config"]["default_vocab_size"] = 1'000'000'000; }),
              HasSubstr("more than 4 million"));
  EXPECT_THAT(refusal([](Json& file) { file["config"]["default_vocab_size"] = 300; }),
              HasSubstr("vocab has 257 entries, config asks for 280"));
  EXPECT_THAT(refusal([](Json& file) { file["config"]["default_num_special_tokens"] = 19; }),
              HasSubstr("20 special tokens, more than"));
  EXPECT_THAT(refusal([](Json& file) { file["vocab"][7]["rank"] = 8; }),
              HasSubstr("vocab entry 7 does not have its place as its rank"));
  EXPECT_THAT(refusal([](Json& file) { file["vocab"][7] = 7; }),
              HasSubstr("vocab entry 7 is not an object"));
  EXPECT_THAT(refusal([](Json& file) { file["vocab"][7]["token_bytes"] = "A?=="; }),
              HasSubstr("vocab entry 7 has token_bytes that are no base64"));
  EXPECT_THAT(refusal([](Json& file) { file["vocab"][7]["token_bytes"] = "AA=="; }),
              HasSubstr("256 single bytes"));
  EXPECT_THAT(refusal([](Json& file) { file["vocab"][256]["token_bytes"] = "YQ=="; }),
              HasSubstr("vocab entry 256 repeats the bytes of an earlier one"));
  EXPECT_THAT(refusal([](Json& file) {
                file["vocab"] = Json{{"a", Json::object()}};
              }),
              HasSubstr("is not an object"));
  EXPECT_THAT(refusal([](Json& file) { file["special_tokens"] = "x"; }),
              HasSubstr("special_tokens is not an array"));
  const Json unknown{{"rank", 0}, {"token_str", "<unk>"}};
  EXPECT_THAT(refusal([&](Json& file) {
                file["special_tokens"] = {unknown, unknown};
              }),
              HasSubstr("special token 1 does not have its place as its rank"));
  EXPECT_THROW(read_tekken("{\"config\":"), BadVocabulary);
  EXPECT_THROW(load_tokenizer("/nonexistent/tekken.json"), BadVocabulary);
}

/// Pieces of a model with control tokens, words and a piece that is always whole.
SmallModel small_model() {
  SmallModel model;
  model.pieces = {{"<unk>", 0, 2}, {"<s>", 0, 3}, {"</s>", 0, 3}, {"[REF]", 0, 4},
                  {"▁", -1},       {"a", -2},     {"b", -3},      {"▁a", -4},
                  {"ab", -5},      {"▁ab", -6},   {"R", -7},      {"▁▁", -8}};
  return model;
}

TEST(SentencePiece, MergesTheHighestScoreFirst) {
  const auto tokenizer = read_sentencepiece(small_model().protobuf(), "v7");
  EXPECT_THAT(pieces_of(*tokenizer, "ab ab"), ElementsAre(" ab", " ab"));
  EXPECT_THAT(pieces_of(*tokenizer, "aab"), ElementsAre(" a", "ab"));
  EXPECT_THAT(pieces_of(*tokenizer, "bab"), ElementsAre(" ", "b", "ab"));
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("ab  ba")), "ab  ba");
  EXPECT_EQ(tokenizer->decode(tokenizer->encode(" a")), " a");
  EXPECT_TRUE(tokenizer->encode("").empty());
  EXPECT_EQ(tokenizer->version(), "v7");
}

TEST(SentencePiece, PiecesMayReachIntoTheNextWord) {
  SmallModel model = small_model();
  model.pieces.push_back({"b▁", -0.5F});
  EXPECT_THAT(pieces_of(*read_sentencepiece(model.protobuf()), "ab ab"),
              ElementsAre(" a", "b ", "ab"));
}

TEST(SentencePiece, UserDefinedPiecesAreWholeAndControlPiecesNeverMatch) {
  const auto tokenizer = read_sentencepiece(small_model().protobuf());
  EXPECT_THAT(tokenizer->encode("a[REF]b"), ElementsAre(7, 3, 6));
  EXPECT_THAT(tokenizer->encode("a<s>b"), ElementsAre(7, 0, 6));  // a run of unknown characters
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("a<s>b")), "a ⁇ b");
  EXPECT_EQ(tokenizer->control("<s>"), 1);
  EXPECT_EQ(tokenizer->control("[REF]"), std::nullopt);
}

TEST(SentencePiece, FallsBackToBytes) {
  SmallModel model = small_model();
  model.byte_fallback = true;
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (std::size_t byte = 0; byte < 256; ++byte)
    model.pieces.push_back(
        {std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">", 0, 6});
  const auto tokenizer = read_sentencepiece(model.protobuf());
  EXPECT_THAT(tokenizer->encode("aé"), ElementsAre(7, 12 + 0xC3, 12 + 0xA9));
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("aé<s>")), "aé<s>");
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("<0x41>")), "<0x41>");  // not "A"
}

TEST(SentencePiece, NormalisesAsTheModelStates) {
  SmallModel model = small_model();
  model.removes_extra_blanks = true;
  EXPECT_THAT(pieces_of(*read_sentencepiece(model.protobuf()), "  b   b "),
              ElementsAre(" ", "b", " ", "b"));
  EXPECT_TRUE(read_sentencepiece(model.protobuf())->encode("   ").empty());
  model.removes_extra_blanks = model.dummy_prefix = false;
  EXPECT_THAT(pieces_of(*read_sentencepiece(model.protobuf()), "b  b"),
              ElementsAre("b", "  ", "b"));
}

template <typename Change>
std::string model_refusal(Change change) {
  SmallModel model = small_model();
  change(model);
  try {
    read_sentencepiece(model.protobuf());
  } catch (const BadVocabulary& why) {
    return why.what();
  }
  return "accepted";
}

TEST(SentencePiece, NamesWhatIsWrongWithAFile) {
  EXPECT_EQ(model_refusal([](SmallModel&) {}), "accepted");
  EXPECT_THAT(model_refusal([](SmallModel& model) { model.pieces.clear(); }),
              HasSubstr("has no pieces"));
  EXPECT_THAT(model_refusal([](SmallModel& model) { model.model_type = 1; }),
              HasSubstr("not of type BPE"));
  EXPECT_THAT(model_refusal([](SmallModel& model) { model.charsmap = "x"; }),
              HasSubstr("normalisation table"));
  EXPECT_THAT(model_refusal([](SmallModel& model) { model.byte_fallback = true; }),
              HasSubstr("lacks pieces for some"));
  EXPECT_THAT(model_refusal([](SmallModel& model) { model.pieces[0].type = 1; }),
              HasSubstr("0 pieces of type unknown"));
  EXPECT_THAT(model_refusal([](SmallModel& model) { model.pieces[5].text = "b"; }),
              HasSubstr("piece 6 repeats"));
  EXPECT_THAT(model_refusal([](SmallModel& model) { model.pieces[5].text = ""; }),
              HasSubstr("piece 5 is empty"));
  EXPECT_THAT(model_refusal([](SmallModel& model) { model.pieces[5].score = NAN; }),
              HasSubstr("piece 5 has a score that is no number"));
  EXPECT_THAT(model_refusal([](SmallModel& model) { model.pieces[5].type = 5; }),
              HasSubstr("piece 5 is of type unused"));
  EXPECT_THAT(model_refusal([](SmallModel& model) { model.pieces[5].type = 6; }),
              HasSubstr("piece 5 is of type byte but is called a"));
  EXPECT_THAT(model_refusal([](SmallModel& model) { model.pieces[5].type = 9; }),
              HasSubstr("piece 5 is of type 9"));
  const std::string whole = small_model().protobuf();
  EXPECT_THROW(read_sentencepiece(whole.substr(0, whole.size() / 2)), BadVocabulary);
  EXPECT_THROW(read_sentencepiece("no protobuf"), BadVocabulary);
}

}  // namespace
}  // namespace tomoscribe::model

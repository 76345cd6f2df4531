#include "model/safetensors.h"

#include <cstring>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/refused.h"
#include "tests/support/files.h"
#include "tests/support/model_folder.h"

namespace tomoscribe::model {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using tests::safetensors_bytes;

SafetensorsContent read(const std::string& bytes) {
  return read_safetensors(reinterpret_cast<const std::byte*>(bytes.data()),  // NOLINT: bytes
                          bytes.size(), "some.safetensors");
}

/// The sentence of a refusal; empty when there is none.
template <typename Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const Refused& why) {
    return why.what();
  }
  return "";
}

std::string refusal_of(const std::string& header, const std::string& data = "") {
  return refusal([&] { read(safetensors_bytes(header, data)); });
}

template <typename Value>
std::vector<double> values(const TensorView& tensor) {
  std::vector<double> read(tensor.bytes / sizeof(Value));
  for (std::size_t i = 0; i < read.size(); ++i) {
    Value value{};
    std::memcpy(&value, tensor.data + i * sizeof(Value), sizeof(Value));
    read[i] = static_cast<double>(value);
  }
  return read;
}

TEST(Safetensors, AgreesWithTheReferenceOnEveryFileExceptANameUsedTwice) {
  const fs::path folder = tests::pixtral_data() / "safetensors";
  const auto verdicts = nlohmann::json::parse(tests::text_of(folder / "malformed.json"));
  ASSERT_FALSE(verdicts.empty());
  for (const auto& [name, verdict] : verdicts.items()) {
    const fs::path file = folder / (name + ".safetensors");
    std::size_t count = 0;
    const std::string why = refusal([&] { count = Safetensors::open(file).tensors().size(); });
    const bool accepted = verdict.at("reference") == "accepts" && name != "duplicate_key";
    EXPECT_EQ(why.empty(), accepted) << name << ": " << why;
    if (accepted) {
      EXPECT_EQ(count, verdict.at("tensors").size()) << name;
    } else {
      EXPECT_THAT(why, HasSubstr(name + ".safetensors")) << "the sentence names the file";
      EXPECT_THAT(why, Not(HasSubstr("\n")));
    }
  }
}

TEST(Safetensors, ReadsEveryElementTypeWhereItLies) {
  const fs::path folder = tests::pixtral_data() / "safetensors";
  const auto truth = nlohmann::json::parse(tests::text_of(folder / "all_dtypes.json"));
  const Safetensors file = Safetensors::open(folder / "all_dtypes.safetensors");
  EXPECT_EQ(file.tensors().size(), truth.size());
  int compared = 0;
  for (const auto& [name, expected] : truth.items()) {
    const TensorView* tensor = file.find(name);
    ASSERT_NE(tensor, nullptr) << name;
    EXPECT_EQ(tensor->shape, expected.at("shape").get<std::vector<std::int64_t>>()) << name;
    EXPECT_EQ(elements(*tensor), static_cast<std::int64_t>(expected.at("values").size())) << name;
    std::vector<double> read;
    if (tensor->dtype == Dtype::f32) read = values<float>(*tensor);
    if (tensor->dtype == Dtype::f64) read = values<double>(*tensor);
    if (tensor->dtype == Dtype::i64) read = values<std::int64_t>(*tensor);
    if (tensor->dtype == Dtype::i16) read = values<std::int16_t>(*tensor);
    if (tensor->dtype == Dtype::u8) read = values<std::uint8_t>(*tensor);
    if (read.empty()) continue;
    ++compared;
    for (std::size_t i = 0; i < read.size(); ++i)
      EXPECT_EQ(read[i], expected.at("values")[i].get<double>()) << name << " " << i;
  }
  EXPECT_GE(compared, 5);
  EXPECT_EQ(name(file.find("f8_e4m3_all")->dtype), "F8_E4M3");
  EXPECT_EQ(name(file.find("bf16")->dtype), "BF16");
  EXPECT_EQ(file.find("no such tensor"), nullptr);
}

TEST(ReadSafetensors, KeepsMetadataAndTheOrderOfBytes) {
  const std::string bytes = safetensors_bytes(
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},)"
      R"("a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})",
      "xyz");
  const SafetensorsContent content = read(bytes);
  EXPECT_EQ(content.metadata.at("format"), "pt");
  ASSERT_EQ(content.tensors.size(), 2U);
  EXPECT_EQ(content.tensors[0].name, "a");
  EXPECT_EQ(static_cast<char>(content.tensors[1].data[1]), 'z');
}

TEST(ReadSafetensors, PacksTypesBelowAByte) {
  const auto content =
      read(safetensors_bytes(R"({"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}})", "xy"));
  EXPECT_EQ(elements(content.tensors[0]), 4);
  EXPECT_THAT(refusal_of(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", "xy"),
              HasSubstr("ends within a byte"));
}

struct Bad {
  std::string header, data, words;
};

TEST(ReadSafetensors, SaysOfEachFaultWhichTensorAndWhy) {
  const std::vector<Bad> all{
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
       "xy", "names tensor 'a' twice"},
      {R"({"__metadata__":{},"__metadata__":{}})", "", "names __metadata__ twice"},
      {R"({"__metadata__":{"k":"1","k":"2"}})", "", "the key 'k' twice"},
      {R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "x",
       "the key 'dtype' twice"},
      {R"({"a":{"dtype":"U8","shape":[1]}})", "", "has no data_offsets"},
      {R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", "x", "has no shape"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", "x", "1 data_offsets where two"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}})", "x",
       "more than two data_offsets"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"stride":1}})", "x",
       "unknown key 'stride'"},
      {R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", "x",
       "'a', which has the number '1.0' as shape"},
      {R"({"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}})", "x", "has a list as shape"},
      {R"({"a":{"dtype":7,"shape":[1],"data_offsets":[0,1]}})", "x", "has the number 7 as dtype"},
      {R"({"a":{"dtype":"Q7","shape":[1],"data_offsets":[0,1]}})", "x",
       "'a', which has the unknown dtype 'Q7'"},
      {R"({"a":null})", "", "describes tensor 'a' by null"},
      {R"({"a":[1]})", "", "describes tensor 'a' by a list"},
      {R"({"a":{"dtype":{},"shape":[1],"data_offsets":[0,1]}})", "x", "has an object as dtype"},
      {R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,1]}})", "x",
       "a dimension of 18446744073709551615"},
      {R"({"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,1]}})", "x",
       "'a', which has the number"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", "abcd",
       "more elements than 64 bits"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,4]}})", "abcd",
       "more bits than 64 bits"},
      {R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})",
       "x", "more than 16 dimensions"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
       "xyz", "tensor 'b', whose bytes overlap those of 'a'"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}})",
       "wxyz", "tensor 'b', before which 2 bytes belong to none"},
      {R"({"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", "xyz",
       "ends at byte 9 of data that has 3"},
      {R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,3]}})", "xyz",
       "3 bytes where F16 [2] needs 4"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "xyz",
       "2 bytes after its last tensor"},
      {R"({} {})", "", "not JSON"},
      {"\xEF\xBB\xBF{}", "", "not a JSON object"},
      {"    ", "", "not a JSON object"},
      {std::string("{}\0\0", 4), "", "null byte"}};
  for (const Bad& bad : all) {
    const std::string why = refusal_of(bad.header, bad.data);
    EXPECT_THAT(why, HasSubstr(bad.words)) << bad.header;
    EXPECT_THAT(why, HasSubstr("some.safetensors")) << bad.header;
  }
}

TEST(ReadSafetensors, RefusesAHostileLengthBeforeItReadsAnything) {
  std::string bytes(8, '\xFF');
  EXPECT_THAT(refusal([&] { read(bytes); }), HasSubstr("100000000 are the most"));
  bytes = safetensors_bytes("{}", "");
  bytes[0] = 3;
  EXPECT_THAT(refusal([&] { read(bytes); }), HasSubstr("but the file has only 2 more"));
  EXPECT_THAT(refusal([] { read("1234567"); }), HasSubstr("7 bytes, too few"));
}

TEST(ReadSafetensors, ShowsAHostileNameShortAndWithoutControlCharacters) {
  const std::string name = std::string(500, 'n') + "\\u001b[2J";
  const std::string why = refusal_of("{\"\\u001b" + name + "\":null}");
  EXPECT_LT(why.size(), 200U);
  EXPECT_THAT(why, Not(HasSubstr("\x1b")));
}

TEST(ReadSafetensors, ReadsDeepNestingWithoutFallingOver) {
  EXPECT_THAT(refusal_of(R"({"a":)" + std::string(1'000'000, '[')), HasSubstr("by a list"));
}

/// Two shards and their index.
class Sharded : public testing::Test {
 protected:
  Sharded() {
    tests::write_safetensors(folder_ / "one.safetensors", {{"a", {2}}, {"b", {3}}});
    tests::write_safetensors(folder_ / "two.safetensors", {{"c", {1}}});
    index({{"a", "one.safetensors"}, {"b", "one.safetensors"}, {"c", "two.safetensors"}});
  }
  void index(const nlohmann::json& weight_map) {
    tests::write_text(path(), nlohmann::json{{"weight_map", weight_map}}.dump());
  }
  fs::path path() const { return folder_ / "model.safetensors.index.json"; }
  std::string refusal_here() const {
    return refusal([&] { Safetensors::open(path()); });
  }
  tests::TempFolder folder_;
};

TEST_F(Sharded, IsReadAsOne) {
  Safetensors opened = Safetensors::open(path());
  EXPECT_EQ(opened.files(), (std::vector<std::string>{"one.safetensors", "two.safetensors"}));
  const TensorView* tensor = opened.find("b");
  ASSERT_NE(tensor, nullptr);
  const Safetensors moved = std::move(opened);
  EXPECT_EQ(moved.find("b")->data, tensor->data) << "moving keeps views valid";
  EXPECT_EQ(moved.tensors().size(), 3U);
}

TEST_F(Sharded, NamesTheMissingShardAndATensorOfIt) {
  fs::remove(folder_ / "two.safetensors");
  EXPECT_EQ(
      refusal_here(),
      "two.safetensors is missing: model.safetensors.index.json says that it holds tensor 'c'");
}

TEST_F(Sharded, NamesATensorThatItsShardLacks) {
  index({{"a", "one.safetensors"},
         {"b", "one.safetensors"},
         {"c", "two.safetensors"},
         {"d", "two.safetensors"}});
  EXPECT_THAT(refusal_here(), HasSubstr("two.safetensors does not hold tensor 'd'"));
}

TEST_F(Sharded, NamesATensorThatTheIndexLacks) {
  index({{"a", "one.safetensors"}, {"c", "two.safetensors"}});
  EXPECT_THAT(
      refusal_here(),
      HasSubstr(
          "one.safetensors holds tensor 'b', which model.safetensors.index.json does not name"));
}

TEST_F(Sharded, NamesATensorInTwoShards) {
  tests::write_safetensors(folder_ / "two.safetensors", {{"a", {2}}, {"c", {1}}});
  EXPECT_THAT(refusal_here(),
              HasSubstr("two.safetensors holds tensor 'a', which model.safetensors.index.json says "
                        "is in 'one.safetensors'"));
}

TEST_F(Sharded, NamesTheShardThatIsMalformed) {
  tests::write_text(folder_ / "two.safetensors", "short");
  EXPECT_EQ(refusal_here(), "two.safetensors has 5 bytes, too few for a safetensors file");
}

TEST_F(Sharded, LeavesTheFolderForNoPath) {
  for (const char* const name : {"../one.safetensors", "/etc/passwd", "", "..", "a\\b"}) {
    index({{"a", name}});
    EXPECT_THAT(refusal_here(), HasSubstr("which is not a file name")) << name;
  }
  index({{"a", 7}});
  EXPECT_THAT(refusal_here(), HasSubstr("puts tensor 'a' into 7"));
}

TEST_F(Sharded, RefusesAnIndexThatIsNone) {
  tests::write_text(path(), "{");
  EXPECT_THAT(refusal_here(), HasSubstr("model.safetensors.index.json is not JSON"));
  tests::write_text(path(), "{}");
  EXPECT_THAT(refusal_here(), HasSubstr("has no weight_map"));
  tests::write_text(path(), R"({"weight_map":{"a":"one.safetensors","a":"two.safetensors"}})");
  EXPECT_THAT(refusal_here(), HasSubstr("the key 'a' twice"));
  index(nlohmann::json::object());
  EXPECT_THAT(refusal_here(), HasSubstr("names no tensor"));
  tests::write_text(path(), R"({"a":)" + std::string(1'000'000, '['));
  EXPECT_FALSE(refusal_here().empty());
}

TEST(Safetensors, TellsAFileThatCannotBeOpenedFromOneThatIsBad) {
  const tests::TempFolder folder;
  EXPECT_THROW(Safetensors::open(folder / "none.safetensors"), std::runtime_error);
  EXPECT_EQ(refusal([&] {
              try {
                Safetensors::open(folder / "none.safetensors");
              } catch (const Refused&) {
                throw;
              } catch (const std::runtime_error&) {  // not the file's fault
              }
            }),
            "");
  EXPECT_THROW(Safetensors::open(folder.path()), Refused);
}

}  // namespace
}  // namespace tomoscribe::model

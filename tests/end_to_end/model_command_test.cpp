// `tomoscribe model info`, run as a person runs it.

#include <algorithm>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/files.h"
#include "tests/support/model_folder.h"

namespace tomoscribe::tests {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

Ran model(const std::string& words) {
  return run(std::string("'") + TOMOSCRIBE_PROGRAM_DIR + "/tomoscribe' model " + words);
}

/// A tiny model of zeros.
class ModelInfo : public testing::Test {
 protected:
  ModelInfo() {
    const std::string text = text_of(pixtral_data() / "tiny" / "mistral3.config.json");
    write_text(folder_ / "config.json", text);
    std::filesystem::copy_file(pixtral_data() / "fixtures" / "ministral3-tiny" / "tekken.json",
                               folder_ / "tekken.json");
    tensors_ =
        tensors_of(model::read_hugging_face_config(text), false, model::Layout::hugging_face);
  }
  Ran info(const std::string& options = "") {
    write_safetensors(folder_ / "model.safetensors", tensors_);
    return model("info '" + folder_.path().string() + "' " + options);
  }
  TempFolder folder_;
  std::vector<WrittenTensor> tensors_;
};

TEST_F(ModelInfo, SaysWhatTheFolderHoldsAndNeeds) {
  const Ran ran = info();
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("Hugging Face (config.json, model.safetensors)"));
  EXPECT_THAT(ran.output, HasSubstr("BF16 0.63 M"));
  EXPECT_THAT(ran.output,
              HasSubstr("768 bytes a token in 16 bits, 3.00 MiB for the full context of 4096"));
  EXPECT_THAT(ran.output, HasSubstr("512 x 512: 42 tokens of context"));
}

TEST_F(ModelInfo, MissesTheVocabulary) {
  std::filesystem::remove(folder_ / "tekken.json");
  const Ran ran = info();
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.output, HasSubstr("has no tekken.json"));
  EXPECT_THAT(ran.output, HasSubstr("1 thing keeps this model from being used"));
}

TEST_F(ModelInfo, SaysItAsJsonToo) {
  const Ran ran = info("--json --image 28 56");
  EXPECT_EQ(ran.status, 0) << ran.output;
  const json said = json::parse(ran.output);
  EXPECT_EQ(said.at("parameters").at("all"), 631584);
  EXPECT_EQ(said.at("weight_bytes"), 2 * 631584);
  EXPECT_EQ(said.at("image").at("tokens"), 4) << "two rows of one token and an end";
  EXPECT_EQ(said.at("problems"), json::array());
}

TEST_F(ModelInfo, EndsWithStatus3AndEveryFault) {
  tensors_[0].shape = {1, 1};
  tensors_.pop_back();
  tensors_.push_back({"stray", {1}});
  const Ran ran = info();
  EXPECT_EQ(ran.status, 3) << ran.output;
  for (const char* const words :
       {"has the shape [1, 1] where", "is missing", "'stray' [1] belongs to no part",
        "3 things keep this model from being used"})
    EXPECT_THAT(ran.output, HasSubstr(words));
}

TEST_F(ModelInfo, RefusesAMalformedFileInOneLine) {
  info();
  std::filesystem::resize_file(folder_ / "model.safetensors", 5000);
  const Ran ran = model("info '" + folder_.path().string() + "'");
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.output,
              StartsWith("tomoscribe model info: model.safetensors says its header has"));
  EXPECT_EQ(std::ranges::count(ran.output, '\n'), 1);
}

TEST(ModelCommand, TellsWrongUsageFromAnUnsuitableFolder) {
  EXPECT_EQ(model("info /nonexistent").status, 3);
  EXPECT_EQ(model("").status, 2);
  EXPECT_EQ(model("info").status, 2);
  EXPECT_EQ(model("generate x").status, 2);
  EXPECT_EQ(model("info . --image 0 5").status, 2);
  const Ran help = model("info --help");
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.output, HasSubstr("--image"));
}

}  // namespace
}  // namespace tomoscribe::tests

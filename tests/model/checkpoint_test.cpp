#include "model/checkpoint.h"

#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/footprint.h"
#include "model/refused.h"
#include "tests/support/files.h"
#include "tests/support/model_folder.h"

namespace tomoscribe::model {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tests::WrittenTensor;

std::string refusal(const fs::path& folder) {
  try {
    Checkpoint::open(folder);
  } catch (const Refused& why) {
    return why.what();
  }
  return "";
}

/// Config of a tiny model: its text, and as read.
std::string tiny(const std::string& file) {
  return tests::text_of(tests::pixtral_data() / "tiny" / file);
}

/// A folder in either layout whose weights are zeros, right unless a test spoils them.
class ModelFolder : public testing::Test {
 protected:
  void hugging_face(const std::string& name, bool tied = false) {
    tests::write_text(folder_ / "config.json", tiny(name + ".config.json"));
    config_ = read_hugging_face_config(tiny(name + ".config.json"));
    tensors_ = tests::tensors_of(config_, tied, Layout::hugging_face);
    file_ = folder_ / "model.safetensors";
  }
  void mistral(const std::string& name, bool tied = false) {
    tests::write_text(folder_ / "params.json", tiny(name + ".params.json"));
    config_ = read_mistral_params(tiny(name + ".params.json"));
    tensors_ = tests::tensors_of(config_, tied, Layout::mistral);
    file_ = folder_ / "consolidated.safetensors";
  }
  WrittenTensor& tensor(const std::string& name) {
    for (auto& tensor : tensors_)
      if (tensor.name == name) return tensor;
    throw std::runtime_error("no tensor " + name);
  }
  void remove(const std::string& name) {
    std::erase_if(tensors_, [&](const WrittenTensor& tensor) { return tensor.name == name; });
  }
  Checkpoint open() {
    tests::write_safetensors(file_, tensors_);
    return Checkpoint::open(folder_.path());
  }

  tests::TempFolder folder_;
  fs::path file_;
  ModelConfig config_;
  std::vector<WrittenTensor> tensors_;
};

TEST_F(ModelFolder, OfHuggingFaceIsOpened) {
  hugging_face("pixtral");
  const Checkpoint opened = open();
  EXPECT_THAT(opened.problems(), IsEmpty());
  EXPECT_EQ(opened.layout(), Layout::hugging_face);
  EXPECT_EQ(opened.rotary_rows(), RotaryRows::halves);
  EXPECT_FALSE(opened.tied_head());
  ASSERT_NE(opened.find("text.layers.2.attention.k"), nullptr);
  EXPECT_EQ(opened.find("text.layers.2.attention.k")->shape, (std::vector<std::int64_t>{64, 96}));
  EXPECT_EQ(opened.find("text.layers.3.attention.k"), nullptr);
  EXPECT_EQ(opened.weight_bytes(), 2 * count_parameters(opened.config(), false).all());
}

TEST_F(ModelFolder, OfTheSizeOfPixtral12bIsOpenedByItsHeaderAlone) {
  const std::string text =
      tests::text_of(tests::pixtral_data() / "published" / "pixtral-12b.config.json");
  tests::write_text(folder_ / "config.json", text);
  config_ = read_hugging_face_config(text);
  tensors_ = tests::tensors_of(config_, false, Layout::hugging_face);
  file_ = folder_ / "model.safetensors";
  const Checkpoint opened = open();
  EXPECT_THAT(opened.problems(), IsEmpty());
  EXPECT_EQ(opened.weight_bytes(), 25'365'479'424);
  const TensorView* last = opened.find("text.layers.39.ffn.down");
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->data[last->bytes - 1], std::byte{0}) << "beyond 4 GiB, and mapped";
}

TEST_F(ModelFolder, OfMistralIsOpenedAndSaysHowItsRowsTurn) {
  mistral("ministral3", true);
  const Checkpoint opened = open();
  EXPECT_THAT(opened.problems(), IsEmpty());
  EXPECT_EQ(opened.rotary_rows(), RotaryRows::pairs);
  EXPECT_TRUE(opened.tied_head());
  EXPECT_EQ(opened.find("text.head"), nullptr);
  EXPECT_EQ(opened.dtypes().at(Dtype::bf16), count_parameters(opened.config(), true).all());
}

TEST_F(ModelFolder, WithAHeadUsesItWhateverTheConfigSays) {
  hugging_face("ministral3", false);
  const Checkpoint opened = open();
  EXPECT_THAT(opened.problems(), IsEmpty());
  EXPECT_FALSE(opened.tied_head());
}

TEST_F(ModelFolder, TellsAllThatIsWrongAtOnce) {
  hugging_face("mistral3");
  remove("language_model.model.layers.1.mlp.up_proj.weight");
  remove("language_model.lm_head.weight");
  tensor("vision_tower.ln_pre.weight").shape = {63};
  tensor("multi_modal_projector.linear_1.weight").dtype = "I16";
  tensors_.push_back({"multi_modal_projector.linear_1.bias", {96}});
  EXPECT_THAT(
      open().problems(),
      ElementsAre(
          "tensor 'language_model.model.layers.1.mlp.up_proj.weight' [256, 96] is missing",
          "tensor 'language_model.lm_head.weight' [512, 96] is missing",
          "tensor 'vision_tower.ln_pre.weight' has the shape [63] where [64] is expected",
          "tensor 'multi_modal_projector.linear_1.weight' is I16; F32, F16 and BF16 are read",
          "tensor 'multi_modal_projector.linear_1.bias' [96] belongs to no part of such a model"));
}

TEST_F(ModelFolder, NamesAMissingTensorAsItsLayoutDoes) {
  mistral("pixtral");
  remove("vision_encoder.transformer.layers.1.attention.wq.weight");
  EXPECT_THAT(
      open().problems(),
      ElementsAre(
          "tensor 'vision_encoder.transformer.layers.1.attention.wq.weight' [64, 64] is missing"));
}

TEST_F(ModelFolder, HoldsOneTensorUnderTwoNames) {
  hugging_face("pixtral");
  tensors_.push_back({"model.vision_tower.ln_pre.weight", {64}});
  EXPECT_THAT(open().problems(), ElementsAre(HasSubstr("are one and the same")));
}

TEST_F(ModelFolder, ThatIsQuantisedIsToldInOneSentence) {
  hugging_face("ministral3", true);
  json config = json::parse(tiny("ministral3.config.json"));
  config["quantization_config"] = {{"quant_method", "fp8"}};
  tests::write_text(folder_ / "config.json", config.dump());
  tensors_.push_back({"model.language_model.layers.0.mlp.up_proj.weight_scale_inv", {}});
  EXPECT_THAT(open().problems(), ElementsAre(HasSubstr("quantised ('fp8')")));
}

TEST_F(ModelFolder, WithBothLayoutsIsReadOnce) {
  mistral("pixtral");
  open();
  hugging_face("pixtral");
  EXPECT_EQ(open().layout(), Layout::hugging_face);
  fs::remove(file_);
  EXPECT_EQ(Checkpoint::open(folder_.path()).layout(), Layout::mistral) << "its weights are there";
}

TEST_F(ModelFolder, WithoutAPartIsRefusedByName) {
  EXPECT_THAT(refusal(folder_.path()),
              HasSubstr("holds no model: neither config.json nor params.json"));
  EXPECT_THAT(refusal(folder_ / "none"), HasSubstr("is not a folder"));
  hugging_face("pixtral");
  EXPECT_THAT(refusal(folder_.path()), HasSubstr("holds config.json but no weights"));
  tests::write_text(folder_ / "model.safetensors", "cut");
  EXPECT_EQ(refusal(folder_.path()),
            "model.safetensors has 3 bytes, too few for a safetensors file");
  tests::write_text(folder_ / "config.json", std::string(2 << 20, ' '));
  EXPECT_THAT(refusal(folder_.path()), HasSubstr("config.json has 2097152 bytes"));
}

TEST(ExpectedTensors, AreThoseOfTransformersUnderBothOfItsNamings) {
  for (const std::string name : {"pixtral", "mistral3", "ministral3"}) {
    const ModelConfig config = read_hugging_face_config(tiny(name + ".config.json"));
    std::set<std::string> expected;
    for (const auto& tensor : expected_tensors(config, name == "ministral3"))
      expected.insert(tensor.hugging_face);
    const json names = json::parse(tiny(name + ".tensor_names.json"));
    std::set<std::string> hub, modules;
    for (const auto& tensor : names.at("hub_names"))
      hub.insert(hub_name(tensor.get<std::string>()));
    for (const auto& tensor : names.at("v5_module_names"))
      modules.insert(hub_name(tensor.get<std::string>()));
    EXPECT_EQ(expected, hub) << name;
    EXPECT_EQ(expected, modules) << name;
  }
}

TEST(ExpectedTensors, HaveNamesOfTheirOwn) {
  std::set<std::string> ours, mistral;
  const auto all = expected_tensors(read_hugging_face_config(tiny("mistral3.config.json")), false);
  for (const auto& tensor : all) {
    ours.insert(tensor.name);
    mistral.insert(tensor.mistral);
  }
  EXPECT_EQ(ours.size(), all.size());
  EXPECT_EQ(mistral.size(), all.size());
}

bool is_of_the_family(const fs::path& folder) {
  if (fs::exists(folder / "params.json")) return true;
  const json config = json::parse(tests::text_of(folder / "config.json"));
  return config.contains("vision_config") &&
         config["vision_config"].value("model_type", "") == "pixtral";
}

TEST(Fixtures, AreOpenedWithoutAProblemOrRefusedAsAnotherFamily) {
  const auto folders = tests::fixture_models();
  if (folders.empty()) GTEST_SKIP() << "no fixtures (TOMOSCRIBE_FIXTURES)";
  int opened = 0;
  for (const fs::path& folder : folders) {
    if (!is_of_the_family(folder)) {
      EXPECT_THAT(refusal(folder), HasSubstr("implemented")) << folder;
      continue;
    }
    const Checkpoint checkpoint = Checkpoint::open(folder);
    EXPECT_THAT(checkpoint.problems(), IsEmpty()) << folder;
    std::int64_t counted = 0;
    for (const auto& [dtype, elements] : checkpoint.dtypes()) counted += elements;
    EXPECT_EQ(counted, count_parameters(checkpoint.config(), checkpoint.tied_head()).all())
        << folder;
    ++opened;
  }
  EXPECT_GT(opened, 0);
}

std::string bytes_of(const TensorView& tensor) {
  return {reinterpret_cast<const char*>(tensor.data), tensor.bytes};  // NOLINT: bytes
}

TEST(Fixtures, HoldTheSameBytesUnderOurNamesInBothLayouts) {
  int compared = 0;
  for (const fs::path& folder : tests::fixture_models()) {
    const fs::path outer = folder.parent_path();
    if (folder.filename() != "native" || !fs::exists(outer / "config.json")) continue;
    const Checkpoint native = Checkpoint::open(folder), hub = Checkpoint::open(outer);
    for (const auto& expected : expected_tensors(hub.config(), hub.tied_head())) {
      const TensorView *ours = native.find(expected.name), *theirs = hub.find(expected.name);
      ASSERT_TRUE(ours != nullptr && theirs != nullptr) << expected.name;
      if (ours->dtype != theirs->dtype) continue;
      const bool turns = expected.name.ends_with(".q") || expected.name.ends_with(".k");
      EXPECT_EQ(bytes_of(*ours) == bytes_of(*theirs), !turns)
          << expected.name << ": only queries and keys have their rows in another order";
      ++compared;
    }
  }
  if (compared == 0) GTEST_SKIP() << "no fixtures (TOMOSCRIBE_FIXTURES)";
}

}  // namespace
}  // namespace tomoscribe::model

#include "model/model_config.h"

#include <cmath>
#include <functional>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/refused.h"
#include "tests/support/model_folder.h"

namespace tomoscribe::model {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const auto published = [] { return tests::pixtral_data() / "published"; };
const auto tiny = [] { return tests::pixtral_data() / "tiny"; };

ModelConfig hugging_face(const std::filesystem::path& file) {
  return read_hugging_face_config(tests::text_of(file));
}
ModelConfig mistral(const std::filesystem::path& file) {
  return read_mistral_params(tests::text_of(file));
}

/// All that both files state, for comparison.
auto shape_of(const ModelConfig& c) {
  const auto& [t, v] = std::tie(c.text, c.vision);
  const Yarn yarn = t.yarn.value_or(Yarn{});
  const QueryScaling scaling = t.query_scaling.value_or(QueryScaling{});
  return std::tuple(std::tuple(t.hidden, t.layers, t.heads, t.kv_heads, t.head_dim, t.ffn,
                               t.vocabulary, t.norm_eps, t.rope_theta, t.sliding_window),
                    std::tuple(yarn.factor, yarn.original_positions, yarn.beta_fast, yarn.beta_slow,
                               yarn.attention_factor, scaling.beta, scaling.original_positions),
                    std::tuple(v.hidden, v.layers, v.heads, v.head_dim, v.ffn, v.channels,
                               v.image_size, v.patch_size, v.rope_theta, v.activation),
                    std::tuple(c.projector.bias, c.projector.norm, c.projector.merger,
                               c.projector.spatial_merge, c.image_ids.image));
}

TEST(ModelConfig, SaysTheSameFromEveryFileOfOneModel) {
  for (const std::string name : {"pixtral", "mistral3", "ministral3"}) {
    const ModelConfig now = hugging_face(tiny() / (name + ".config.json"));
    const ModelConfig before = hugging_face(tiny() / (name + ".config.legacy.json"));
    const ModelConfig native = mistral(tiny() / (name + ".params.json"));
    EXPECT_EQ(shape_of(now), shape_of(before)) << name;
    EXPECT_EQ(shape_of(now), shape_of(native)) << name;
    EXPECT_EQ(now.text.positions, before.text.positions) << name;
    EXPECT_EQ(native.image_ids.row_break, 12) << name;
    EXPECT_THAT(now.remarks, IsEmpty());
    EXPECT_THAT(native.remarks, IsEmpty());
  }
  for (const std::string name : {"pixtral-12b", "mistral-small-3.1", "ministral-3-3b"})
    EXPECT_EQ(shape_of(hugging_face(published() / (name + ".config.json"))),
              shape_of(mistral(published() / (name + ".params.json"))))
        << name;
}

TEST(ModelConfig, OfPixtral12bFillsWhatTheHubFileLeavesOut) {
  const ModelConfig c = hugging_face(published() / "pixtral-12b.config.json");
  EXPECT_EQ(c.text.heads, 32);
  EXPECT_EQ(c.text.head_dim, 128);
  EXPECT_EQ(c.text.positions, 1024000);
  EXPECT_EQ(c.text.sliding_window, std::nullopt);
  EXPECT_EQ(c.vision.hidden, 1024);
  EXPECT_EQ(c.vision.layers, 24);
  EXPECT_TRUE(c.projector.bias);
  EXPECT_FALSE(c.projector.merger);
  EXPECT_EQ(c.tied_head, false);
  EXPECT_EQ(c.image_ids.row_break, std::nullopt) << "config.json does not state it";
}

TEST(ModelConfig, OfPixtralLargeHasItsOwnImageIdsAndHeadWidth) {
  const ModelConfig c = mistral(published() / "pixtral-large.params.json");
  EXPECT_EQ(c.vision.head_dim, 88);
  EXPECT_EQ(c.image_ids.row_break, 14);
  EXPECT_EQ(c.image_ids.end, 15);
  EXPECT_FALSE(c.projector.bias);
  EXPECT_EQ(c.text.vocabulary, 32768);
}

TEST(ModelConfig, OfMinistral3StretchesPositionsAndTellsFp8) {
  const ModelConfig c = hugging_face(published() / "ministral-3-3b.config.json");
  ASSERT_TRUE(c.text.yarn);
  EXPECT_EQ(c.text.yarn->factor, 16);
  EXPECT_EQ(c.text.yarn->attention_factor, 1);
  ASSERT_TRUE(c.text.query_scaling);
  EXPECT_EQ(c.text.query_scaling->original_positions, 16384);
  EXPECT_EQ(c.tied_head, true);
  EXPECT_EQ(c.quantization, "");
  EXPECT_EQ(hugging_face(published() / "ministral-3-8b-fp8.config.json").quantization, "fp8");
}

TEST(ModelConfig, SaysWhatWasNotStatedOrNotUnderstood) {
  json file = json::parse(tests::text_of(tiny() / "pixtral.config.json"));
  file["text_config"].erase("sliding_window");
  file["vision_config"].erase("hidden_act");
  const ModelConfig c = read_hugging_face_config(file.dump());
  EXPECT_EQ(c.text.sliding_window, 4096);
  EXPECT_EQ(c.vision.activation, Activation::gelu);
  EXPECT_EQ(c.remarks.size(), 2U);
  json params = json::parse(tests::text_of(tiny() / "pixtral.params.json"));
  params["new_invention"] = 7;
  params["moe"] = nullptr;
  EXPECT_THAT(read_mistral_params(params.dump()).remarks,
              testing::ElementsAre("params.json: new_invention is not known and was not used"));
}

TEST(ModelConfig, TakesTheDefaultsOfMinistral3WhereItsFileIsSilent) {
  json file = json::parse(tests::text_of(published() / "ministral-3-8b.config.json"));
  file["text_config"] = {{"model_type", "ministral3"}};
  EXPECT_EQ(shape_of(read_hugging_face_config(file.dump())),
            shape_of(hugging_face(published() / "ministral-3-8b.config.json")));
}

TEST(ModelConfig, ComputesYarnsAttentionFactorAsTransformersDoes) {
  json file = json::parse(tests::text_of(tiny() / "ministral3.config.json"));
  json& rope = file["text_config"]["rope_parameters"];
  rope.erase("mscale");
  EXPECT_NEAR(read_hugging_face_config(file.dump()).text.yarn->attention_factor,
              0.1 * std::log(16) + 1, 1e-12);
  rope["attention_factor"] = 0.5;
  EXPECT_EQ(read_hugging_face_config(file.dump()).text.yarn->attention_factor, 0.5);
}

TEST(ModelConfig, LeavesTheHeadOpenWhereStatementsDiffer) {
  json file = json::parse(tests::text_of(tiny() / "mistral3.config.json"));
  file["tie_word_embeddings"] = true;
  EXPECT_EQ(read_hugging_face_config(file.dump()).tied_head, std::nullopt);
}

struct Spoilt {
  const char* pointer;  ///< what is changed (RFC 6901)
  json value;           ///< discarded: the key is removed
  std::string words;
};

const json removed = json(json::value_t::discarded);

using Reader = std::function<ModelConfig(const std::string&)>;

void expect_refused(const std::filesystem::path& file, const Reader& read,
                    const std::vector<Spoilt>& all) {
  for (const Spoilt& spoilt : all) {
    json tree = json::parse(tests::text_of(file));
    const json::json_pointer pointer(spoilt.pointer);
    if (spoilt.value.is_discarded())
      tree.at(pointer.parent_pointer()).erase(pointer.back());
    else
      tree[pointer] = spoilt.value;
    try {
      read(tree.dump());
      ADD_FAILURE() << spoilt.pointer << " " << spoilt.value << " was accepted";
    } catch (const Refused& why) {
      EXPECT_THAT(why.what(), HasSubstr(spoilt.words)) << spoilt.pointer;
      EXPECT_THAT(why.what(), Not(HasSubstr("\n"))) << spoilt.pointer;
    }
  }
}

TEST(HuggingFaceConfig, RefusesByASentenceThatNamesTheKey) {
  const Reader read = [](const std::string& text) { return read_hugging_face_config(text); };
  expect_refused(
      tiny() / "mistral3.config.json", read,
      {{"/model_type", "gemma3", R"(config.json: model_type is "gemma3"; only "llava" with)"},
       {"/model_type", removed, "model_type is missing"},
       {"/text_config", removed, "text_config is missing"},
       {"/vision_config", 7, "vision_config is 7; an object is needed"},
       {"/text_config/model_type", "qwen2", "text_config.model_type is \"qwen2\""},
       {"/vision_config/model_type", "clip", "vision_config.model_type is \"clip\""},
       {"/text_config/hidden_size", 0,
        "text_config.hidden_size is 0; a whole number of 1 to 1048576"},
       {"/text_config/hidden_size", -4, "text_config.hidden_size is -4"},
       {"/text_config/hidden_size", 96.5, "text_config.hidden_size is 96.5"},
       {"/text_config/hidden_size", "96", "text_config.hidden_size is \"96\""},
       {"/text_config/vocab_size", 18446744073709551615ULL,
        "text_config.vocab_size is 18446744073709551615"},
       {"/text_config/num_hidden_layers", 5000, "num_hidden_layers is 5000"},
       {"/text_config/num_key_value_heads", 4, "6 heads cannot share 4 key-value heads"},
       {"/text_config/head_dim", 31, "head_dim is 31"},
       {"/text_config/head_dim", 1048576, "wide together"},
       {"/text_config/hidden_act", "gelu", R"(text_config.hidden_act is "gelu"; only "silu")"},
       {"/text_config/attention_bias", true, "attention_bias is true"},
       {"/text_config/rope_parameters/rope_type", "llama3", "rope_type is \"llama3\"; only"},
       {"/text_config/rope_parameters/type", "yarn", "rope_type says otherwise"},
       {"/text_config/rope_theta", 5, "rope_parameters say otherwise"},
       {"/text_config/rope_scaling", {{"type", "yarn"}}, "rope_parameters say otherwise"},
       {"/text_config/rms_norm_eps", 2, "rms_norm_eps is 2"},
       {"/text_config/sliding_window", 0, "sliding_window is 0"},
       {"/vision_config/hidden_act", "relu", "vision_config.hidden_act is \"relu\""},
       {"/vision_config/head_dim", 32, "4 heads of 32 do not make its width of 64"},
       {"/vision_config/num_attention_heads", 3, "do not make its width"},
       {"/vision_config/image_size", 20, "smaller than one token's 28"},
       {"/vision_config/rope_parameters/rope_type", "yarn", "is implemented for images"},
       {"/vision_feature_layer", -2, "vision_feature_layer is -2; only -1"},
       {"/projector_hidden_act", "relu", "projector_hidden_act is \"relu\""},
       {"/image_token_id", 11, "image_token_index says otherwise"},
       {"/image_token_index", 512, "image token id 512 lies outside the vocabulary of 512"}});
  expect_refused(tiny() / "pixtral.config.json", read,
                 {{"/vision_feature_layer", removed, "vision_feature_layer is missing"},
                  {"/vision_feature_select_strategy", "default", "only \"full\" is implemented"},
                  {"/image_token_index", removed, "image_token_index is missing"}});
  expect_refused(
      tiny() / "ministral3.config.json", read,
      {{"/text_config/rope_parameters/factor", removed, "rope_parameters.factor is missing"},
       {"/text_config/rope_parameters/truncate", false, "truncate is false"},
       {"/text_config/rope_parameters/factor", 0.5, "factor is 0.5"}});
}

TEST(MistralParams, RefusesByASentenceThatNamesTheKey) {
  expect_refused(
      tiny() / "mistral3.params.json",
      [](const std::string& text) { return read_mistral_params(text); },
      {{"/dim", removed, "params.json: dim is missing"},
       {"/head_dim", removed, "head_dim is missing"},
       {"/moe", {{"num_experts", 8}}, "models with it are not implemented"},
       {"/vision_encoder", removed, "a model without a vision encoder"},
       {"/sliding_window", {4096, 1024}, "sliding_window is [4096,1024]"},
       {"/vision_encoder/mm_projector_id", "other", "mm_projector_id is \"other\""},
       {"/vision_encoder/mm_projector_id", "", "spatial_merge_size is 2 but nothing merges"},
       {"/vision_encoder/num_attention_heads", 5, "hidden_size cannot be divided by it"},
       {"/vision_encoder/image_end_token_id", 12, "two of the image token ids are the same"},
       {"/vision_encoder/adapter_bias", "no", "true or false is needed"}});
}

TEST(MistralParams, RefusesTwoLongestContexts) {
  expect_refused(
      tiny() / "ministral3.params.json",
      [](const std::string& text) { return read_mistral_params(text); },
      {{"/max_seq_len", 5, "max_position_embeddings is 4096; max_seq_len says otherwise"}});
}

TEST(ModelConfig, RefusesWhatIsNoJsonObject) {
  for (const std::string text :
       {"", "{", "[]", "7", R"({"a":1,"a":2})", R"({"a":1e999})", "{\"a\":\"\xFF\"}"})
    EXPECT_THROW(read_hugging_face_config(text), Refused) << text;
  EXPECT_THROW(read_mistral_params(std::string("{}\0", 3)), Refused);
  EXPECT_THROW(read_mistral_params("{\"a\":" + std::string(100000, '[')), Refused);
}

TEST(HuggingFaceConfig, TellsOtherFamiliesApart) {
  for (const char* const name : {"llava15", "qwen2vl"}) {
    try {
      hugging_face(tiny() / (std::string(name) + ".config.json"));
      ADD_FAILURE() << name;
    } catch (const Refused& why) {
      EXPECT_THAT(why.what(), HasSubstr("model_type")) << name;
    }
  }
}

}  // namespace
}  // namespace tomoscribe::model

#include "model/footprint.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/refused.h"
#include "tests/support/model_folder.h"

namespace tomoscribe::model {
namespace {

using nlohmann::json;

ModelConfig published(const std::string& file) {
  const std::string text = tests::text_of(tests::pixtral_data() / "published" / file);
  return file.find("params") == std::string::npos ? read_hugging_face_config(text)
                                                  : read_mistral_params(text);
}

struct Known {
  std::string file;
  bool tied = false;
  std::int64_t text = 0, vision = 0, projector = 0;
  std::int64_t kv_kib = 0;      ///< a token, 16 bits
  std::int64_t ids_of_512 = 0;  ///< context of a 512 x 512 slice
};

TEST(Footprint, OfPublishedModelsIsWhatTheirFilesWeigh) {
  // 47 144 806 400 bytes of text weights in 16 bits are on record for Mistral Small 3.1.
  const std::vector<Known> all{
      {"pixtral-12b.config.json", false, 12247782400, 403489792, 31467520, 160, 1056},
      {"pixtral-12b.params.json", false, 12247782400, 403489792, 31467520, 160, 1056},
      {"pixtral-large.params.json", false, 122610069504, 1356479872, 168296448, 352, 1056},
      {"mistral-small-3.1.config.json", false, 47144806400 / 2, 403305472, 35652608, 160, 380},
      {"mistral-small-3.1.params.json", false, 47144806400 / 2, 403305472, 35652608, 160, 380},
      {"ministral-3-3b.config.json", true, 3429006336, 403305472, 16778240, 104, 380},
      {"ministral-3-8b.config.json", false, 8489553920, 403305472, 25166848, 136, 380},
      {"ministral-3-14b.config.json", false, 13506073600, 403305472, 35652608, 160, 380}};
  for (const Known& known : all) {
    const ModelConfig config = published(known.file);
    const Parameters counted = count_parameters(config, known.tied);
    EXPECT_EQ(counted.text, known.text) << known.file;
    EXPECT_EQ(counted.vision, known.vision) << known.file;
    EXPECT_EQ(counted.projector, known.projector) << known.file;
    EXPECT_EQ(counted.all(), known.text + known.vision + known.projector);
    EXPECT_EQ(kv_bytes_per_token(config.text), known.kv_kib * 1024) << known.file;
    EXPECT_EQ(token_grid(512, 512, image_rule(config)).ids(), known.ids_of_512) << known.file;
  }
}

TEST(ImageRule, IsThatOfBothReferencesForEverySizeOnRecord) {
  const std::filesystem::path file = tests::pixtral_fixtures() / "preproc" / "sizes.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no fixtures (TOMOSCRIBE_FIXTURES)";
  const json sizes = json::parse(tests::text_of(file));
  const std::vector<std::pair<std::string, ModelConfig>> models{
      {"pixtral12b", published("pixtral-12b.config.json")},
      {"mistral_small_31", published("mistral-small-3.1.config.json")}};
  int differing = 0;
  for (const json& size : sizes)
    for (const auto& [name, config] : models) {
      const json& expected = size.at(name);
      const int wide = size.at("wh")[0], high = size.at("wh")[1];
      const ImageGrid trained = token_grid(wide, high, image_rule(config));
      const ImageGrid hub = token_grid(wide, high, image_rule(config, Preprocessing::hugging_face));
      const std::int64_t cell = config.vision.patch_size * config.projector.spatial_merge;
      EXPECT_EQ((json{trained.rows, trained.columns}), expected.at("mc_tokens_hw"))
          << size.at("wh");
      EXPECT_EQ((json{hub.rows * cell, hub.columns * cell}), expected.at("hf_hw")) << size.at("wh");
      EXPECT_EQ(trained.ids(), expected.at("n_ids_mc")) << size.at("wh");
      EXPECT_EQ(hub.ids(), expected.at("n_ids_hf")) << size.at("wh");
      differing += trained.ids() == hub.ids() ? 0 : 1;
    }
  EXPECT_GT(differing, 0) << "the two rules are told apart";
}

}  // namespace
}  // namespace tomoscribe::model

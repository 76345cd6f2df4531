// Every tokenizer, chat and preprocessing fixture under TOMOSCRIBE_FIXTURES, whatever its name.

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/chat/chat.h"
#include "model/image_preprocess.h"
#include "model/tokenizer/tokenizer.h"
#include "text_fixtures.h"

namespace tomoscribe::model {
namespace {

using fixtures::Tensor;
using nlohmann::json;
using Ids = std::vector<TokenId>;

constexpr std::string_view no_fixtures = "no fixtures: set TOMOSCRIBE_FIXTURES";

/// Vocabularies that a key of the fixtures such as "tekken", "tiny_tekken", "spm_v7m1" speaks of.
std::vector<std::filesystem::path> vocabularies(const std::string& key) {
  if (key.starts_with("spm_")) return fixtures::files_ending(".model." + key.substr(4));
  if (key.starts_with("tiny_")) return fixtures::files_ending("/" + key.substr(5) + ".json");
  auto found = fixtures::files_ending(".json.gz");
  std::erase_if(found,
                [](const auto& file) { return !file.filename().string().starts_with("tekken"); });
  return found;
}

const Tokenizer& loaded(const std::filesystem::path& file) {
  static std::map<std::filesystem::path, std::unique_ptr<Tokenizer>> all;
  auto& tokenizer = all[file];
  if (!tokenizer) tokenizer = fixtures::tokenizer_from(file);
  return *tokenizer;
}

bool is_ids(const json& value) {
  return value.is_array() && !value.empty() && value[0].is_number_unsigned();
}

/// How many pairs were compared.
int compare_pairs(const json& pairs, const std::string& key, const Tokenizer& tokenizer) {
  int compared = 0;
  for (const json& pair : pairs) {
    const auto text = pair.at("text").get<std::string>();
    const auto expected = pair.at(key).get<Ids>();
    EXPECT_EQ(tokenizer.encode(text), expected) << text;
    const auto decoded = pair.contains("decoded") ? pair.at("decoded").get<std::string>() : text;
    EXPECT_EQ(tokenizer.decode(expected), decoded);
    ++compared;
  }
  return compared;
}

TEST(TextFixtures, EveryPairEncodesAndDecodesExactly) {
  const auto files = fixtures::files_ending("_pairs.json");
  if (files.empty()) GTEST_SKIP() << no_fixtures;
  for (const auto& file : files) {
    const json pairs = fixtures::read_json(file);
    for (const auto& [key, value] : pairs.at(0).items()) {
      if (!is_ids(value)) continue;
      const auto found = vocabularies(key);
      EXPECT_FALSE(found.empty()) << "no vocabulary for " << key;
      for (const auto& vocabulary : found) {
        SCOPED_TRACE(vocabulary.string());
        const int compared = compare_pairs(pairs, key, loaded(vocabulary));
        RecordProperty(file.filename().string() + " " + key, compared);
      }
    }
  }
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

TEST(TextFixtures, PiecesHaveTheirBytesAndStreamToTheWholeText) {
  const auto files = fixtures::files_ending("_pieces.json");
  if (files.empty()) GTEST_SKIP() << no_fixtures;
  for (const auto& file : files) {
    const std::string key = file.stem().string();
    for (const auto& vocabulary : vocabularies(key.substr(0, key.rfind('_')))) {
      const Tokenizer& tokenizer = loaded(vocabulary);
      for (const json& entry : fixtures::read_json(file)) {
        const auto ids = entry.at("ids").get<Ids>();
        StreamDecoder stream(tokenizer);
        std::string text;
        for (std::size_t i = 0; i < ids.size(); ++i) {
          EXPECT_EQ(tokenizer.bytes(ids[i]), from_hex(entry.at("pieces_hex").at(i)));
          text += stream.push(ids[i]);
        }
        EXPECT_EQ(text + stream.finish(), tokenizer.decode(ids));
      }
    }
  }
}

Role role_of(const std::string& name) {
  if (name == "system") return Role::system;
  return name == "user" ? Role::user : Role::assistant;
}

/// `image` gives the grid of each image part.
template <typename Image>
std::vector<Message> messages_of(const json& list, Image image) {
  std::vector<Message> messages;
  for (const json& entry : list) {
    Message message{.role = role_of(entry.at("role"))};
    if (entry.at("content").is_string())
      message.content.emplace_back(entry.at("content").get<std::string>());
    else
      for (const json& part : entry.at("content")) {
        if (part.at("type") == "text")
          message.content.emplace_back(part.at("text").get<std::string>());
        else
          message.content.emplace_back(image(part));
      }
    messages.push_back(std::move(message));
  }
  return messages;
}

Ids run_lengths(const json& runs) {
  Ids ids;
  for (const json& run : runs) ids.insert(ids.end(), run.at(1).get<std::size_t>(), run.at(0));
  return ids;
}

/// "tekken_v7_small31": vocabulary, chat format, and, as the fixtures' page says, image rule.
void compare_chat(const json& conversation, const std::string& key) {
  const std::size_t version = key.find("_v") + 1;
  const auto format =
      chat_format(key.substr(version, key.find_first_not_of("0123456789", version + 1) - version));
  ASSERT_TRUE(format.has_value()) << key;
  const ImageRule rule = key.ends_with("small31")
                             ? ImageRule{.patch = 14, .longest_edge = 1540, .spatial_merge = 2}
                             : ImageRule{};
  const auto found = vocabularies(key);
  ASSERT_FALSE(found.empty()) << "no vocabulary for " << key;
  for (const auto& vocabulary : found) {
    const auto messages = messages_of(conversation.at("messages"), [&](const json& part) {
      return token_grid(part.at("wh").at(0), part.at("wh").at(1), rule);
    });
    const Ids ids = Chat(loaded(vocabulary), *format).encode(messages);
    EXPECT_EQ(ids, run_lengths(conversation.at(key).at("rle"))) << key << conversation["messages"];
  }
}

TEST(TextFixtures, EveryConversationIsExact) {
  const auto files = fixtures::files_ending("chat.json");
  if (files.empty()) GTEST_SKIP() << no_fixtures;
  for (const auto& file : files)
    for (const json& conversation : fixtures::read_json(file))
      for (const auto& [key, value] : conversation.items())
        if (value.is_object() && value.contains("rle")) compare_chat(conversation, key);
}

json config_of(const std::filesystem::path& model) {
  const json tekken = fixtures::read_json(model / "tekken.json");
  return tekken.contains("image") ? tekken.at("image") : tekken.at("multimodal");
}

ImageRule rule_of(const std::filesystem::path& model) {
  const json config = config_of(model);
  return {.patch = config.at("image_patch_size"),
          .longest_edge = config.at("max_image_size"),
          .spatial_merge = config.value("spatial_merge_size", 1)};
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  if (a.size() != b.size()) return HUGE_VAL;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(double{a[i]} - double{b[i]}));
  return largest;
}

/// One model's request as one of the two references prepared it: ids and pixels.
void compare_case(const std::filesystem::path& file, const std::string& prefix,
                  Preprocessing preprocessing) {
  const auto model = file.parent_path().parent_path();
  const auto tensors = fixtures::read_tensors(file);
  if (!tensors.contains(prefix + "input_ids")) return;
  const json request = fixtures::read_json(std::filesystem::path(file).replace_extension(".json"));
  ImageRule rule = rule_of(model);
  rule.preprocessing = preprocessing;
  int image = 0;
  const auto messages = messages_of(request.at("messages"), [&](const json&) {
    const std::string number = std::to_string(image++);
    const PreparedImage prepared =
        prepare_image(fixtures::pixels_of(tensors.at("image_u8." + number)), rule);
    EXPECT_LE(
        largest_difference(prepared.values, tensors.at(prefix + "pixel_values." + number).floats()),
        1e-5);
    return prepared.tokens;
  });
  const Tokenizer& tokenizer = loaded(model / "tekken.json");
  const auto format = chat_format(tokenizer.version());
  ASSERT_TRUE(format.has_value()) << tokenizer.version();
  const auto expected = tensors.at(prefix + "input_ids").integers();
  EXPECT_EQ(Chat(tokenizer, *format).encode(messages), Ids(expected.begin(), expected.end()));
}

TEST(TextFixtures, EveryModelsRequestsArePreparedAsByBothReferences) {
  int compared = 0;
  for (const auto& file : fixtures::files_ending(".safetensors")) {
    if (!std::filesystem::exists(file.parent_path().parent_path() / "tekken.json") ||
        file.parent_path().filename() != "cases")
      continue;
    SCOPED_TRACE(file.string());
    compare_case(file, "mc.", Preprocessing::mistral_common);
    compare_case(file, "hf.", Preprocessing::hugging_face);
    ++compared;
  }
  if (compared == 0) GTEST_SKIP() << no_fixtures;
}

/// [:, ::7, ::7]
std::vector<float> every_seventh(const PreparedImage& image) {
  std::vector<float> samples;
  const auto width = std::size_t(image.width), height = std::size_t(image.height);
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t y = 0; y < height; y += 7)
      for (std::size_t x = 0; x < width; x += 7)
        samples.push_back(image.values[(c * height + y) * width + x]);
  return samples;
}

void compare_pixels(const json& entry, const std::map<std::string, Tensor>& tensors,
                    const std::string& reference, Preprocessing preprocessing, double tolerance) {
  const std::string id = entry.at("id");
  const ImageRule rule{.patch = entry.at("patch"),
                       .longest_edge = entry.at("max_size"),
                       .spatial_merge = entry.at("merge"),
                       .preprocessing = preprocessing};
  const PreparedImage image =
      prepare_image(fixtures::pixels_of(tensors.at(id + ".input_u8")), rule);
  const std::string name = id + "." + reference;
  const auto whole = tensors.find(name);
  const double difference =
      whole != tensors.end()
          ? largest_difference(image.values, whole->second.floats())
          : largest_difference(every_seventh(image), tensors.at(name + ".sample7").floats());
  EXPECT_LE(difference, tolerance) << name;
}

TEST(TextFixtures, PixelsAreTheReferences) {
  const auto files = fixtures::files_ending("preproc/pixels.json");
  if (files.empty()) GTEST_SKIP() << no_fixtures;
  for (const auto& file : files) {
    const auto tensors =
        fixtures::read_tensors(std::filesystem::path(file).replace_extension(".safetensors"));
    for (const json& entry : fixtures::read_json(file)) {
      compare_pixels(entry, tensors, "mistral_common", Preprocessing::mistral_common, 1e-5);
      compare_pixels(entry, tensors, "hf_pil", Preprocessing::hugging_face, 1e-6);
      // torchvision rounds one step of 255 elsewhere: the page's own gate.
      compare_pixels(entry, tensors, "hf_torchvision", Preprocessing::hugging_face, 0.0152);
    }
  }
}

/// [rows, columns]; where a side is 0 the references go on, and this refuses.
json grid_or_refusal(const json& size, const ImageRule& rule, const json& expected) {
  try {
    const ImageGrid tokens = token_grid(size.at(0), size.at(1), rule);
    return json({tokens.rows, tokens.columns});
  } catch (const UnfitImage&) {
    return expected.at(0) == 0 || expected.at(1) == 0 ? expected : json("refused");
  }
}

void compare_sizes(const json& size, const json& expected, ImageRule rule) {
  const json& tokens = expected.at("mc_tokens_hw");
  EXPECT_EQ(grid_or_refusal(size, rule, tokens), tokens) << size;
  rule.preprocessing = Preprocessing::hugging_face;
  const int token = rule.patch * rule.spatial_merge;
  const json other = json({expected.at("hf_hw").at(0).get<int>() / token,
                           expected.at("hf_hw").at(1).get<int>() / token});
  EXPECT_EQ(grid_or_refusal(size, rule, other), other) << size;
}

TEST(TextFixtures, SizesAreTheReferences) {
  const auto files = fixtures::files_ending("preproc/sizes.json");
  if (files.empty()) GTEST_SKIP() << no_fixtures;
  std::map<std::string, ImageRule> rules;
  for (const auto& file : fixtures::files_ending("preproc/pixels.json"))
    for (const json& entry : fixtures::read_json(file))
      rules[entry.at("config")] = {.patch = entry.at("patch"),
                                   .longest_edge = entry.at("max_size"),
                                   .spatial_merge = entry.at("merge")};
  for (const auto& file : files)
    for (const json& row : fixtures::read_json(file))
      for (const auto& [name, value] : row.items())
        if (name != "wh") compare_sizes(row.at("wh"), value, rules.at(name));
}

}  // namespace
}  // namespace tomoscribe::model

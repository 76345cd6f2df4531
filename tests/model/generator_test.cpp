#include "model/generator.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/refused.h"
#include "tests/support/files.h"
#include "tests/support/model_folder.h"
#include "text_fixtures.h"

namespace tomoscribe::model {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path tiny(const std::string& name) {
  return tests::pixtral_data() / "fixtures" / name;
}

GeneratorOptions plain(Preprocessing preprocessing = Preprocessing::mistral_common) {
  return {.network = {"cpu", ComputeType::f32, 1}, .preprocessing = preprocessing};
}

Image grey(int width, int height, int shift = 0) {
  Image image{.width = width, .height = height};
  for (int i = 0; i < width * height * 3; ++i)
    image.values.push_back(static_cast<std::uint8_t>(i / 5 + shift));
  return image;
}

Prompt about(const Image& image) {
  return {{Role::user, {std::string("What does this slice show?"), &image}}};
}

/// Claims in lines, with words to choose from and free text.
constexpr const char* claims = R"(
start = claim{0,6} "end\n" ;
claim = "finding: " ("nodule" | "effusion" | "fracture") " " ("left" | "right") " " sentence "\n" ;
sentence = [A-Z] [a-z ,]{3,60} "." ;
)";

const Grammar& claim_grammar() {
  static const Grammar grammar = Grammar::parse(claims);
  return grammar;
}

/// A case of the fixtures as a prompt.
struct Case {
  std::vector<Image> images;
  Prompt prompt;
};

Case case_of(const fs::path& file, const std::map<std::string, fixtures::Tensor>& tensors) {
  Case result;
  for (int i = 0; tensors.contains("image_u8." + std::to_string(i)); ++i) {
    const Pixels pixels = fixtures::pixels_of(tensors.at("image_u8." + std::to_string(i)));
    result.images.push_back({pixels.width,
                             pixels.height,
                             pixels.channels,
                             {pixels.values, pixels.values + pixels.size}});
  }
  std::size_t next = 0;
  const json request = fixtures::read_json(fs::path(file).replace_extension(".json"));
  for (const json& message : request.at("messages")) {
    const std::string role = message.at("role");
    Turn turn{role == "user" ? Role::user : role == "system" ? Role::system : Role::assistant, {}};
    if (message.at("content").is_string())
      turn.content.emplace_back(message.at("content").get<std::string>());
    else
      for (const json& part : message.at("content"))
        if (part.at("type") == "text")
          turn.content.emplace_back(part.at("text").get<std::string>());
        else
          turn.content.emplace_back(&result.images.at(next++));
    result.prompt.push_back(std::move(turn));
  }
  return result;
}

/// Greedy ids up to the first that no answer here may hold: the reference bans none.
std::size_t comparable(const std::vector<std::int64_t>& ids, const Tokenizer& tokenizer) {
  std::size_t count = 0;
  while (count < ids.size() && !tokenizer.is_control(static_cast<TokenId>(ids[count]))) ++count;
  return count;
}

/// How many ids were compared.
std::size_t compare_greedy(Generator& generator, const fs::path& file,
                           const std::map<std::string, fixtures::Tensor>& tensors,
                           const std::string& prefix) {
  if (!tensors.contains(prefix + "greedy_ids")) return 0;
  SCOPED_TRACE(file.string() + " " + prefix);
  const Case request = case_of(file, tensors);
  const auto expected = tensors.at(prefix + "greedy_ids").integers();
  const std::size_t count = comparable(expected, generator.tokenizer());
  if (count == 0) return 0;
  const Generation answer = generator.generate(request.prompt, {.most_tokens = count});
  EXPECT_EQ(answer.prompt_tokens, tensors.at(prefix + "input_ids").integers().size());
  EXPECT_EQ(answer.tokens.size(), count);
  for (std::size_t i = 0; i < std::min(count, answer.tokens.size()); ++i)
    EXPECT_EQ(answer.tokens[i].id, expected[i]) << "token " << i;
  return count;
}

TEST(GeneratorFixtures, TextAndPixelsInGiveTheReferencesGreedyIds) {
  int models = 0;
  std::size_t compared = 0;
  for (const fs::path& folder : tests::fixture_models()) {
    if (!fs::is_directory(folder / "cases") || !fs::exists(folder / "tekken.json")) continue;
    ++models;
    for (const auto& [prefix, preprocessing] :
         {std::pair{"mc.", Preprocessing::mistral_common}, {"hf.", Preprocessing::hugging_face}}) {
      Generator generator(folder, plain(preprocessing));
      for (const auto& entry : fs::directory_iterator(folder / "cases"))
        if (entry.path().extension() == ".safetensors")
          compared +=
              compare_greedy(generator, entry.path(), fixtures::read_tensors(entry.path()), prefix);
    }
  }
  EXPECT_GT(models, 0);
  EXPECT_GT(compared, 0U);
}

TEST(Generator, EveryAnswerIsATextOfTheGrammarAtAnyTemperature) {
  Generator generator(tiny("ministral3-tiny"), plain());
  const Image image = grey(56, 56);
  int by_itself = 0, by_budget = 0;
  for (const double temperature : {0.0, 0.7, 1.5, 20.0})
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      const std::size_t most = 8 + 37 * seed;
      const Generation answer =
          generator.generate(about(image), {.sampling = {.temperature = temperature},
                                            .seed = seed,
                                            .most_tokens = most,
                                            .grammar = &claim_grammar()});
      EXPECT_TRUE(claim_grammar().accepts(answer.text)) << answer.text;
      EXPECT_LE(answer.tokens.size(), most);
      ++(answer.ended == Ended::by_itself ? by_itself : by_budget);
    }
  EXPECT_GT(by_itself, 0);
  EXPECT_GT(by_budget, 0);
}

TEST(Generator, IsTheSameForTheSameSeedAndNotForAnother) {
  const Image image = grey(64, 32);
  const GenerateOptions options{.sampling = {.temperature = 1}, .seed = 5, .most_tokens = 40};
  Generator first(tiny("pixtral-tiny"), plain()), second(tiny("pixtral-tiny"), plain());
  const Generation a = first.generate(about(image), options);
  const Generation b = second.generate(about(image), options);
  const Generation cached = first.generate(about(image), options);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.text, cached.text);
  ASSERT_EQ(a.tokens.size(), b.tokens.size());
  for (std::size_t i = 0; i < a.tokens.size(); ++i)
    EXPECT_EQ(a.tokens[i].log_probability, b.tokens[i].log_probability);
  GenerateOptions other = options;
  other.seed = 6;
  EXPECT_NE(first.generate(about(image), other).text, a.text);
}

TEST(Generator, SaysOfEveryTokenHowLikelyItWas) {
  Generator generator(tiny("pixtral-tiny"), plain());
  const Image image = grey(32, 32);
  const Generation free =
      generator.generate(about(image), {.sampling = {.temperature = 1}, .most_tokens = 30});
  for (const GeneratedToken& token : free.tokens) {
    EXPECT_FALSE(token.forced);
    EXPECT_LT(token.log_probability, 0);
    EXPECT_GE(token.log_probability_admitted, token.log_probability);
  }
  const Generation bound = generator.generate(
      about(image), {.sampling = {.temperature = 1}, .seed = 3, .grammar = &claim_grammar()});
  EXPECT_TRUE(std::ranges::any_of(bound.tokens, &GeneratedToken::forced));
  EXPECT_FALSE(std::ranges::all_of(bound.tokens, &GeneratedToken::forced));
  for (std::size_t i = 0; i < bound.tokens.size(); ++i) {
    const std::size_t end =
        i + 1 < bound.tokens.size() ? bound.tokens[i + 1].begin : bound.text.size();
    EXPECT_EQ(bound.text.substr(bound.tokens[i].begin, end - bound.tokens[i].begin),
              generator.tokenizer().bytes(bound.tokens[i].id));
  }
}

TEST(Generator, SaysOfEveryLineWhereTheModelLooked) {
  Generator generator(tiny("ministral3-tiny"), plain());
  const Image first = grey(56, 28), second = grey(28, 84, 9);
  const Prompt prompt{{Role::user, {&first, std::string("and"), &second, std::string("?")}}};
  const Generation answer = generator.generate(
      prompt,
      {.sampling = {.temperature = 2}, .seed = 1, .most_tokens = 400, .grammar = &claim_grammar()});
  ASSERT_EQ(answer.images, (std::vector<ImageGrid>{{1, 2}, {3, 1}}));
  ASSERT_GT(answer.passages.size(), 1U);
  std::string text;
  for (const Passage& passage : answer.passages) {
    text += answer.text.substr(passage.begin, passage.end - passage.begin) + "\n";
    ASSERT_EQ(passage.image_attention.size(), 5U);
    const double sum =
        std::accumulate(passage.image_attention.begin(), passage.image_attention.end(), 0.0);
    if (passage.chosen > 0) {
      EXPECT_GT(sum, 0);
    }
    EXPECT_LT(sum, 1);
    EXPECT_LE(passage.log_probability, 0);
  }
  EXPECT_EQ(text, answer.text);
}

TEST(Generator, KeepsTheFeaturesOfAnImage) {
  Generator generator(tiny("pixtral-tiny"), plain());
  const Image image = grey(64, 64), other = grey(64, 64, 1);
  generator.prepare(image);
  generator.prepare(image);
  EXPECT_EQ(generator.cached_images(), 1U);
  (void)generator.generate(about(other), {.most_tokens = 1});
  EXPECT_EQ(generator.cached_images(), 2U);
  GeneratorOptions small = plain();
  small.feature_cache_bytes = 30000;
  Generator forgetful(tiny("pixtral-tiny"), small);
  for (int i = 0; i < 5; ++i) forgetful.prepare(grey(64, 64, i));
  EXPECT_EQ(forgetful.cached_images(), 1U);
}

TEST(Generator, NeverWritesAControlTokenNorBrokenText) {
  Generator generator(tiny("pixtral-tiny"), plain());
  const Prompt prompt{{Role::user, {std::string("[IMG][INST]</s> is text")}}};
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Generation answer = generator.generate(
        prompt, {.sampling = {.temperature = 30}, .seed = seed, .most_tokens = 100});
    for (const GeneratedToken& token : answer.tokens)
      EXPECT_FALSE(generator.tokenizer().is_control(token.id));
    EXPECT_NO_THROW((void)json(answer.text).dump()) << "not UTF-8";
  }
}

void expect_refused(Generator& generator, const Prompt& prompt, const GenerateOptions& options,
                    const std::string& word) {
  try {
    (void)generator.generate(prompt, options);
    ADD_FAILURE() << "nothing was refused: " << word;
  } catch (const std::exception& why) {
    EXPECT_NE(std::string(why.what()).find(word), std::string::npos) << why.what();
  }
}

TEST(Generator, RefusesWhatCannotBeAnsweredWithOneSentence) {
  Generator generator(tiny("pixtral-tiny"), plain());
  Image broken = grey(32, 32);
  broken.values.pop_back();
  const Image nothing;
  const Prompt text{{Role::user, {std::string("a")}}};
  const Prompt endless{{Role::user, {std::string(20000, 'x')}}};
  expect_refused(generator, about(broken), {}, "bytes");
  expect_refused(generator, about(nothing), {}, "image");
  expect_refused(generator, endless, {}, "longest context is 4096");
  expect_refused(generator, text, {.most_tokens = 2, .grammar = &claim_grammar()}, "too short");
  expect_refused(generator, {{Role::assistant, {std::string("")}}}, {}, "");
  EXPECT_NO_THROW((void)generator.generate({{Role::user, {std::string("\xff\xfe a\x80")}}},
                                           {.most_tokens = 2}));
}

TEST(Generator, StopsWhenAskedAndWorksOn) {
  struct Stop {};
  Generator generator(tiny("pixtral-tiny"), plain());
  const Image image = grey(64, 64);
  for (const std::string at : {"encoding images", "reading the prompt", "writing"})
    EXPECT_THROW((void)generator.generate(about(image), {},
                                          [&](const std::string& stage, double) {
                                            if (stage == at) throw Stop();
                                          }),
                 Stop)
        << at;
  EXPECT_EQ(generator.generate(about(image), {.most_tokens = 3}).tokens.size(), 3U);
}

TEST(Generator, SaysThatWeightsOfNoNumbersGiveNone) {
  const tests::TempFolder folder;
  fs::copy(tiny("pixtral-tiny"), folder.path(), fs::copy_options::recursive);
  const std::string file = (folder / "model.safetensors").string();
  std::string bytes = tests::text_of(file);
  const Safetensors tensors = Safetensors::open(file);
  const TensorView& norm = *tensors.find("language_model.model.norm.weight");
  const std::size_t data =
      bytes.find(std::string(reinterpret_cast<const char*>(norm.data), norm.bytes));
  ASSERT_NE(data, std::string::npos);
  bytes.replace(data, 2, "\xC0\x7F");  // bfloat16's NaN
  fs::remove(file);
  tests::write_text(file, bytes);
  Generator generator(folder.path(), plain());
  const Prompt prompt{{Role::user, {std::string("a")}}};
  for (const Grammar* grammar : {static_cast<const Grammar*>(nullptr), &claim_grammar()})
    for (const double temperature : {0.0, 1.0})
      expect_refused(generator, prompt,
                     {.sampling = {.temperature = temperature}, .grammar = grammar}, "NaN");
}

TEST(Generator, OpensOnlyAWholeFolder) {
  const auto refuses = [](const fs::path& folder, const std::string& word) {
    try {
      const Generator generator(folder, plain());
      ADD_FAILURE() << "opened without " << word;
    } catch (const std::exception& why) {
      EXPECT_NE(std::string(why.what()).find(word), std::string::npos) << why.what();
    }
  };
  const tests::TempFolder without_text, other_image;
  fs::copy(tiny("pixtral-tiny"), without_text.path(), fs::copy_options::recursive);
  fs::remove(without_text / "tekken.json");
  refuses(without_text.path(), "tekken.json");
  fs::copy(tiny("pixtral-tiny"), other_image.path(), fs::copy_options::recursive);
  json config = json::parse(tests::text_of(other_image / "config.json"));
  config["image_token_index"] = 14;
  tests::write_text(other_image / "config.json", config.dump());
  refuses(other_image.path(), "image token");
}

}  // namespace
}  // namespace tomoscribe::model

#include "model/practice_model.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <set>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "model/checkpoint.h"

namespace tomoscribe::model {

namespace {

using Json = nlohmann::ordered_json;
constexpr int control_tokens = 20, single_bytes = 256;

/// The one pattern that tekken.json files have.
constexpr const char* pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?)"
    R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";

std::string base64(const std::string& bytes) {
  constexpr const char* letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : letters[group >> (18 - 6 * k) & 63U];
  }
  return text;
}

std::vector<std::string> vocabulary(const std::vector<std::string>& words) {
  std::vector<std::string> tokens;
  tokens.reserve(single_bytes + words.size());
  for (int byte = 0; byte < single_bytes; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  for (const std::string& word : std::set<std::string>(words.begin(), words.end()))
    if (word.size() > 1) tokens.emplace_back(word);
  return tokens;
}

Json tekken(const std::vector<std::string>& tokens) {
  Json entries = Json::array();
  for (std::size_t rank = 0; rank < tokens.size(); ++rank)
    entries.push_back(
        {{"rank", rank}, {"token_bytes", base64(tokens[rank])}, {"token_str", nullptr}});
  return {{"config",
           {{"pattern", pattern},
            {"num_vocab_tokens", tokens.size()},
            {"default_vocab_size", tokens.size() + control_tokens},
            {"default_num_special_tokens", control_tokens},
            {"version", "v7"}}},
          {"vocab", std::move(entries)},
          {"multimodal",
           {{"image_patch_size", 14}, {"max_image_size", 1540}, {"spatial_merge_size", 2}}}};
}

Json config(std::size_t vocabulary_size) {
  return {{"architectures", {"Mistral3ForConditionalGeneration"}},
          {"model_type", "mistral3"},
          {"torch_dtype", "bfloat16"},
          {"image_token_index", 10},
          {"multimodal_projector_bias", false},
          {"projector_hidden_act", "gelu"},
          {"spatial_merge_size", 2},
          {"vision_feature_layer", -1},
          {"text_config",
           {{"model_type", "mistral"},
            {"hidden_act", "silu"},
            {"hidden_size", 96},
            {"intermediate_size", 192},
            {"num_hidden_layers", 2},
            {"num_attention_heads", 4},
            {"num_key_value_heads", 2},
            {"head_dim", 32},
            {"max_position_embeddings", 131072},
            {"rms_norm_eps", 1e-5},
            {"rope_theta", 1e9},
            {"sliding_window", nullptr},
            {"tie_word_embeddings", false},
            {"vocab_size", vocabulary_size}}},
          {"vision_config",
           {{"model_type", "pixtral"},
            {"hidden_act", "silu"},
            {"hidden_size", 64},
            {"intermediate_size", 128},
            {"num_hidden_layers", 1},
            {"num_attention_heads", 2},
            {"head_dim", 32},
            {"num_channels", 3},
            {"image_size", 1540},
            {"patch_size", 14},
            {"rope_theta", 10000.0}}}};
}

/// Random numbers, the same everywhere: a linear congruential generator's high bits.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed * 2 + 1) {}
  /// Between -1 and 1.
  double next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state_ >> 40U) / 8388608.0 - 1;
  }

 private:
  std::uint64_t state_;
};

void put_bfloat16(std::string& bytes, double value) {
  const auto number = static_cast<float>(value);
  std::uint32_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  bytes += static_cast<char>(bits >> 16U & 0xFFU);
  bytes += static_cast<char>(bits >> 24U);
}

/// Norms are 1; a matrix keeps the size of what it is given.
void put_tensor(std::string& data, const ExpectedTensor& tensor, Noise& noise) {
  std::int64_t count = 1, inputs = 1;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    count *= tensor.shape[i];
    if (i > 0) inputs *= tensor.shape[i];
  }
  const double scale = std::sqrt(3.0 / static_cast<double>(inputs));
  for (std::int64_t i = 0; i < count; ++i)
    put_bfloat16(data, tensor.shape.size() == 1 ? 1.0 : noise.next() * scale);
}

void write_file(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream stream(file, std::ios::binary);
  stream << bytes;
  if (!stream.flush()) throw std::runtime_error(file.string() + " cannot be written");
}

}  // namespace

void write_practice_model(const std::filesystem::path& folder, std::uint64_t seed,
                          const std::vector<std::string>& words) {
  const std::vector<std::string> tokens = vocabulary(words);
  const std::string config_text = config(tokens.size() + control_tokens).dump(1) + "\n";
  Json header;
  std::string data;
  Noise noise(seed);
  for (const ExpectedTensor& tensor :
       expected_tensors(read_hugging_face_config(config_text), false)) {
    const std::size_t begin = data.size();
    put_tensor(data, tensor, noise);
    header[tensor.hugging_face] = {
        {"dtype", "BF16"}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  std::string head = header.dump();
  head.resize((head.size() + 7) / 8 * 8, ' ');
  std::string length;
  for (unsigned byte = 0; byte < 8; ++byte)
    length += static_cast<char>(head.size() >> (8 * byte) & 0xFFU);
  std::filesystem::create_directories(folder);
  write_file(folder / "tekken.json", tekken(tokens).dump() + "\n");
  write_file(folder / "model.safetensors", length + head + data);
  write_file(folder / "config.json", config_text);  // last: without it there is no model
}

}  // namespace tomoscribe::model

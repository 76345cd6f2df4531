#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "model/detail/config_rules.h"
#include "model/detail/json.h"
#include "model/model_config.h"
#include "model/refused.h"

namespace tomoscribe::model {

namespace {

using detail::Object;

constexpr std::array text_keys{"dim",
                               "n_layers",
                               "head_dim",
                               "hidden_dim",
                               "n_heads",
                               "n_kv_heads",
                               "rope_theta",
                               "norm_eps",
                               "vocab_size",
                               "max_position_embeddings",
                               "max_seq_len",
                               "sliding_window",
                               "_sliding_window",
                               "tied_embeddings",
                               "yarn",
                               "llama_4_scaling",
                               "quantization",
                               "vision_encoder",
                               "model_type"};
constexpr std::array vision_keys{"hidden_size",          "num_channels",
                                 "image_size",           "max_image_size",
                                 "patch_size",           "rope_theta",
                                 "intermediate_size",    "num_hidden_layers",
                                 "num_attention_heads",  "image_token_id",
                                 "image_break_token_id", "image_end_token_id",
                                 "adapter_bias",         "mm_projector_id",
                                 "spatial_merge_size",   "add_pre_mm_projector_layer_norm"};
/// Another architecture when they say anything.
constexpr std::array foreign_keys{"moe",          "lora",          "q_lora_rank",
                                  "kv_lora_rank", "audio_encoder", "use_biases"};

bool says_nothing(const nlohmann::json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().empty();
  return value.is_null() || value == false || (value.is_structured() && value.empty());
}

template <typename Keys>
void remark_unknown(const Object& object, const Keys& known, const std::string& path,
                    ModelConfig& config) {
  for (const auto& [key, value] : object.json().items()) {
    bool found = says_nothing(value);
    for (const char* const name : known) found = found || key == name;
    if (!found)
      config.remarks.push_back("params.json: " + path + key + " is not known and was not used");
  }
}

/// One of two keys for one thing; both only with one value.
std::optional<std::int64_t> either(const Object& object, const char* key, const char* other,
                                   std::int64_t most) {
  const auto first = object.whole(key, 1, most), second = object.whole(other, 1, most);
  if (first && second && first != second)
    object.refuse(key, std::string(other) + " says otherwise");
  return first ? first : second;
}

std::optional<Yarn> read_yarn(const Object& params) {
  const auto object = params.object("yarn");
  if (!object) return std::nullopt;
  Yarn yarn;
  yarn.factor = object->needed_number("factor", 1, 1e6);
  yarn.original_positions =
      object->needed_whole("original_max_position_embeddings", 1, detail::longest_context);
  yarn.beta_fast = object->number("beta", 1e-3, 1e6).value_or(32);
  yarn.beta_slow = object->number("alpha", 1e-3, 1e6).value_or(1);
  if (object->truth("apply_scale").value_or(true))
    yarn.attention_factor = 0.1 * std::log(yarn.factor) + 1;
  return yarn;
}

TextConfig read_text(const Object& params) {
  TextConfig text;
  text.hidden = params.needed_whole("dim", 1, detail::widest);
  text.layers = params.needed_whole("n_layers", 1, detail::most_layers);
  text.heads = params.needed_whole("n_heads", 1, detail::most_heads);
  text.kv_heads = params.needed_whole("n_kv_heads", 1, detail::most_heads);
  text.head_dim = params.needed_whole("head_dim", 1, detail::widest);
  text.ffn = params.needed_whole("hidden_dim", 1, detail::widest);
  text.vocabulary = params.needed_whole("vocab_size", 1, detail::largest_vocabulary);
  text.norm_eps = params.needed_number("norm_eps", 1e-12, 0.1);
  text.rope_theta = params.needed_number("rope_theta", 1, 1e15);
  text.positions =
      either(params, "max_position_embeddings", "max_seq_len", detail::longest_context);
  text.sliding_window =
      either(params, "sliding_window", "_sliding_window", detail::longest_context);
  text.yarn = read_yarn(params);
  if (const auto scaling = params.object("llama_4_scaling"))
    text.query_scaling = QueryScaling{
        scaling->needed_number("beta", 0, 100),
        scaling->needed_whole("original_max_position_embeddings", 1, detail::longest_context)};
  return text;
}

VisionConfig read_vision(const Object& encoder) {
  VisionConfig vision;
  vision.hidden = encoder.needed_whole("hidden_size", 1, detail::widest);
  vision.layers = encoder.needed_whole("num_hidden_layers", 1, detail::most_layers);
  vision.heads = encoder.needed_whole("num_attention_heads", 1, detail::most_heads);
  if (vision.hidden % vision.heads != 0)
    encoder.refuse("num_attention_heads", "hidden_size cannot be divided by it");
  vision.head_dim = vision.hidden / vision.heads;
  vision.ffn = encoder.needed_whole("intermediate_size", 1, detail::widest);
  vision.channels = encoder.whole("num_channels", 1, 16).value_or(3);
  vision.image_size = encoder.needed_whole("image_size", 1, detail::largest_image);
  vision.image_size =
      encoder.whole("max_image_size", 1, detail::largest_image).value_or(vision.image_size);
  vision.patch_size = encoder.needed_whole("patch_size", 1, detail::largest_patch);
  vision.rope_theta = encoder.number("rope_theta", 1, 1e15).value_or(1e4);
  return vision;
}

ProjectorConfig read_projector(const Object& encoder) {
  ProjectorConfig projector;
  projector.bias = encoder.truth("adapter_bias").value_or(true);
  projector.norm = encoder.truth("add_pre_mm_projector_layer_norm").value_or(false);
  const std::string kind = encoder.word("mm_projector_id").value_or("");
  if (!kind.empty() && kind != "patch_merge")
    encoder.refuse("mm_projector_id", "only \"patch_merge\" and none are implemented");
  projector.merger = kind == "patch_merge";
  projector.spatial_merge =
      encoder.whole("spatial_merge_size", 1, detail::largest_merge).value_or(1);
  return projector;
}

}  // namespace

ModelConfig read_mistral_params(std::string_view json, const std::string& file) {
  const nlohmann::json tree = detail::parse_object(json, file);
  const Object params(tree, file);
  for (const char* const key : foreign_keys)
    if (params.has(key) && !says_nothing(tree.at(key)))
      params.refuse(key, "models with it are not implemented");
  const auto encoder = params.object("vision_encoder");
  if (!encoder) throw Refused(file + " describes a model without a vision encoder");
  ModelConfig config;
  config.text = read_text(params);
  config.vision = read_vision(*encoder);
  config.projector = read_projector(*encoder);
  const std::int64_t last_id = detail::largest_vocabulary;
  config.image_ids.image = encoder->needed_whole("image_token_id", 0, last_id);
  config.image_ids.row_break = encoder->whole("image_break_token_id", 0, last_id).value_or(12);
  config.image_ids.end = encoder->whole("image_end_token_id", 0, last_id).value_or(13);
  config.tied_head = params.truth("tied_embeddings");
  if (const auto quantization = params.object("quantization"))
    config.quantization = quantization->word("qformat_weight").value_or("unnamed");
  remark_unknown(params, text_keys, "", config);
  remark_unknown(*encoder, vision_keys, "vision_encoder.", config);
  detail::check_consistent(config, file);
  return config;
}

}  // namespace tomoscribe::model

#include <cmath>
#include <optional>
#include <utility>

#include "model/detail/config_rules.h"
#include "model/detail/json.h"
#include "model/model_config.h"
#include "model/refused.h"

namespace tomoscribe::model {

namespace {

using detail::Object;

/// Hub files leave out what equals the class defaults of transformers: these are they.
TextConfig text_defaults(bool ministral3) {
  TextConfig text;
  text.hidden = 4096;
  text.layers = ministral3 ? 34 : 32;
  text.heads = 32;
  text.kv_heads = 8;
  text.ffn = 14336;
  text.vocabulary = ministral3 ? 131072 : 32000;
  text.norm_eps = ministral3 ? 1e-5 : 1e-6;
  text.rope_theta = ministral3 ? 1e6 : 1e4;
  text.positions = ministral3 ? 262144 : 131072;
  if (ministral3) {
    text.head_dim = 128;
    text.yarn = Yarn{16, 16384, 32, 1, 1};
    text.query_scaling = QueryScaling{0.1, 16384};
  } else {
    text.sliding_window = 4096;
  }
  return text;
}

/// What rotary positions may say, gathered from the keys of both major versions.
struct Rope {
  std::string type = "default";
  std::optional<double> theta;
  std::optional<Object> details;
};

std::string rope_type(const Object& details) {
  const auto word = details.word("rope_type"), alias = details.word("type");
  if (word && alias && word != alias) details.refuse("type", "rope_type says otherwise");
  return word ? *word : alias.value_or("default");
}

/// nullopt: the file says nothing of it.
std::optional<Rope> read_rope(const Object& config) {
  Rope rope;
  rope.theta = config.number("rope_theta", 1, 1e15);
  const auto scaling = config.object("rope_scaling"), parameters = config.object("rope_parameters");
  if (!rope.theta && !scaling && !parameters) return std::nullopt;
  if (scaling && parameters && rope_type(*scaling) != rope_type(*parameters))
    config.refuse("rope_scaling", "rope_parameters say otherwise");
  rope.details = parameters ? parameters : scaling;
  if (!rope.details) return rope;
  rope.type = rope_type(*rope.details);
  if (rope.type != "default" && rope.type != "yarn")
    rope.details->refuse(rope.details->has("rope_type") ? "rope_type" : "type",
                         R"(only "default" and "yarn" are implemented)");
  const auto inner = rope.details->number("rope_theta", 1, 1e15);
  if (inner && rope.theta && inner != rope.theta)
    config.refuse("rope_theta", "rope_parameters say otherwise");
  if (inner) rope.theta = inner;
  return rope;
}

/// transformers' own rule.
double attention_factor(const Object& details, double factor) {
  const auto growth = [&](double scale) {
    return factor <= 1 ? 1.0 : 0.1 * scale * std::log(factor) + 1;
  };
  if (const auto stated = details.number("attention_factor", 1e-3, 1e3)) return *stated;
  const double mscale = details.number("mscale", 0, 1e3).value_or(0),
               all_dim = details.number("mscale_all_dim", 0, 1e3).value_or(0);
  return mscale != 0 && all_dim != 0 ? growth(mscale) / growth(all_dim) : growth(1);
}

void apply_rope(const std::optional<Rope>& rope, TextConfig& text) {
  if (!rope) return;
  text.yarn.reset();
  text.query_scaling.reset();
  if (rope->theta) text.rope_theta = *rope->theta;
  if (rope->type != "yarn") return;
  const Object& details = *rope->details;
  Yarn yarn;
  yarn.factor = details.needed_number("factor", 1, 1e6);
  yarn.original_positions =
      details.needed_whole("original_max_position_embeddings", 1, detail::longest_context);
  yarn.beta_fast = details.number("beta_fast", 1e-3, 1e6).value_or(32);
  yarn.beta_slow = details.number("beta_slow", 1e-3, 1e6).value_or(1);
  yarn.attention_factor = attention_factor(details, yarn.factor);
  if (!details.truth("truncate").value_or(true))
    details.refuse("truncate", "only true is implemented");
  text.yarn = yarn;
  if (const auto beta = details.number("llama_4_scaling_beta", 0, 100); beta && *beta > 0)
    text.query_scaling = QueryScaling{*beta, yarn.original_positions};
}

void need_word(const Object& config, const char* key, const char* only) {
  const auto word = config.word(key);
  if (word && *word != only)
    config.refuse(key, std::string("only \"") + only + "\" is implemented");
}

void need_no(const Object& config, const char* key) {
  if (config.truth(key).value_or(false)) config.refuse(key, "only false is implemented");
}

TextConfig read_text(const Object& config, const std::string& type,
                     std::vector<std::string>& remarks) {
  const bool ministral3 = type == "ministral3";
  TextConfig text = text_defaults(ministral3);
  text.hidden = config.whole("hidden_size", 1, detail::widest).value_or(text.hidden);
  text.layers = config.whole("num_hidden_layers", 1, detail::most_layers).value_or(text.layers);
  text.heads = config.whole("num_attention_heads", 1, detail::most_heads).value_or(text.heads);
  text.kv_heads =
      config.whole("num_key_value_heads", 1, detail::most_heads).value_or(text.kv_heads);
  text.ffn = config.whole("intermediate_size", 1, detail::widest).value_or(text.ffn);
  text.vocabulary =
      config.whole("vocab_size", 1, detail::largest_vocabulary).value_or(text.vocabulary);
  text.norm_eps = config.number("rms_norm_eps", 1e-12, 0.1).value_or(text.norm_eps);
  text.positions =
      config.whole("max_position_embeddings", 1, detail::longest_context).value_or(*text.positions);
  text.head_dim = config.whole("head_dim", 1, detail::widest).value_or(text.head_dim);
  if (text.head_dim == 0) text.head_dim = text.hidden / text.heads;
  if (text.head_dim == 0) config.refuse("num_attention_heads", "hidden_size is smaller");
  if (config.mentions("sliding_window"))
    text.sliding_window = config.whole("sliding_window", 1, detail::longest_context);
  else if (text.sliding_window)
    remarks.emplace_back(
        "config.json leaves out text_config.sliding_window, which means 4096 to transformers");
  apply_rope(read_rope(config), text);
  need_word(config, "hidden_act", "silu");
  need_no(config, "attention_bias");
  need_no(config, "mlp_bias");
  return text;
}

VisionConfig read_vision(const Object& config, std::vector<std::string>& remarks) {
  VisionConfig vision;
  vision.hidden = config.whole("hidden_size", 1, detail::widest).value_or(1024);
  vision.layers = config.whole("num_hidden_layers", 1, detail::most_layers).value_or(24);
  vision.heads = config.whole("num_attention_heads", 1, detail::most_heads).value_or(16);
  vision.head_dim =
      config.whole("head_dim", 1, detail::widest).value_or(vision.hidden / vision.heads);
  vision.ffn = config.whole("intermediate_size", 1, detail::widest).value_or(4096);
  vision.channels = config.whole("num_channels", 1, 16).value_or(3);
  vision.image_size = config.whole("image_size", 1, detail::largest_image).value_or(1024);
  vision.patch_size = config.whole("patch_size", 1, detail::largest_patch).value_or(16);
  const auto rope = read_rope(config);
  if (rope && rope->type != "default")
    rope->details->refuse(rope->details->has("rope_type") ? "rope_type" : "type",
                          R"(only "default" is implemented for images)");
  vision.rope_theta = rope && rope->theta ? *rope->theta : 1e4;
  const auto activation = config.word("hidden_act");
  if (activation && *activation != "silu" && *activation != "gelu")
    config.refuse("hidden_act", R"(only "silu" and "gelu" are implemented)");
  vision.activation = activation == "silu" ? Activation::silu : Activation::gelu;
  if (!activation)
    remarks.emplace_back(
        R"(config.json leaves out vision_config.hidden_act, which means "gelu" to transformers)");
  return vision;
}

/// The last layer's output, all of it: the only way Pixtral's encoder is used.
void check_features(const Object& config, bool mistral3) {
  const auto layer =
      config.whole("vision_feature_layer", -detail::most_layers, detail::most_layers);
  if (layer && *layer != -1) config.refuse("vision_feature_layer", "only -1 is implemented");
  if (!layer && !mistral3) config.refuse_missing("vision_feature_layer");
  need_word(config, "vision_feature_select_strategy", "full");
  if (!mistral3 && !config.has("vision_feature_select_strategy"))
    config.refuse_missing("vision_feature_select_strategy");
}

std::int64_t read_image_id(const Object& config, bool mistral3) {
  const std::int64_t most = detail::largest_vocabulary;
  const auto index = config.whole("image_token_index", 0, most),
             id = config.whole("image_token_id", 0, most);
  if (index && id && index != id)
    config.refuse("image_token_id", "image_token_index says otherwise");
  if (index) return *index;
  if (id) return *id;
  if (!mistral3) config.refuse_missing("image_token_index");
  return 10;
}

std::string read_quantization(const Object& config) {
  const auto quantization = config.object("quantization_config");
  return quantization ? quantization->word("quant_method").value_or("unnamed") : "";
}

std::optional<bool> read_tied(const Object& config, const Object& text) {
  const auto outer = config.truth("tie_word_embeddings"), inner = text.truth("tie_word_embeddings");
  if (outer && inner && outer != inner) return std::nullopt;  // class defaults, written out
  return outer ? outer : inner;
}

Object needed_part(const Object& config, const char* key) {
  const auto part = config.object(key);
  if (!part) config.refuse_missing(key);
  return *part;
}

void check_type(const Object& part, const char* assumed, const char* key,
                const std::vector<std::string>& known, const std::string& need) {
  const std::string type = part.word(key).value_or(assumed);
  for (const auto& word : known)
    if (type == word) return;
  if (!part.has(key)) part.refuse_missing(key);
  part.refuse(key, need);
}

}  // namespace

ModelConfig read_hugging_face_config(std::string_view json, const std::string& file) {
  const nlohmann::json tree = detail::parse_object(json, file);
  const Object top(tree, file);
  check_type(top, "", "model_type", {"llava", "mistral3"},
             R"(only "llava" with a Pixtral vision encoder and "mistral3" are implemented)");
  const bool mistral3 = top.word("model_type") == "mistral3";
  const Object text = needed_part(top, "text_config"), vision = needed_part(top, "vision_config");
  check_type(vision, mistral3 ? "pixtral" : "clip_vision_model", "model_type", {"pixtral"},
             R"(only "pixtral" is implemented)");
  check_type(text, mistral3 ? "mistral" : "llama", "model_type", {"mistral", "ministral3"},
             R"(only "mistral" and "ministral3" are implemented)");
  check_features(top, mistral3);
  need_word(top, "projector_hidden_act", "gelu");

  ModelConfig config;
  config.text = read_text(text, text.word("model_type").value_or("mistral"), config.remarks);
  config.vision = read_vision(vision, config.remarks);
  config.projector.bias = top.truth("multimodal_projector_bias").value_or(!mistral3);
  config.projector.norm = config.projector.merger = mistral3;
  if (mistral3)
    config.projector.spatial_merge =
        top.whole("spatial_merge_size", 1, detail::largest_merge).value_or(2);
  config.image_ids.image = read_image_id(top, mistral3);
  config.tied_head = read_tied(top, text);
  config.quantization = read_quantization(top);
  detail::check_consistent(config, file);
  return config;
}

}  // namespace tomoscribe::model

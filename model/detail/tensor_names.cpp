#include <array>
#include <utility>

#include "model/checkpoint.h"

namespace tomoscribe::model {

namespace {

using Shape = std::vector<std::int64_t>;

/// One tensor of a layer: our name, Mistral's, and Hugging Face's for text and vision.
struct LayerName {
  const char *ours, *mistral, *text, *vision;
};

constexpr std::array layer_names{
    LayerName{"attention_norm", "attention_norm", "input_layernorm", "attention_norm"},
    LayerName{"attention.q", "attention.wq", "self_attn.q_proj", "attention.q_proj"},
    LayerName{"attention.k", "attention.wk", "self_attn.k_proj", "attention.k_proj"},
    LayerName{"attention.v", "attention.wv", "self_attn.v_proj", "attention.v_proj"},
    LayerName{"attention.out", "attention.wo", "self_attn.o_proj", "attention.o_proj"},
    LayerName{"ffn_norm", "ffn_norm", "post_attention_layernorm", "ffn_norm"},
    LayerName{"ffn.gate", "feed_forward.w1", "mlp.gate_proj", "feed_forward.gate_proj"},
    LayerName{"ffn.up", "feed_forward.w3", "mlp.up_proj", "feed_forward.up_proj"},
    LayerName{"ffn.down", "feed_forward.w2", "mlp.down_proj", "feed_forward.down_proj"}};

/// In the order of layer_names.
std::array<Shape, layer_names.size()> layer_shapes(std::int64_t hidden, std::int64_t queries,
                                                   std::int64_t keys, std::int64_t ffn) {
  return {Shape{hidden},       Shape{queries, hidden}, Shape{keys, hidden},
          Shape{keys, hidden}, Shape{hidden, queries}, Shape{hidden},
          Shape{ffn, hidden},  Shape{ffn, hidden},     Shape{hidden, ffn}};
}

void add_text(const TextConfig& text, bool tied_head, std::vector<ExpectedTensor>& all) {
  const std::string hub = "language_model.model.";
  all.push_back({"text.embedding",
                 "tok_embeddings.weight",
                 hub + "embed_tokens.weight",
                 {text.vocabulary, text.hidden}});
  const auto shapes = layer_shapes(text.hidden, text.heads * text.head_dim,
                                   text.kv_heads * text.head_dim, text.ffn);
  for (std::int64_t layer = 0; layer < text.layers; ++layer) {
    const std::string prefix = "layers." + std::to_string(layer) + ".";
    for (std::size_t i = 0; i < layer_names.size(); ++i)
      all.push_back({"text." + prefix + layer_names[i].ours,
                     prefix + layer_names[i].mistral + ".weight",
                     hub + prefix + layer_names[i].text + ".weight", shapes[i]});
  }
  all.push_back({"text.norm", "norm.weight", hub + "norm.weight", {text.hidden}});
  if (!tied_head)
    all.push_back({"text.head",
                   "output.weight",
                   "language_model.lm_head.weight",
                   {text.vocabulary, text.hidden}});
}

void add_vision(const VisionConfig& vision, std::vector<ExpectedTensor>& all) {
  const std::string mistral = "vision_encoder.", hub = "vision_tower.";
  all.push_back({"vision.patches",
                 mistral + "patch_conv.weight",
                 hub + "patch_conv.weight",
                 {vision.hidden, vision.channels, vision.patch_size, vision.patch_size}});
  all.push_back({"vision.norm", mistral + "ln_pre.weight", hub + "ln_pre.weight", {vision.hidden}});
  const auto shapes = layer_shapes(vision.hidden, vision.hidden, vision.hidden, vision.ffn);
  for (std::int64_t layer = 0; layer < vision.layers; ++layer) {
    const std::string number = "layers." + std::to_string(layer) + ".";
    for (std::size_t i = 0; i < layer_names.size(); ++i)
      all.push_back({"vision." + number + layer_names[i].ours,
                     mistral + "transformer." + number + layer_names[i].mistral + ".weight",
                     hub + "transformer." + number + layer_names[i].vision + ".weight", shapes[i]});
  }
}

void add_projector(const ModelConfig& config, std::vector<ExpectedTensor>& all) {
  const std::int64_t vision = config.vision.hidden, text = config.text.hidden,
                     merge = config.projector.spatial_merge;
  const std::string hub = "multi_modal_projector.", adapter = "vision_language_adapter.";
  if (config.projector.norm)
    all.push_back(
        {"projector.norm", "pre_mm_projector_norm.weight", hub + "norm.weight", {vision}});
  if (config.projector.merger)
    all.push_back({"projector.merge",
                   "patch_merger.merging_layer.weight",
                   hub + "patch_merger.merging_layer.weight",
                   {vision, vision * merge * merge}});
  all.push_back({"projector.in", adapter + "w_in.weight", hub + "linear_1.weight", {text, vision}});
  if (config.projector.bias)
    all.push_back({"projector.in.bias", adapter + "w_in.bias", hub + "linear_1.bias", {text}});
  all.push_back({"projector.out", adapter + "w_out.weight", hub + "linear_2.weight", {text, text}});
  if (config.projector.bias)
    all.push_back({"projector.out.bias", adapter + "w_out.bias", hub + "linear_2.bias", {text}});
}

}  // namespace

std::vector<ExpectedTensor> expected_tensors(const ModelConfig& config, bool tied_head) {
  std::vector<ExpectedTensor> all;
  add_text(config.text, tied_head, all);
  add_vision(config.vision, all);
  add_projector(config, all);
  return all;
}

std::string hub_name(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> prefixes{
      {{"model.language_model.", "language_model.model."},
       {"lm_head.", "language_model.lm_head."},
       {"model.vision_tower.", "vision_tower."},
       {"model.multi_modal_projector.", "multi_modal_projector."}}};
  for (const auto& [newer, older] : prefixes)
    if (name.substr(0, newer.size()) == newer)
      return std::string(older) + std::string(name.substr(newer.size()));
  return std::string(name);
}

}  // namespace tomoscribe::model

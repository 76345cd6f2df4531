#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tomoscribe::model {

/// Stretches rotary positions beyond those of training (YaRN).
struct Yarn {
  double factor = 1;
  std::int64_t original_positions = 0;
  double beta_fast = 32, beta_slow = 1;
  double attention_factor = 1;  ///< cosine and sine are multiplied by it
};

/// Queries grow by 1 + beta ln(1 + floor(position / original_positions)).
struct QueryScaling {
  double beta = 0;
  std::int64_t original_positions = 0;
};

/// The decoder: pre-norm, grouped-query attention, SwiGLU with SiLU, no biases. Widths are
/// elements.
struct TextConfig {
  std::int64_t hidden = 0, layers = 0, heads = 0, kv_heads = 0;
  std::int64_t head_dim = 0;  ///< stands alone: heads * head_dim need not be hidden
  std::int64_t ffn = 0, vocabulary = 0;
  double norm_eps = 0, rope_theta = 0;
  std::optional<Yarn> yarn;
  std::optional<QueryScaling> query_scaling;
  std::optional<std::int64_t> sliding_window;  ///< tokens; none: every earlier token is seen
  std::optional<std::int64_t> positions;       ///< the longest context, where the file states one
};

enum class Activation { silu, gelu };

/// The vision transformer with two-dimensional rotary positions. Its norms use 1e-5, always.
struct VisionConfig {
  std::int64_t hidden = 0, layers = 0, heads = 0, head_dim = 0,
               ffn = 0;  ///< heads * head_dim = hidden
  std::int64_t channels = 3;
  std::int64_t image_size = 0, patch_size = 0;  ///< pixels; image_size: the longest side seen whole
  double rope_theta = 0;
  Activation activation = Activation::silu;
};

/// From vision to text: (norm, merging of neighbours,) two linear layers with GELU between.
struct ProjectorConfig {
  bool bias = false;
  bool norm = false;    ///< an RMS norm first
  bool merger = false;  ///< then spatial_merge x spatial_merge patches become one
  std::int64_t spatial_merge = 1;
};

/// Ids that stand for an image: rows of `image`, each ended by `row_break`, the last by `end`.
struct ImageIds {
  std::int64_t image = 0;
  std::optional<std::int64_t> row_break,
      end;  ///< config.json does not state them; the tokenizer does
};

/// The shape of one model of the Pixtral family, whichever file stated it. Plain data: no part of
/// it is a guess; what a file leaves out has the default of the library that reads that file.
struct ModelConfig {
  TextConfig text;
  VisionConfig vision;
  ProjectorConfig projector;
  ImageIds image_ids;
  std::optional<bool> tied_head;  ///< as stated; whether the file holds a head decides (Checkpoint)
  std::string quantization;       ///< the method's word, e.g. "fp8"; empty: none
  std::vector<std::string> remarks;  ///< sentences on what was not stated or not understood
};

/// Reads Hugging Face's config.json, keys of transformers 4 and 5.
/// \throws Refused when it is no JSON, of another family, contradicts itself, or asks for what is
/// not implemented.   Thread-safe: yes.
ModelConfig read_hugging_face_config(std::string_view json,
                                     const std::string& file = "config.json");

/// Reads Mistral's own params.json; otherwise as above.
ModelConfig read_mistral_params(std::string_view json, const std::string& file = "params.json");

}  // namespace tomoscribe::model

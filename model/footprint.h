#pragma once

#include <cstdint>

#include "model/model_config.h"

namespace tomoscribe::model {

/// Parameters by part.
struct Parameters {
  std::int64_t text = 0, vision = 0, projector = 0;
  std::int64_t all() const { return text + vision + projector; }
};

/// From the shape alone. A tied head counts once.   Thread-safe: yes.
Parameters count_parameters(const ModelConfig& config, bool tied_head);

/// Keys and values of all layers for one token of context.
std::int64_t kv_bytes_per_token(const TextConfig& text, int bytes_per_element = 2);

/// Whose rule fits an image into the largest size; they differ for some 7 % of sizes. Mistral's is
/// the one the models were trained with.
enum class SizeRule { mistral_common, hugging_face };

/// Tokens of one image, after merging.
struct ImageGrid {
  std::int64_t rows = 0, columns = 0;
  std::int64_t patches = 0;  ///< what the vision encoder sees
  std::int64_t ids() const {
    return rows * (columns + 1);
  }  ///< with the ends of rows: context used
};

/// \throws Refused when a side is below 1 pixel or shrinks to nothing.   Thread-safe: yes.
ImageGrid image_grid(const ModelConfig& config, std::int64_t width, std::int64_t height,
                     SizeRule rule = SizeRule::mistral_common);

}  // namespace tomoscribe::model

#pragma once

#include <cstdint>

#include "model/image_preprocess.h"
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

/// How images become tokens of that model.   Thread-safe: yes.
ImageRule image_rule(const ModelConfig& config,
                     Preprocessing preprocessing = Preprocessing::mistral_common);

}  // namespace tomoscribe::model

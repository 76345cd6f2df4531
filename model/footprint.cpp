#include "model/footprint.h"

#include <numeric>
#include <string>

#include "model/checkpoint.h"

namespace tomoscribe::model {

Parameters count_parameters(const ModelConfig& config, bool tied_head) {
  Parameters counted;
  for (const ExpectedTensor& tensor : expected_tensors(config, tied_head)) {
    const std::int64_t elements = std::accumulate(tensor.shape.begin(), tensor.shape.end(),
                                                  std::int64_t{1}, std::multiplies<>());
    const std::string part = tensor.name.substr(0, tensor.name.find('.'));
    (part == "text"     ? counted.text
     : part == "vision" ? counted.vision
                        : counted.projector) += elements;
  }
  return counted;
}

std::int64_t kv_bytes_per_token(const TextConfig& text, int bytes_per_element) {
  return 2 * text.layers * text.kv_heads * text.head_dim * bytes_per_element;
}

ImageRule image_rule(const ModelConfig& config, Preprocessing preprocessing) {
  ImageRule rule;
  rule.patch = static_cast<int>(config.vision.patch_size);
  rule.longest_edge = static_cast<int>(config.vision.image_size);
  rule.spatial_merge = static_cast<int>(config.projector.spatial_merge);
  rule.preprocessing = preprocessing;
  return rule;
}

}  // namespace tomoscribe::model

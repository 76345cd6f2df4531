#include "model/footprint.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "model/checkpoint.h"
#include "model/refused.h"

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

ImageGrid image_grid(const ModelConfig& config, std::int64_t width, std::int64_t height,
                     SizeRule rule) {
  const std::string size = std::to_string(width) + " x " + std::to_string(height);
  if (width < 1 || height < 1) throw Refused("an image of " + size + " pixels has no content");
  const std::int64_t merge = config.projector.spatial_merge,
                     cell = config.vision.patch_size * merge;
  const auto largest = static_cast<double>(config.vision.image_size);
  const double ratio =
      std::max(static_cast<double>(height) / largest, static_cast<double>(width) / largest);
  const auto fit = [&](std::int64_t side) {
    if (ratio <= 1) return side;
    const double fitted = static_cast<double>(side) / ratio;
    // Python's round(): halves to even, as nearbyint does in the default rounding mode.
    return static_cast<std::int64_t>(rule == SizeRule::hugging_face ? std::floor(fitted)
                                                                    : std::nearbyint(fitted));
  };
  const std::int64_t high = fit(height), wide = fit(width);
  if (high < 1 || wide < 1)
    throw Refused("an image of " + size + " pixels is too thin to be shown whole");
  ImageGrid grid;
  grid.rows = (high - 1) / cell + 1;
  grid.columns = (wide - 1) / cell + 1;
  grid.patches = grid.rows * grid.columns * merge * merge;
  return grid;
}

}  // namespace tomoscribe::model

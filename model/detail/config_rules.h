#pragma once

#include <cstdint>
#include <string>

#include "model/model_config.h"

namespace tomoscribe::model::detail {

// Limits that keep every product of a config's numbers within 64 bits and a hostile file cheap. The
// largest model known has 88 layers of width 12288.
inline constexpr std::int64_t most_layers = 4096, widest = 1 << 20, largest_vocabulary = 1 << 24,
                              longest_context = std::int64_t{1} << 31, most_heads = 1 << 16,
                              largest_image = 1 << 16, largest_patch = 256, largest_merge = 16;

/// \throws Refused when parts of the config contradict one another
void check_consistent(const ModelConfig& config, const std::string& file);

}  // namespace tomoscribe::model::detail

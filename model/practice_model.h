#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tomoscribe::model {

/// Writes a small model of the Mistral-Small-3.1 form (patches of 14 pixels, 2 x 2 a token, images
/// of up to 1540 pixels, a context of 131,072 tokens) with random weights: a few megabytes, a
/// second of work. What it says is nonsense; it is there to try the whole chain without a real one.
/// The same arguments give the same bytes. \param words  texts that become tokens beside the 256
/// bytes, so that prompts are short. \throws std::runtime_error when a file cannot be written;
/// std::filesystem::filesystem_error.
void write_practice_model(const std::filesystem::path& folder, std::uint64_t seed,
                          const std::vector<std::string>& words);

}  // namespace tomoscribe::model

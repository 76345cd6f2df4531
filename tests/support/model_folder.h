#pragma once
// Model configs and safetensors files for tests: those of tests/data, those of the shared fixtures,
// and ones written here. Header-only.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "model/checkpoint.h"

namespace tomoscribe::tests {

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("no file " + file.string());
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

inline void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

inline std::filesystem::path pixtral_data() {
  return std::filesystem::path(TOMOSCRIBE_SOURCE_DIR) / "tests" / "data" / "pixtral";
}

/// Tiny models with random weights and what the reference makes of them: TOMOSCRIBE_FIXTURES, else
/// ../shared/fixtures/pixtral beside the sources, else the part of it in tests/data.
inline std::filesystem::path pixtral_fixtures() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): tests set no variables
  if (const char* given = std::getenv("TOMOSCRIBE_FIXTURES"); given != nullptr) return given;
  const std::filesystem::path all =
      std::filesystem::path(TOMOSCRIBE_SOURCE_DIR) / ".." / "shared" / "fixtures" / "pixtral";
  return std::filesystem::weakly_canonical(
      std::filesystem::is_directory(all) ? all : pixtral_data() / "fixtures");
}

/// Every folder below the fixtures that holds the config of a model and weights.
inline std::vector<std::filesystem::path> fixture_models() {
  std::vector<std::filesystem::path> found;
  if (!std::filesystem::is_directory(pixtral_fixtures())) return found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(pixtral_fixtures()))
    if (const auto name = entry.path().filename(); name == "config.json" || name == "params.json")
      found.push_back(entry.path().parent_path());
  std::sort(found.begin(), found.end());
  return found;
}

/// A file's bytes: length, header, data.
inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
  std::string bytes;
  for (int byte = 0; byte < 8; ++byte)
    bytes += static_cast<char>(header.size() >> (8 * byte) & 0xFFU);
  return bytes + header + data;
}

struct WrittenTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::string dtype = "BF16";  ///< of 16 bits
};

/// A well-formed file of zeros, which take no room on the disk.
inline void write_safetensors(const std::filesystem::path& file,
                              const std::vector<WrittenTensor>& tensors) {
  nlohmann::json header = nlohmann::json::object();
  std::size_t end = 0;
  for (const auto& tensor : tensors) {
    std::size_t bytes = 2;
    for (const auto size : tensor.shape) bytes *= static_cast<std::size_t>(size);
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {end, end + bytes}}};
    end += bytes;
  }
  const std::string head = safetensors_bytes(header.dump(), "");
  write_text(file, head);
  std::filesystem::resize_file(file, head.size() + end);
}

/// What a model of that config has, in its layout's names.
inline std::vector<WrittenTensor> tensors_of(const model::ModelConfig& config, bool tied_head,
                                             model::Layout layout) {
  std::vector<WrittenTensor> tensors;
  for (const auto& expected : model::expected_tensors(config, tied_head))
    tensors.push_back({layout == model::Layout::mistral ? expected.mistral : expected.hugging_face,
                       expected.shape});
  return tensors;
}

}  // namespace tomoscribe::tests
